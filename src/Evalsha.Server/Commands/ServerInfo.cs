// What INFO says: facts of this process and this server, and nothing that is made up. Sections that other parts own are registered by them.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Commands;

internal static class ServerInfo
{
    public static void Register(ServerContext server, int port, IPAddress bind)
    {
        server.Config.Define(new ConfigParameter("notify-keyspace-events", () => server.KeyEvents.Flags, text =>
        {
            var refusal = server.KeyEvents.Configure(text);
            foreach (var database in server.Databases)
            {
                database.TellsOfNewKeys = (server.KeyEvents.Wanted & KeyEventClasses.New) != 0;
            }

            return refusal;
        }));
        server.Config.Define(new ConfigParameter("tracking-table-max-keys", () => server.Tracking.KeysMax.ToString(CultureInfo.InvariantCulture), text =>
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var most))
            {
                return "argument couldn't be parsed into an integer";
            }

            server.Tracking.KeysMax = most;
            return null;
        }));
        var slow = server.Slow;
        server.Config.Integer("slowlog-log-slower-than", null, () => slow.SlowLogMicroseconds, v => slow.SlowLogMicroseconds = v, -1, long.MaxValue);
        server.Config.Integer("slowlog-max-len", null, () => slow.SlowLogMax, v => slow.SlowLogMax = v, 0, long.MaxValue);
        server.Config.Integer("latency-monitor-threshold", null, () => slow.LatencyMilliseconds, v => slow.LatencyMilliseconds = v, 0, long.MaxValue);
        server.Config.Constant("port", port.ToString(CultureInfo.InvariantCulture));
        server.Config.Constant("bind", bind.ToString());
        server.Config.Constant("databases", server.Databases.Length.ToString(CultureInfo.InvariantCulture));
        server.Info.Add("Server", w => Server(w, server, port));
        server.Info.Add("Clients", w => Clients(w, server));
        server.Info.Add("Memory", w => Memory(w, server));
        server.Info.Add("Persistence", w => Persistence(w, server));
        server.Info.Add("Stats", w => Stats(w, server));
        server.Info.Add("Replication", w => Replication(w, server));
        server.Info.Add("CPU", Cpu);
        server.Info.Add("Modules", static _ => { });
        server.Info.Add("Commandstats", w => CommandStats(w, server), byDefault: false);
        server.Info.Add("Latencystats", w => LatencyStats(w, server), byDefault: false);
        server.Info.Add("Errorstats", w => ErrorStats(w, server));
        server.Info.Add("Cluster", static w => w.Field("cluster_enabled", 0));
        server.Info.Add("Keyspace", w => Keyspace(w, server));
    }

    private static void Server(InfoWriter w, ServerContext server, int port)
    {
        var uptime = (server.Clock.Now - server.StartedAt) / 1000;
        w.Field("redis_version", ConnectionCommands.ServerVersion);
        w.Field("redis_git_sha1", "00000000");
        w.Field("redis_git_dirty", 0);
        w.Field("redis_build_id", "0");
        w.Field("redis_mode", "standalone");
        w.Field("evalsha_version", typeof(ServerInfo).Assembly.GetName().Version?.ToString(3) ?? "0.0.0");
        w.Field("os", RuntimeInformation.OSDescription);
        w.Field("arch_bits", IntPtr.Size * 8);
        w.Field("runtime", RuntimeInformation.FrameworkDescription);
        w.Field("multiplexing_api", OperatingSystem.IsLinux() ? "epoll" : "dotnet");
        w.Field("process_id", Environment.ProcessId);
        w.Field("run_id", server.RunId);
        w.Field("tcp_port", port);
        w.Field("server_time_usec", server.Clock.NowMicroseconds);
        w.Field("uptime_in_seconds", uptime);
        w.Field("uptime_in_days", uptime / 86_400);
        w.Field("hz", server.Config.Hz);
        w.Field("configured_hz", server.Config.Hz);
        w.Field("lru_clock", (server.Clock.Now / 1000) & 0xFFFFFF);
        w.Field("executable", Environment.ProcessPath ?? "");
        w.Field("config_file", "");
        w.Field("io_threads_active", 0);
    }

    private static void Clients(InfoWriter w, ServerContext server)
    {
        w.Field("connected_clients", server.Clients.Count);
        w.Field("cluster_connections", 0);
        w.Field("maxclients", server.Config.MaxClients);
        w.Field("tracking_clients", server.Tracking.ClientCount);
        w.Field("blocked_clients", server.Unit.Waiters.Count);
        w.Field("watching_keys", server.Unit.Watches.Count);
        w.Field("total_blocking_keys", server.Unit.Waiters.KeyCount);
    }

    private static void Memory(InfoWriter w, ServerContext server)
    {
        var used = GC.GetTotalMemory(false);
        w.Field("used_memory", used);
        w.Field("used_memory_human", Human(used));
        var resident = Environment.WorkingSet;
        var machine = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var peak = server.Stats.SeeMemory(used);
        var start = server.Stats.MemoryAtStart;
        var data = Math.Max(0, used - start);
        w.Field("used_memory_rss", resident);
        w.Field("used_memory_rss_human", Human(resident));
        w.Field("used_memory_peak", peak);
        w.Field("used_memory_peak_human", Human(peak));
        w.Field("used_memory_peak_perc", string.Create(CultureInfo.InvariantCulture, $"{used * 100.0 / peak:F2}%"));
        w.Field("used_memory_startup", start);
        w.Field("used_memory_dataset", data);
        w.Field("used_memory_dataset_perc", string.Create(CultureInfo.InvariantCulture, $"{data * 100.0 / used:F2}%"));
        w.Field("total_system_memory", machine);
        w.Field("total_system_memory_human", Human(machine));
        w.Field("mem_fragmentation_ratio", string.Create(CultureInfo.InvariantCulture, $"{(double)resident / used:F2}"));
        w.Field("mem_fragmentation_bytes", resident - used);
        w.Field("maxmemory", server.Config.MaxMemory);
        w.Field("maxmemory_human", Human(server.Config.MaxMemory));
        w.Field("maxmemory_policy", "noeviction");
        w.Field("mem_allocator", "dotnet");
        w.Field("active_defrag_running", 0);
        w.Field("lazyfree_pending_objects", 0);
        w.Field("lazyfreed_objects", 0);
    }

    private static void Persistence(InfoWriter w, ServerContext server)
    {
        w.Field("loading", server.IsLoading ? 1 : 0);
        w.Field("async_loading", 0);
        w.Field("rdb_changes_since_last_save", server.Unit.Dirty);
        w.Field("rdb_bgsave_in_progress", 0);
        w.Field("rdb_last_save_time", server.StartedAt / 1000);
        w.Field("rdb_last_bgsave_status", "ok");
        w.Field("aof_enabled", server.DurableLog is null ? 0 : 1);
        server.DurableLog?.Describe(w);
    }

    private static void Stats(InfoWriter w, ServerContext server)
    {
        var stats = server.Stats;
        w.Field("total_connections_received", Interlocked.Read(ref stats.Connections));
        w.Field("total_commands_processed", stats.Commands);
        w.Field("instantaneous_ops_per_sec", server.Stats.CommandsPerSecond(server.Clock.Now));
        w.Field("total_net_input_bytes", Interlocked.Read(ref stats.InputBytes));
        w.Field("total_net_output_bytes", Interlocked.Read(ref stats.OutputBytes));
        w.Field("rejected_connections", Interlocked.Read(ref stats.RejectedConnections));
        w.Field("sync_full", 0);
        w.Field("sync_partial_ok", 0);
        w.Field("sync_partial_err", 0);
        w.Field("expired_keys", stats.ExpiredKeys);
        w.Field("evicted_keys", 0);
        w.Field("evicted_clients", 0);
        w.Field("keyspace_hits", stats.KeyspaceHits);
        w.Field("keyspace_misses", stats.KeyspaceMisses);
        w.Field("pubsub_channels", server.PubSub.ChannelCount);
        w.Field("pubsub_patterns", server.PubSub.PatternCount);
        w.Field("pubsubshard_channels", server.PubSub.ShardChannelCount);
        w.Field("tracking_total_keys", server.Tracking.KeyCount);
        w.Field("tracking_total_items", server.Tracking.ItemCount);
        w.Field("tracking_total_prefixes", server.Tracking.PrefixCount);
        w.Field("client_query_buffer_limit_disconnections", Interlocked.Read(ref stats.QueryLimitDisconnections));
        w.Field("client_output_buffer_limit_disconnections", Interlocked.Read(ref stats.OutputLimitDisconnections));
        w.Field("latest_fork_usec", 0);
        w.Field("total_forks", 0);
        w.Field("unexpected_error_replies", 0);
        w.Field("total_error_replies", stats.Errors);
        w.Field("turns_taken", server.Gate.Acquisitions);
    }

    private static void Replication(InfoWriter w, ServerContext server)
    {
        w.Field("role", "master");
        w.Field("connected_slaves", 0);
        w.Field("master_failover_state", "no-failover");
        w.Field("master_replid", server.RunId);
        w.Field("master_replid2", new string('0', 40));
        w.Field("master_repl_offset", 0);
        w.Field("second_repl_offset", -1);
        w.Field("repl_backlog_active", 0);
        w.Field("repl_backlog_size", 0);
        w.Field("repl_backlog_first_byte_offset", 0);
        w.Field("repl_backlog_histlen", 0);
    }

    private static void Cpu(InfoWriter w)
    {
        using var process = Process.GetCurrentProcess();
        w.Field("used_cpu_sys", process.PrivilegedProcessorTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
        w.Field("used_cpu_user", process.UserProcessorTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
    }

    private static void CommandStats(InfoWriter w, ServerContext server)
    {
        foreach (var row in server.Commands.Rows)
        {
            CommandStat(w, row);
            foreach (var sub in row.Subcommands)
            {
                CommandStat(w, sub);
            }
        }
    }

    private static void CommandStat(InfoWriter w, CommandRow row)
    {
        var counters = row.Counters;
        if (counters.Calls != 0 || counters.Rejected != 0 || counters.Failed != 0)
        {
            var microseconds = counters.Ticks * 1e6 / Stopwatch.Frequency;
            var perCall = counters.Calls == 0 ? 0 : microseconds / counters.Calls;
            w.Field($"cmdstat_{row.FullName}", string.Create(CultureInfo.InvariantCulture,
                $"calls={counters.Calls},usec={microseconds:0},usec_per_call={perCall:0.00},rejected_calls={counters.Rejected},failed_calls={counters.Failed}"));
        }
    }

    private static void LatencyStats(InfoWriter w, ServerContext server)
    {
        foreach (var row in server.Commands.Rows)
        {
            LatencyStat(w, row);
            foreach (var sub in row.Subcommands)
            {
                LatencyStat(w, sub);
            }
        }
    }

    private static void LatencyStat(InfoWriter w, CommandRow row)
    {
        if (row.Counters.Latency is { } latency)
        {
            w.Field($"latency_percentiles_usec_{row.FullName}", string.Create(CultureInfo.InvariantCulture,
                $"p50={latency.Percentile(0.5):0.000},p99={latency.Percentile(0.99):0.000},p99.9={latency.Percentile(0.999):0.000}"));
        }
    }

    private static void ErrorStats(InfoWriter w, ServerContext server)
    {
        lock (server.Stats.ErrorCodes)
        {
            foreach (var (code, count) in server.Stats.ErrorCodes)
            {
                w.Field($"errorstat_{code}", $"count={count}");
            }
        }
    }

    private static void Keyspace(InfoWriter w, ServerContext server)
    {
        foreach (var database in server.Databases)
        {
            if (database.Count > 0)
            {
                w.Field($"db{database.Index}", $"keys={database.Count},expires={database.ExpiringCount},avg_ttl=0");
            }
        }
    }

    private static string Human(long bytes) => bytes switch
    {
        < 1024 => $"{bytes}B",
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F2}K"),
        < 1024 * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F2}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:F2}G"),
    };
}
