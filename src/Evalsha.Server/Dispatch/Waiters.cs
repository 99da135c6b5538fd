// Who waits for which key, in order of arrival, and which of those keys have just got a value.
// Always: a key nobody waits for costs one comparison per change; whoever was woken by a unit is served after it and before the next unit begins,
// so what a pipelined LPUSH put into a list with a waiting BLPOP is gone for the LLEN behind it; serving may wake others, who follow.
// Used inside the turn; Count may be read from anywhere.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

public sealed class Waiters
{
    private readonly List<Line> _ready = [];
    private Dictionary<ByteString, Line>?[] _perDatabase = [];
    private int _count;

    /// <summary>Clients that wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Some waited-for key changed: <see cref="Serve"/>.</summary>
    public bool HasReady => _ready.Count != 0;

    /// <summary>How many keys are waited for.</summary>
    public int KeyCount => _perDatabase.Sum(static lines => lines?.Count ?? 0);

    internal void Add(BlockedCall call)
    {
        var index = call.Database.Index;
        if (index >= _perDatabase.Length)
        {
            Array.Resize(ref _perDatabase, index + 1);
        }

        var lines = _perDatabase[index] ??= new Dictionary<ByteString, Line>(ByteStringComparer.Default);
        foreach (var key in call.Keys)
        {
            if (!lines.TryGetValue(key, out var line))
            {
                lines.Add(key, line = new Line(call.Database, key));
            }

            line.Calls.Add(call);
        }

        _count++;
    }

    internal void Remove(BlockedCall call)
    {
        var lines = _perDatabase[call.Database.Index]!;
        _count--;
        foreach (var key in call.Keys)
        {
            var line = lines[key];
            line.Calls.Remove(call);
            if (line.Calls.Count == 0)
            {
                lines.Remove(key);
            }
        }
    }

    /// <summary>The key changed.</summary>
    internal void Touch(Database database, ReadOnlySpan<byte> key)
    {
        if (Lines(database) is { } lines && lines.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out var line))
        {
            MakeReady(line);
        }
    }

    internal void Touch(Database database, ByteString key)
    {
        if (Lines(database) is { } lines && lines.TryGetValue(key, out var line))
        {
            MakeReady(line);
        }
    }

    /// <summary>The database got other contents (SWAPDB).</summary>
    internal void TouchAll(Database database)
    {
        foreach (var line in Lines(database)?.Values ?? Enumerable.Empty<Line>())
        {
            MakeReady(line);
        }
    }

    /// <summary>Serves everyone whose key has a value now, each as a unit of its own. Between units, inside the turn.</summary>
    internal void Serve(in Turn turn)
    {
        for (var i = 0; i < _ready.Count; i++)
        {
            var line = _ready[i];
            line.IsReady = false;
            Serve(turn, line);
        }

        _ready.Clear();
    }

    private static void Serve(in Turn turn, Line line)
    {
        for (var i = 0; i < line.Calls.Count;)
        {
            var entry = line.Database.Entries.Find(line.Key);
            var there = entry is not null && !line.Database.IsExpired(entry);

            // Whoever ends leaves the line by himself, so the next one stands at the same place.
            var call = line.Calls[i];
            if (!call.HearsOfLoss && (!there || entry!.Value.GetType() != call.Kind))
            {
                i++;
            }
            else if (call.IsLate)
            {
                call.TimeOut();
            }
            else if (!call.TryServe(turn))
            {
                i++;
            }
        }
    }

    private Dictionary<ByteString, Line>? Lines(Database database) =>
        _count != 0 && database.Index < _perDatabase.Length ? _perDatabase[database.Index] : null;

    private void MakeReady(Line line)
    {
        if (!line.IsReady)
        {
            line.IsReady = true;
            _ready.Add(line);
        }
    }

    /// <summary>Those who wait for one key.</summary>
    private sealed class Line(Database database, ByteString key)
    {
        public Database Database { get; } = database;

        public ByteString Key { get; } = key;

        public List<BlockedCall> Calls { get; } = [];

        public bool IsReady { get; set; }
    }
}
