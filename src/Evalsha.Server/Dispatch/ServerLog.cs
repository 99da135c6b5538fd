// The server's log: a level, a line, and whoever listens. Any thread may write; the listener must take that.
namespace Evalsha.Server.Dispatch;

/// <summary>Redis's levels, in Redis's order and with the numbers redis.log takes.</summary>
public enum ServerLogLevel
{
    Debug = 0,
    Verbose = 1,
    Notice = 2,
    Warning = 3,
}

public sealed class ServerLog
{
    /// <summary>Lines below this level are dropped.</summary>
    public ServerLogLevel Level { get; set; } = ServerLogLevel.Notice;

    /// <summary>Gets every line that is not dropped. Null: nobody reads.</summary>
    public Action<ServerLogLevel, string>? Listener { get; set; }

    public void Write(ServerLogLevel level, string line)
    {
        if (level >= Level)
        {
            Listener?.Invoke(level, line);
        }
    }
}
