// Counters for INFO. Always: written inside the turn, or with Interlocked where a session counts outside it.
namespace Evalsha.Server.Dispatch;

public sealed class ServerStats
{
    /// <summary>Connections accepted since start. Interlocked.</summary>
    public long Connections;

    /// <summary>Connections refused because maxclients was reached. Interlocked.</summary>
    public long RejectedConnections;

    /// <summary>Bytes received and sent. Interlocked.</summary>
    public long InputBytes;
    public long OutputBytes;

    /// <summary>Clients closed because they did not read, or sent too long a command. Interlocked.</summary>
    public long OutputLimitDisconnections;
    public long QueryLimitDisconnections;

    /// <summary>Managed bytes when the server began.</summary>
    public long MemoryAtStart { get; } = GC.GetTotalMemory(false);

    private long _memoryPeak;

    /// <summary>The most bytes in use at any look, this one included.</summary>
    public long SeeMemory(long bytes) => _memoryPeak = Math.Max(_memoryPeak, bytes);

    public long Commands { get; set; }

    /// <summary>Ticks of <see cref="System.Diagnostics.Stopwatch"/> that went into removing expired keys by themselves.</summary>
    public long ExpiryTicks { get; set; }

    private (long At, long Commands, long Input, long Output) _lastLook;
    private (double Commands, double Input, double Output) _rates;

    /// <summary>Commands and bytes a second, since the last look that was at least a tenth of a second ago.</summary>
    /// <param name="now">Unix milliseconds.</param>
    public (double Commands, double Input, double Output) Rates(long now)
    {
        const int leastMilliseconds = 100;
        var elapsed = now - _lastLook.At;
        if (elapsed >= leastMilliseconds)
        {
            var look = (At: now, Commands, Input: Interlocked.Read(ref InputBytes), Output: Interlocked.Read(ref OutputBytes));
            _rates = _lastLook.At == 0 ? default : (Rate(look.Commands, _lastLook.Commands), Rate(look.Input, _lastLook.Input), Rate(look.Output, _lastLook.Output));
            _lastLook = look;
        }

        return _rates;

        // What RESETSTAT set back has no rate until the next look.
        double Rate(long current, long before) => Math.Max(0, current - before) * 1000.0 / elapsed;
    }

    public long Errors { get; set; }

    public long ExpiredKeys { get; set; }

    public long KeyspaceHits { get; set; }

    public long KeyspaceMisses { get; set; }

    /// <summary>Error replies by code (ERR, WRONGTYPE …), bounded by <see cref="ErrorCodesMax"/>. Lock it: a busy server answers errors without a turn.</summary>
    public SortedDictionary<string, long> ErrorCodes { get; } = new(StringComparer.Ordinal);

    private const int ErrorCodesMax = 128;

    // A first word that is longer is no code, as Redis sees it.
    private const int ErrorCodeBytesMax = 31;

    public void CountError(ReadOnlySpan<byte> text)
    {
        var space = text[..Math.Min(text.Length, ErrorCodeBytesMax)].IndexOf((byte)' ');
        var code = space < 0 ? "ERR" : System.Text.Encoding.Latin1.GetString(text[..space]);
        lock (ErrorCodes)
        {
            Errors++;
            if (ErrorCodes.TryGetValue(code, out var count))
            {
                ErrorCodes[code] = count + 1;
            }
            else if (ErrorCodes.Count < ErrorCodesMax)
            {
                ErrorCodes.Add(code, 1);
            }
        }
    }

    /// <summary>CONFIG RESETSTAT.</summary>
    public void Reset()
    {
        Interlocked.Exchange(ref Connections, 0);
        Interlocked.Exchange(ref RejectedConnections, 0);
        Interlocked.Exchange(ref InputBytes, 0);
        Interlocked.Exchange(ref OutputBytes, 0);
        Commands = Errors = ExpiredKeys = KeyspaceHits = KeyspaceMisses = 0;
        lock (ErrorCodes)
        {
            ErrorCodes.Clear();
        }

        Interlocked.Exchange(ref OutputLimitDisconnections, 0);
        Interlocked.Exchange(ref QueryLimitDisconnections, 0);
    }
}
