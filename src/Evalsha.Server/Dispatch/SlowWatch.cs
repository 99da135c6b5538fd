// What took too long: the slow log, and the samples of the latency monitor.
// Always: a command faster than both thresholds costs one comparison; what is kept is bounded (slowlog-max-len, HistoryMax) and cut as Redis
// cuts it; secrets are not kept. Inside the turn only.
using System.Diagnostics;
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Dispatch;

/// <param name="At">Unix seconds.</param>
public sealed record SlowLogEntry(long Id, long At, long Microseconds, ByteString[] Arguments, string Address, ByteString ClientName);

/// <param name="At">Unix seconds.</param>
public readonly record struct LatencySample(long At, long Milliseconds);

public sealed class SlowWatch
{
    public const int HistoryMax = 160;
    private const int ArgumentsMax = 32;
    private const int ArgumentBytesMax = 128;

    private static readonly ByteString Secret = ByteString.FromUtf8("(redacted)");

    private readonly LinkedList<SlowLogEntry> _entries = new();
    private readonly SortedDictionary<string, LatencyEvent> _events = new(StringComparer.Ordinal);
    private long _nextId;
    private long _microseconds = 10_000;
    private long _milliseconds;

    internal SlowWatch() => Recount();

    /// <summary>slowlog-log-slower-than: 0 keeps every command, negative none.</summary>
    public long SlowLogMicroseconds
    {
        get => _microseconds;
        set
        {
            _microseconds = value;
            Recount();
        }
    }

    /// <summary>slowlog-max-len; what is too much by a change leaves with the next entry, as in Redis.</summary>
    public long SlowLogMax { get; set; } = 128;

    /// <summary>latency-monitor-threshold; 0: off.</summary>
    public long LatencyMilliseconds
    {
        get => _milliseconds;
        set
        {
            _milliseconds = value;
            Recount();
        }
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyCollection<SlowLogEntry> Entries => _entries;

    public IReadOnlyDictionary<string, LatencyEvent> Events => _events;

    /// <summary>Ticks of <see cref="Stopwatch"/> from which on <see cref="Note"/> must be told.</summary>
    internal long Ticks { get; private set; }

    public void ClearLog() => _entries.Clear();

    /// <summary>How many there were.</summary>
    public int ClearEvents()
    {
        var count = _events.Count;
        _events.Clear();
        return count;
    }

    public bool ClearEvent(string name) => _events.Remove(name);

    /// <summary>After a command that took at least <see cref="Ticks"/>.</summary>
    internal void Note(CommandContext c, CommandRow row, long ticks)
    {
        var microseconds = (long)(ticks * 1e6 / Stopwatch.Frequency);
        if (_microseconds >= 0 && microseconds >= _microseconds && !row.Is(CommandFlags.SkipSlowlog))
        {
            _entries.AddFirst(new SlowLogEntry(_nextId++, c.Now / 1000, microseconds, Arguments(c, row), c.IsScript ? "?:0" : c.Client.RemoteAddress, c.IsScript ? ByteString.Empty : c.Client.Name));
            Trim();
        }

        if (_milliseconds > 0 && microseconds >= _milliseconds * 1000)
        {
            Add(row.Is(CommandFlags.Fast) ? "fast-command" : "command", c.Now / 1000, microseconds / 1000);
        }
    }

    private static ByteString[] Arguments(CommandContext c, CommandRow row)
    {
        var kept = new ByteString[Math.Min(c.Count, ArgumentsMax)];
        for (var i = 0; i < kept.Length; i++)
        {
            if (c.Count > ArgumentsMax && i == ArgumentsMax - 1)
            {
                kept[i] = ByteString.FromUtf8($"... ({c.Count - ArgumentsMax + 1} more arguments)");
            }
            else if (row.IsSecret?.Invoke(c, i) ?? false)
            {
                kept[i] = Secret;
            }
            else if (c[i].Length > ArgumentBytesMax)
            {
                kept[i] = ByteString.Own([.. c[i][..ArgumentBytesMax], .. Encoding.ASCII.GetBytes($"... ({c[i].Length - ArgumentBytesMax} more bytes)")]);
            }
            else
            {
                kept[i] = ByteString.From(c[i]);
            }
        }

        return kept;
    }

    private void Add(string name, long at, long milliseconds)
    {
        if (!_events.TryGetValue(name, out var found))
        {
            _events.Add(name, found = new LatencyEvent());
        }

        found.Add(new LatencySample(at, milliseconds));
    }

    private void Trim()
    {
        while (_entries.Count > SlowLogMax)
        {
            _entries.RemoveLast();
        }
    }

    private void Recount()
    {
        var slow = _microseconds < 0 ? long.MaxValue : (long)(_microseconds * (Stopwatch.Frequency / 1e6));
        var late = _milliseconds <= 0 ? long.MaxValue : (long)(_milliseconds * (Stopwatch.Frequency / 1e3));
        Ticks = Math.Min(slow, late);
    }
}

/// <summary>The samples of one kind of event; those of one second are one, the longest.</summary>
public sealed class LatencyEvent
{
    private readonly List<LatencySample> _samples = [];

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<LatencySample> Samples => _samples;

    /// <summary>Milliseconds, of all samples, kept or not.</summary>
    public long Max { get; private set; }

    internal void Add(LatencySample sample)
    {
        Max = Math.Max(Max, sample.Milliseconds);
        if (_samples.Count > 0 && _samples[^1].At == sample.At)
        {
            _samples[^1] = sample with { Milliseconds = Math.Max(sample.Milliseconds, _samples[^1].Milliseconds) };
            return;
        }

        if (_samples.Count == SlowWatch.HistoryMax)
        {
            _samples.RemoveAt(0);
        }

        _samples.Add(sample);
    }
}
