// The parameters of Redis 7.2 that this server keeps and answers without following them: what they speak of (replicas, snapshots, a cluster,
// an allocator, threads) is not here, or is the runtime's own business. Programs set and read them, so they hold what they are given.
// Always: names, defaults, bounds and refusals are Redis's, compared with the installed server by ParametersTests; a part of the server that
// begins to follow one defines it anew, and then it is no longer kept.
namespace Evalsha.Server.Dispatch;

internal static class KeptParameters
{
    private const long Most = long.MaxValue;
    private const string Protected = "can't set protected config";

    private static readonly string[] EvictionPolicies =
        ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction"];

    private static readonly string[] ShutdownWords = ["default", "save", "nosave", "now", "force"];

    public static void DefineIn(ServerConfig config)
    {
        Flags(config);
        Integers(config);
        Words(config);
        Texts(config);
        Fixed(config);
    }

    private static void Flags(ServerConfig config)
    {
        string[] on =
        [
            "activerehashing", "aof-load-truncated", "aof-rewrite-incremental-fsync", "cluster-allow-pubsubshard-when-down", "cluster-allow-replica-migration",
            "cluster-require-full-coverage", "crash-log-enabled", "crash-memcheck-enabled", "dynamic-hz", "jemalloc-bg-thread", "rdb-save-incremental-fsync",
            "rdbcompression", "repl-diskless-sync", "replica-announced", "stop-writes-on-bgsave-error", "tls-session-caching",
        ];
        string[] off =
        [
            "aof-disable-auto-gc", "aof-timestamp-enabled", "cluster-allow-reads-when-down", "lazyfree-lazy-eviction", "lazyfree-lazy-expire",
            "lazyfree-lazy-server-del", "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush", "no-appendfsync-on-rewrite", "rdb-del-sync-files",
            "repl-disable-tcp-nodelay", "replica-ignore-disk-write-errors", "tls-cluster", "tls-prefer-server-ciphers", "tls-replication", "activedefrag",
        ];
        foreach (var name in on)
        {
            config.KeptFlag(name, true);
        }

        foreach (var name in off)
        {
            config.KeptFlag(name, false);
        }

        config.KeptFlag("protected-mode", true);
        config.KeptFlag("aof-use-rdb-preamble", false);
        config.KeptFlag("cluster-replica-no-failover", false, "cluster-slave-no-failover");
        config.KeptFlag("replica-ignore-maxmemory", true, "slave-ignore-maxmemory");
        config.KeptFlag("replica-lazy-flush", false, "slave-lazy-flush");
        config.KeptFlag("replica-read-only", true, "slave-read-only");
        config.KeptFlag("replica-serve-stale-data", true, "slave-serve-stale-data");
        config.KeptFlag("use-exit-on-panic", false, isHidden: true);
    }

    private static void Integers(ServerConfig config)
    {
        const int port = 65_535;
        config.KeptInteger("acllog-max-len", 128, 0, Most);
        config.KeptInteger("active-defrag-cycle-max", 25, 1, 99);
        config.KeptInteger("active-defrag-cycle-min", 1, 1, 99);
        config.KeptInteger("active-defrag-max-scan-fields", 1000, 1, Most);
        config.KeptInteger("active-defrag-threshold-lower", 10, 0, 1000);
        config.KeptInteger("active-defrag-threshold-upper", 100, 0, 1000);
        config.KeptInteger("active-expire-effort", 1, 1, 10);
        config.KeptInteger("cluster-announce-bus-port", 0, 0, port);
        config.KeptInteger("cluster-announce-port", 0, 0, port);
        config.KeptInteger("cluster-announce-tls-port", 0, 0, port);
        config.KeptInteger("cluster-migration-barrier", 1, 0, int.MaxValue);
        config.KeptInteger("cluster-node-timeout", 15_000, 0, Most);
        config.KeptInteger("cluster-replica-validity-factor", 10, 0, int.MaxValue, "cluster-slave-validity-factor");
        config.KeptInteger("key-load-delay", 0, int.MinValue, int.MaxValue, isHidden: true);
        config.KeptInteger("lfu-decay-time", 1, 0, int.MaxValue);
        config.KeptInteger("lfu-log-factor", 10, 0, int.MaxValue);
        config.KeptInteger("list-compress-depth", 0, 0, int.MaxValue);
        config.KeptInteger("loading-process-events-interval-bytes", 2 * 1024 * 1024, 1024, int.MaxValue, isHidden: true);
        config.KeptInteger("maxmemory-eviction-tenacity", 10, 0, 100);
        config.KeptInteger("maxmemory-samples", 5, 1, int.MaxValue);
        config.KeptInteger("min-replicas-max-lag", 10, 0, int.MaxValue, "min-slaves-max-lag");
        config.KeptInteger("min-replicas-to-write", 0, 0, int.MaxValue, "min-slaves-to-write");
        config.KeptInteger("rdb-key-save-delay", 0, int.MinValue, int.MaxValue, isHidden: true);
        config.KeptInteger("repl-backlog-ttl", 3600, 0, Most);
        config.KeptInteger("repl-diskless-sync-delay", 5, 0, int.MaxValue);
        config.KeptInteger("repl-diskless-sync-max-replicas", 0, 0, int.MaxValue);
        config.KeptInteger("repl-ping-replica-period", 10, 1, int.MaxValue, "repl-ping-slave-period");
        config.KeptInteger("repl-timeout", 60, 1, int.MaxValue);
        config.KeptInteger("replica-announce-port", 0, 0, port, "slave-announce-port");
        config.KeptInteger("replica-priority", 100, 0, int.MaxValue, "slave-priority");
        config.KeptInteger("shutdown-timeout", 10, 0, int.MaxValue);
        config.KeptInteger("tls-session-cache-size", 20 * 1024, 0, int.MaxValue);
        config.KeptInteger("tls-session-cache-timeout", 300, 0, int.MaxValue);
        config.KeptInteger("watchdog-period", 0, 0, int.MaxValue, isHidden: true);
        config.KeptMemory("active-defrag-ignore-bytes", 100 * 1024 * 1024, 1);
        config.KeptMemory("cluster-link-sendbuf-limit", 0, 0, isUnsigned: true);
        config.KeptMemory("maxmemory-clients", 0, 0, isUnsigned: true, percentMost: 100);
        config.KeptMemory("repl-backlog-size", 1024 * 1024, 1);
    }

