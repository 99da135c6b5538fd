// What a unit did to the data, as commands that do the same again: the append-only file, replicas and others subscribe to it.
// Always: effects are collected only while a sink listens; a unit's effects arrive in one call, in order, inside the turn and before the
// reply leaves; they hold no chance, no clock and no script (absolute deadlines, the values that were chosen, DEL for what expired).
// An effect is encoded once, as a RESP request, into a buffer that is used again by the next unit: nothing is allocated per command.
// HOT: no allocation, no await, no LINQ (in Add and CommitUnit). Measured by benches/Evalsha.Bench/Server/AppendBench.cs
using Evalsha.Lua.Runtime;
using Evalsha.Resp;

namespace Evalsha.Server.Dispatch;

/// <summary>The effects of one finished unit, in order. Valid during <see cref="IEffectSink.Commit"/> only.</summary>
public readonly ref struct UnitEffects
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ReadOnlySpan<EffectMark> _marks;

    internal UnitEffects(ReadOnlySpan<byte> bytes, ReadOnlySpan<EffectMark> marks)
    {
        _bytes = bytes;
        _marks = marks;
    }

    public int Count => _marks.Length;

    /// <summary>Bytes of all requests together.</summary>
    public int Length => _bytes.Length;

    /// <summary>The number of the database in which effect <paramref name="i"/> happened.</summary>
    public int Database(int i) => _marks[i].Database;

    /// <summary>Effect <paramref name="i"/> as a RESP request, to be run with its database selected.</summary>
    public ReadOnlySpan<byte> Request(int i)
    {
        var start = i == 0 ? 0 : _marks[i - 1].End;
        return _bytes[start.._marks[i].End];
    }
}

internal readonly record struct EffectMark(int Database, int End);

/// <summary>Implemented by whoever wants effects; registered with <see cref="EffectLog.Subscribe"/>.</summary>
public interface IEffectSink
{
    /// <summary>
    /// Takes the effects of one finished unit, inside the turn: copy them, do no I/O here. More than one effect must be replayed all or nothing.
    /// </summary>
    void Commit(in UnitEffects unit);

    /// <summary>A unit grew beyond <see cref="EffectLog.UnitBytesMax"/>: it happened, and its effects are not known.</summary>
    void Missed();

    /// <summary>
    /// Completes when everything committed so far is as durable as the sink promises. Called outside the turn, before the batch's replies leave.
    /// </summary>
    /// <param name="hasWritten">False when the batch only read: it may be answered even while nothing can be written.</param>
    /// <exception cref="IOException">What the batch wrote could not be kept: its replies must not leave.</exception>
    ValueTask WaitAsync(bool hasWritten);
}

/// <summary>Collects the running unit's effects. One per server; touched inside the turn.</summary>
public sealed class EffectLog
{
    /// <summary>A unit's effects in bytes; a unit with more makes every sink miss it.</summary>
    public const int UnitBytesMax = 1024 * 1024 * 1024;

    private const int LongestHeader = 32;
    private readonly RespBuffer _bytes = new();
    private readonly RespWriter _writer;
    private volatile IEffectSink[] _sinks = [];
    private EffectMark[] _marks = new EffectMark[16];
    private int _count;
    private bool _overflowed;
    private bool _holdsWrites;

    public EffectLog() => _writer = new RespWriter(_bytes);

    /// <summary>False while nobody listens: then nothing is collected, and nothing allocated.</summary>
    public bool IsWanted => _sinks.Length > 0 && !IsSuspended && !IsMuted;

    /// <summary>As IsWanted, for keys that expire: that they are gone is told even where what a command does is not.</summary>
    public bool WantsExpired => _sinks.Length > 0 && !IsSuspended;

    /// <summary>True while a command runs whose effects nobody shall hear of (redis.set_repl).</summary>
    public bool IsMuted { get; set; }

    /// <summary>True while the append-only file is being replayed: what it says must not be written again.</summary>
    public bool IsSuspended { get; set; }

    public int Count => _count;

    /// <summary>Units committed so far that did more than notice expired keys. A session compares it to know whether its batch wrote.</summary>
    public long Writes { get; private set; }

    /// <summary>True when replies must wait for <see cref="WaitAsync"/>.</summary>
    public bool DelaysReplies => _sinks.Length > 0;

    public void Subscribe(IEffectSink sink) => _sinks = [.. _sinks, sink];

    public void Unsubscribe(IEffectSink sink) => _sinks = Array.FindAll(_sinks, known => known != sink);

    /// <inheritdoc cref="IEffectSink.WaitAsync"/>
    public ValueTask WaitAsync(bool hasWritten = true)
    {
        var sinks = _sinks;
        return sinks.Length switch
        {
            0 => default,
            1 => sinks[0].WaitAsync(hasWritten),
            _ => WaitForAllAsync(sinks, hasWritten),
        };
    }

    /// <summary>A command made of objects.</summary>
    internal void Add(int database, ReadOnlySpan<ByteString> command)
    {
        long length = 0;
        foreach (var argument in command)
        {
            length += argument.Length + LongestHeader;
        }

        if (Fits(length))
        {
            _writer.Request(command.Length);
            foreach (var argument in command)
            {
                _writer.Bulk(argument.Span);
            }
        }

        Mark(database);
        _holdsWrites = true;
    }

    /// <summary>The command in the context, as it came.</summary>
    internal void Add(int database, CommandContext command)
    {
        long length = 0;
        for (var i = 0; i < command.Count; i++)
        {
            length += command[i].Length + LongestHeader;
        }

        if (Fits(length))
        {
            _writer.Request(command.Count);
            for (var i = 0; i < command.Count; i++)
            {
                _writer.Bulk(command[i]);
            }
        }

        Mark(database);
        _holdsWrites = true;
    }

    /// <summary>An expired key left.</summary>
    internal void AddExpired(int database, ByteString key)
    {
        if (Fits(key.Length + (2 * LongestHeader)))
        {
            _writer.Request(2);
            _writer.Bulk("DEL"u8);
            _writer.Bulk(key.Span);
        }

        Mark(database);
    }

    /// <summary>Forgets what the running unit collected: it was cut off on the way out of the server.</summary>
    internal void Discard()
    {
        _bytes.Clear();
        _count = 0;
        _overflowed = _holdsWrites = false;
    }

    internal void CommitUnit()
    {
        if (_count == 0)
        {
            return;
        }

        if (_holdsWrites)
        {
            Writes++;
        }

        foreach (var sink in _sinks)
        {
            if (_overflowed)
            {
                sink.Missed();
            }
            else
            {
                sink.Commit(new UnitEffects(_bytes.Written, _marks.AsSpan(0, _count)));
            }
        }

        Discard();
    }

    private static async ValueTask WaitForAllAsync(IEffectSink[] sinks, bool hasWritten)
    {
        foreach (var sink in sinks)
        {
            await sink.WaitAsync(hasWritten).ConfigureAwait(false);
        }
    }

    private bool Fits(long length)
    {
        _overflowed |= _bytes.Length + length > UnitBytesMax;
        return !_overflowed;
    }

    private void Mark(int database)
    {
        if (_count == _marks.Length)
        {
            Array.Resize(ref _marks, _count * 2);
        }

        _marks[_count++] = new EffectMark(database, _bytes.Length);
    }
}
