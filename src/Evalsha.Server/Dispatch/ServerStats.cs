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

    private (long At, long Commands, long Rate) _lastLook;

    /// <summary>Since the last look that was at least a tenth of a second ago.</summary>
    public long CommandsPerSecond(long now)
    {
        if (now - _lastLook.At >= 100)
        {
            var rate = _lastLook.At == 0 ? 0 : Math.Max(0, Commands - _lastLook.Commands) * 1000 / (now - _lastLook.At);
            _lastLook = (now, Commands, rate);
        }

        return _lastLook.Rate;
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

    }
}
