// What time it is for the data: read at most once per unit, then frozen until the next unit begins.
// Always: within one command, script or EXEC every reading is the same, so nothing expires in the middle of a script.
namespace Evalsha.Server.Keyspace;

public sealed class ServerClock(TimeProvider provider)
{
    private static readonly long EpochTicks = DateTimeOffset.UnixEpoch.Ticks;
    private long _microseconds;
    private long _milliseconds;

    public TimeProvider Provider { get; } = provider;

    /// <summary>Unix time in milliseconds, frozen for the unit.</summary>
    public long Now
    {
        get
        {
            if (_milliseconds == 0)
            {
                Read();
            }

            return _milliseconds;
        }
    }

    /// <summary>Unix time in microseconds, frozen for the unit.</summary>
    public long NowMicroseconds
    {
        get
        {
            if (_milliseconds == 0)
            {
                Read();
            }

            return _microseconds;
        }
    }

    /// <summary>Unix seconds of the latest reading: good enough for idle times, and costs nothing.</summary>
    public uint CoarseSeconds { get; private set; } = (uint)provider.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>A fresh reading that freezes nothing; for callers outside any unit.</summary>
    public long ReadUnfrozen() => (Provider.GetUtcNow().UtcTicks - EpochTicks) / TimeSpan.TicksPerMillisecond;

    /// <summary>
    /// While true it is the first millisecond of all time: nothing is late. So a replayed log never loses a key whose deadline a later command moved.
    /// </summary>
    internal bool IsBeforeAllDeadlines { get; set; }

    /// <summary>While clients are paused, keys past their deadline are not seen any more, but stay until the pause is over.</summary>
    internal bool IsExpiryPaused { get; set; }

    /// <summary>Forgets the frozen reading; the next use reads the provider. Only the unit calls this.</summary>
    internal void Thaw() => _milliseconds = 0;

    private void Read()
    {
        if (IsBeforeAllDeadlines)
        {
            (_milliseconds, _microseconds) = (1, 1000);
            return;
        }

        _microseconds = (Provider.GetUtcNow().UtcTicks - EpochTicks) / TimeSpan.TicksPerMicrosecond;
        _milliseconds = Math.Max(_microseconds / 1000, 1);
        CoarseSeconds = (uint)(_milliseconds / 1000);
    }
}
