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

    public long Commands { get; set; }

    public long Errors { get; set; }

    public long ExpiredKeys { get; set; }

    public long KeyspaceHits { get; set; }

    public long KeyspaceMisses { get; set; }

    /// <summary>Error replies by code (ERR, WRONGTYPE …), bounded by <see cref="ErrorCodesMax"/>. Lock it: a busy server answers errors without a turn.</summary>
    public SortedDictionary<string, long> ErrorCodes { get; } = new(StringComparer.Ordinal);

    private const int ErrorCodesMax = 128;

    public void CountError(ReadOnlySpan<byte> text)
    {
        var space = text.IndexOf((byte)' ');
        var code = System.Text.Encoding.Latin1.GetString(space < 0 ? text : text[..space]);
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
