// The parameters of CONFIG that are facts or switches of one running server: where it listens, what it logs, watches and notifies.
// Always: defined once, when the server has been put together; they replace what ServerConfig said of the same names.
using System.Globalization;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Commands;

internal static class ServerParameters
{
    public static void Define(ServerContext server, RedisServerOptions options, int port, int tlsPort)
    {
        var config = server.Config;
        config.Define(new ConfigParameter("notify-keyspace-events", () => server.KeyEvents.Flags, text =>
        {
            var refusal = server.KeyEvents.Configure(text);
            foreach (var database in server.Databases)
            {
                database.TellsOfNewKeys = (server.KeyEvents.Wanted & KeyEventClasses.New) != 0;
            }

            return refusal;
        }));
        config.Integer("tracking-table-max-keys", null, () => server.Tracking.KeysMax, v => server.Tracking.KeysMax = v, 0, long.MaxValue);
        var slow = server.Slow;
        config.Integer("slowlog-log-slower-than", null, () => slow.SlowLogMicroseconds, v => slow.SlowLogMicroseconds = v, -1, long.MaxValue);
        config.Integer("slowlog-max-len", null, () => slow.SlowLogMax, v => slow.SlowLogMax = v, 0, long.MaxValue);
        config.Integer("latency-monitor-threshold", null, () => slow.LatencyMilliseconds, v => slow.LatencyMilliseconds = v, 0, long.MaxValue);
        string[] levels = [.. Enum.GetNames<ServerLogLevel>().Select(static name => name.ToLowerInvariant())];
        config.Word("loglevel", () => levels[(int)server.Log.Level], v => server.Log.Level = (ServerLogLevel)Array.IndexOf(levels, v), levels);
        config.Constant("port", Text(port));
        config.Constant("bind", options.Bind.ToString());
        config.Constant("databases", Text(server.Databases.Length));
        config.Constant("unixsocket", options.UnixSocket ?? "");
        config.Constant("unixsocketperm", options.UnixSocketPermissions is { } mode ? Convert.ToString((int)mode, 8) : "0");
        config.Constant("tls-port", Text(tlsPort));
        config.Constant("tls-cert-file", options.TlsCertFile ?? "");
        config.Constant("tls-key-file", options.TlsKeyFile ?? "");
        config.Constant("tls-ca-cert-file", options.TlsCaCertFile ?? "");
        config.Constant("tls-auth-clients", options.TlsAuthClients.ToString().ToLowerInvariant());
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