    private static void Words(ServerConfig config)
    {
        config.KeptWord("acl-pubsub-default", "resetchannels", "allchannels", "resetchannels");
        config.KeptWord("cluster-preferred-endpoint-type", "ip", "ip", "hostname", "unknown-endpoint");
        config.KeptWord("maxmemory-policy", "noeviction", EvictionPolicies);
        config.KeptWord("oom-score-adj", "no", "no", "yes", "relative", "absolute");
        config.KeptWord("propagation-error-behavior", "ignore", "ignore", "panic", "panic-on-replicas");
        config.KeptWord("repl-diskless-load", "disabled", "disabled", "on-empty-db", "swapdb");
        config.KeptWord("sanitize-dump-payload", "no", "no", "yes", "clients");
        config.KeptWord("shutdown-on-sigint", "default", ShutdownWords);
        config.KeptWord("shutdown-on-sigterm", "default", ShutdownWords);
    }

    private static void Texts(ServerConfig config)
    {
        string[] empty =
        [
            "bind-source-addr", "cluster-announce-human-nodename", "cluster-announce-ip", "ignore-warnings", "locale-collate", "masterauth", "masteruser",
            "tls-ca-cert-dir", "tls-ciphers", "tls-ciphersuites", "tls-client-cert-file", "tls-client-key-file", "tls-client-key-file-pass",
            "tls-dh-params-file", "tls-key-file-pass", "tls-protocols",
        ];
        foreach (var name in empty)
        {
            config.KeptText(name, "");
        }

        config.KeptText("replica-announce-ip", "", "slave-announce-ip");
        config.KeptText("proc-title-template", "{title} {listen-addr} {server-mode}");
        config.KeptText("cluster-announce-hostname", "", refuse: static text => text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.')
            ? null
            : "Hostnames may only contain alphanumeric characters, hyphens or dots");
        config.KeptText("oom-score-adj-values", "0 200 800", refuse: RefuseOomScores);
        config.KeptText("save", "", refuse: RefuseSavePoints);
    }

    /// <summary>What Redis cannot change while it runs either.</summary>
    private static void Fixed(ServerConfig config)
    {
        (string Name, string Value)[] rows =
        [
            ("aclfile", ""), ("always-show-logo", "no"), ("aof_rewrite_cpulist", ""), ("appenddirname", "appendonlydir"), ("appendfilename", "appendonly.aof"),
            ("bgsave_cpulist", ""), ("bio_cpulist", ""), ("cluster-config-file", "nodes.conf"), ("cluster-enabled", "no"), ("cluster-port", "0"),
            ("daemonize", "no"), ("disable-thp", "yes"), ("enable-debug-command", "yes"), ("enable-module-command", "no"), ("enable-protected-configs", "no"),
            ("io-threads", "1"), ("io-threads-do-reads", "no"), ("logfile", ""), ("pidfile", ""), ("rdbchecksum", "yes"), ("server_cpulist", ""),
            ("set-proc-title", "yes"), ("socket-mark-id", "0"), ("supervised", "no"), ("syslog-enabled", "no"), ("syslog-facility", "local0"),
            ("syslog-ident", "redis"), ("tcp-backlog", "511"),
        ];
        foreach (var (name, value) in rows)
        {
            config.KeptConstant(name, value);
        }

        config.KeptConstant("replicaof", "", "slaveof");
        config.KeptConstant("lua-enable-deprecated-api", "no", isHidden: true);
        config.KeptConstant("enable-debug-assert", "no", isHidden: true);
        config.KeptConstant("dbfilename", "dump.rdb", refusal: Protected);
    }

    private static string? RefuseOomScores(string text)
    {
        const int least = -2000;
        const int most = 2000;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length != 3)
        {
            return "wrong number of arguments";
        }

        return words.All(static word => int.TryParse(word, System.Globalization.CultureInfo.InvariantCulture, out var score) && score is >= least and <= most)
            ? null
            : "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
    }

    /// <summary>Pairs of seconds and changes; an empty text is none.</summary>
    private static string? RefuseSavePoints(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var isValid = words.Length % 2 == 0;
        for (var i = 0; i < words.Length && isValid; i++)
        {
            isValid = int.TryParse(words[i], System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= (i % 2 == 0 ? 1 : 0);
        }

        return isValid ? null : "Invalid save parameters";
    }
}
