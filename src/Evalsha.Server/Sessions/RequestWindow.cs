// The next whole requests of a receive buffer, found ahead of being run: their rows are looked up, and the memory of their keys is asked for
// all at once, so that a pipeline on many keys waits once for what lies far away and not once a key.
// Always: requests come out in the order they lie in; places are counted from each request's own beginning, so the buffer may move; what is
// found ahead changes no reply: a protocol error shows when all before it has been run. Finding needs no turn and looks at no key; warming
// reads the keyspace, which another thread may be changing, and so is for whoever holds the turn.
// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Sessions;

internal sealed class RequestWindow(ServerContext server, RespFramer framer)
{
    /// <summary>How many requests are found ahead: as many misses of the cache as a core can have under way, and a little more.</summary>
    public const int RequestsMax = 16;

    private const int KeysMax = 160; // sixteen times MSET with ten keys

    // A request that is longer than this is the window's last; the larger table of places is dropped with it.
    private const int ManyArguments = 256;

    private readonly Framed[] _framed = new Framed[RequestsMax];
    private readonly int[] _hashes = new int[KeysMax];
    private RespSlice[] _slices = new RespSlice[64];
    private int _next;
    private int _count;
    private bool _failed;
    private bool _isCold;
    private long _warmed; // what was loaded, so that it is

    public bool HasRequest => _next < _count;

    /// <summary>Of the next request; none for an empty one, which is only to be consumed. Counted from the request's first byte.</summary>
    public ReadOnlySpan<RespSlice> Arguments => _slices.AsSpan(_framed[_next].FirstSlice, _framed[_next].Arguments);

    /// <summary>Whose name the next request has; null: nobody's.</summary>
    public CommandRow? Row => _framed[_next].Row;

    /// <summary>Bytes of the next request.</summary>
    public int Length => _framed[_next].Length;

    /// <summary>True when the next request was not the first that was found with the last look.</summary>
    public bool FollowsAnother => _next > 0;

    /// <summary>Several requests have been found and their keys not been asked for yet: <see cref="Warm"/>, as soon as the turn is held.</summary>
    public bool IsCold => _isCold;

    public void Consume() => _next++;

    /// <summary>
    /// Finds what is whole at the beginning of <paramref name="bytes"/>, once everything found before has been consumed. Anything but
    /// <see cref="FrameStatus.Request"/> says why there is nothing.
    /// </summary>
    /// <param name="most">1 when running a request may change how the next one is to be read.</param>
    public FrameStatus Fill(Span<byte> bytes, int most)
    {
        _next = _count = 0;
        _isCold = false;
        if (_failed)
        {
            return FrameStatus.ProtocolError;
        }

        if (_slices.Length > 2 * ManyArguments)
        {
            _slices = new RespSlice[64];
        }

        FrameStatus status;
        var mayGoOn = true;
        var (at, slices) = (0, 0);
        do
        {
            status = framer.Next(bytes[at..]);
            if (status != FrameStatus.Request)
            {
                _failed = status == FrameStatus.ProtocolError;
                break;
            }

            var arguments = framer.Arguments;
            if (arguments.Length > _slices.Length - slices)
            {
                Array.Resize(ref _slices, slices + (arguments.Length * 2));
            }

            arguments.CopyTo(_slices.AsSpan(slices));
            ref var framed = ref _framed[_count++];
            framed.FirstSlice = slices;
            framed.Arguments = arguments.Length;
            framed.Length = framer.Consumed;
            framed.Row = arguments.IsEmpty ? null : server.Commands.Find(arguments[0].Of(bytes[at..]));
            mayGoOn = framed.Row is not { } row || (row.Subcommands.Length == 0 && !row.EndsTransaction); // CONFIG SET moves the limits.
            slices += arguments.Length;
            at += framer.Consumed;
        }
        while (mayGoOn && _count < most && at < bytes.Length && slices < ManyArguments);

        if (_count == 0)
        {
            return status;
        }

        _isCold = _count > 1;
        return FrameStatus.Request;
    }

    /// <summary>Inside the turn: asks for the memory of the requests from the next one on.</summary>
    /// <param name="bytes">From the next request's first byte on.</param>
    /// <param name="database">Where the keys are probably wanted.</param>
    public void Warm(ReadOnlySpan<byte> bytes, Database database)
    {
        _isCold = false;
        if (database.Count >= Database.WorthWarming)
        {
            WarmKeys(bytes, database);
        }

        WarmElements(bytes, database);
    }

    private void WarmKeys(ReadOnlySpan<byte> bytes, Database database)
    {
        var (at, keys) = (0, 0);
        for (var i = _next; i < _count; i++)
        {
            ref readonly var framed = ref _framed[i];
            if (framed.Row is { } row)
            {
                var arguments = _slices.AsSpan(framed.FirstSlice, framed.Arguments);
                var (first, last, step) = row.Keys.Near(arguments, bytes[at..]);
                for (var k = first; k <= last && keys < _hashes.Length; k += step)
                {
                    _hashes[keys++] = server.Hashing.GetHashCode(arguments[k].Of(bytes[at..]));
                }
            }

            at += framed.Length;
        }

        database.Warm(_hashes.AsSpan(0, keys));
    }

    // Of the hash, set or sorted set that the first request with an element names, when it is large (./bench server HSET --pipeline 16).
    private void WarmElements(ReadOnlySpan<byte> bytes, Database database)
    {
        IWarmed? collection = null;
        ReadOnlySpan<byte> key = default;
        var (at, elements) = (0, 0);
        for (var i = _next; i < _count; i++)
        {
            ref readonly var framed = ref _framed[i];
            if (framed.Row is { ElementAt: > 0 } row && row.ElementAt < framed.Arguments)
            {
                var arguments = _slices.AsSpan(framed.FirstSlice, framed.Arguments);
                var request = bytes[at..];
                var itsKey = arguments[1].Of(request);
                if (collection is null)
                {
                    collection = database.Entries.Find(itsKey)?.Value as IWarmed;
                    key = itsKey;
                    if (collection is null || collection.Count < Database.WorthWarming)
                    {
                        return;
                    }
                }

                if (key.SequenceEqual(itsKey))
                {
                    _hashes[elements++] = ByteStringComparer.Default.GetHashCode(arguments[row.ElementAt].Of(request));
                }
            }

            at += framed.Length;
        }

        if (elements > 1)
        {
            _warmed = collection!.Warm(_hashes.AsSpan(0, elements));
        }
    }

    private struct Framed
    {
        public CommandRow? Row;
        public int FirstSlice;
        public int Arguments;
        public int Length;
    }
}
