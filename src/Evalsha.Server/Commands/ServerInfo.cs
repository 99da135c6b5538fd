// What INFO says: facts of this process and this server, and nothing that is made up. Sections that other parts own are registered by them.
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Scripting;

namespace Evalsha.Server.Commands;

internal static class ServerInfo
{
    private const int TimesToLiveSampled = 64;

    public static void Register(ServerContext server, ScriptEngine scripts, RedisServerOptions options, int port, int tlsPort)
    {
        server.Info.Add("Server", w => Server(w, server, options, port, tlsPort));
        server.Info.Add("Clients", w => Clients(w, server));
        server.Info.Add("Memory", w => Memory(w, server, scripts));
        server.Info.Add("Persistence", w => Persistence(w, server));
        server.Info.Add("Stats", w => Stats(w, server));
        server.Info.Add("Replication", w => Replication(w, server));
        server.Info.Add("CPU", Cpu);
        server.Info.Add("Modules", static _ => { });
        server.Info.Add("Commandstats", w => CommandStats(w, server), byDefault: false);
        server.Info.Add("Errorstats", w => ErrorStats(w, server));
        server.Info.Add("Latencystats", w => LatencyStats(w, server), byDefault: false);
        server.Info.Add("Cluster", static w => w.Field("cluster_enabled", 0));
        server.Info.Add("Keyspace", w => Keyspace(w, server));
    }

    private static void Server(InfoWriter w, ServerContext server, RedisServerOptions options, int port, int tlsPort)
    {
        var uptime = (server.Clock.Now - server.StartedAt) / 1000;
        w.Field("redis_version", ConnectionCommands.ServerVersion);
        w.Field("redis_git_sha1", "00000000");
        w.Field("redis_git_dirty", 0);
        w.Field("redis_build_id", typeof(ServerInfo).Assembly.ManifestModule.ModuleVersionId.ToString("n")[..16]);
        w.Field("redis_mode", "standalone");
        w.Field("evalsha_version", typeof(ServerInfo).Assembly.GetName().Version?.ToString(3) ?? "0.0.0");
        w.Field("os", RuntimeInformation.OSDescription);
        w.Field("arch_bits", IntPtr.Size * 8);
        w.Field("runtime", RuntimeInformation.FrameworkDescription);
        w.Field("monotonic_clock", $"Stopwatch, {Stopwatch.Frequency} ticks a second");
        w.Field("multiplexing_api", OperatingSystem.IsLinux() ? "epoll" : "dotnet");
        w.Field("process_id", Environment.ProcessId);
        w.Field("process_supervised", "no");
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
        var listeners = 0;
        if (options.Port is not null)
        {
            w.Field($"listener{listeners++}", $"name=tcp,bind={options.Bind},port={port}");
        }

        if (options.UnixSocket is { } path)
        {
            w.Field($"listener{listeners++}", $"name=unix,bind={path}");
        }

        if (options.TlsPort is not null)
        {
            w.Field($"listener{listeners}", $"name=tls,bind={options.Bind},port={tlsPort}");
        }
    }

    private static void Clients(InfoWriter w, ServerContext server)
    {
        var clients = server.Clients.List();
        w.Field("connected_clients", clients.Length);
        w.Field("cluster_connections", 0);
        w.Field("maxclients", server.Config.MaxClients);
        w.Field("tracking_clients", server.Tracking.ClientCount);
        w.Field("blocked_clients", server.Unit.Waiters.Count);
        w.Field("pubsub_clients", clients.Count(static client => client.Feeds is { IsSubscribed: true }));
        w.Field("total_watched_keys", server.Unit.Watches.Count);
        w.Field("total_blocking_keys", server.Unit.Waiters.KeyCount);
        w.Field("total_blocking_keys_on_nokey", 0);
    }

    private static void Memory(InfoWriter w, ServerContext server, ScriptEngine scripts)
    {
        var used = GC.GetTotalMemory(false);
        var resident = Environment.WorkingSet;
        var heap = GC.GetGCMemoryInfo();
        var machine = heap.TotalAvailableMemoryBytes;
        var peak = server.Stats.SeeMemory(used);
        var start = server.Stats.MemoryAtStart;
        long clients = server.Clients.List().Sum(static client => client.Buffers is var (waiting, free, output) ? (long)waiting + free + output : 0);
        var overhead = start + clients + scripts.Cache.Bytes + scripts.Functions.Bytes;
        var data = Math.Max(0, used - overhead);
        w.Bytes("used_memory", used);
        w.Bytes("used_memory_rss", resident);
        w.Bytes("used_memory_peak", peak);
        w.Field("used_memory_peak_perc", Percent(used, peak));
        w.Field("used_memory_overhead", overhead);
        w.Field("used_memory_startup", start);
        w.Field("used_memory_dataset", data);
        w.Field("used_memory_dataset_perc", Percent(data, Math.Max(data, used - start)));
        w.Field("allocator_allocated", used);
        w.Field("allocator_active", heap.HeapSizeBytes);
        w.Field("allocator_resident", heap.TotalCommittedBytes);
        w.Bytes("total_system_memory", machine);
        w.Bytes("used_memory_lua", scripts.ScriptBytes);
        w.Field("used_memory_vm_eval", scripts.ScriptBytes);
        w.Field("used_memory_scripts_eval", scripts.Cache.Bytes);
        w.Field("number_of_cached_scripts", scripts.Cache.Count);
        w.Field("number_of_functions", scripts.Functions.FunctionCount);
        w.Field("number_of_libraries", scripts.Functions.LibraryCount);
        w.Field("used_memory_vm_functions", scripts.FunctionBytes);
        w.Bytes("used_memory_vm_total", scripts.ScriptBytes + scripts.FunctionBytes);
        w.Field("used_memory_functions", scripts.Functions.Bytes);
        w.Bytes("used_memory_scripts", scripts.Cache.Bytes + scripts.Functions.Bytes);
        w.Bytes("maxmemory", server.Config.MaxMemory);
        w.Field("maxmemory_policy", server.Config.Find("maxmemory-policy")!.Get());
        w.Field("allocator_frag_ratio", Ratio(heap.HeapSizeBytes, used));
        w.Field("allocator_frag_bytes", heap.FragmentedBytes);
        w.Field("allocator_rss_ratio", Ratio(heap.TotalCommittedBytes, heap.HeapSizeBytes));
        w.Field("allocator_rss_bytes", heap.TotalCommittedBytes - heap.HeapSizeBytes);
        w.Field("rss_overhead_ratio", Ratio(resident, heap.TotalCommittedBytes));
        w.Field("rss_overhead_bytes", resident - heap.TotalCommittedBytes);
        w.Field("mem_fragmentation_ratio", Ratio(resident, used));
        w.Field("mem_fragmentation_bytes", resident - used);
        w.Field("mem_not_counted_for_evict", 0);
        w.Field("mem_replication_backlog", 0);
        w.Field("mem_total_replication_buffers", 0);
        w.Field("mem_clients_slaves", 0);
        w.Field("mem_clients_normal", clients);
        w.Field("mem_cluster_links", 0);
        w.Field("mem_aof_buffer", server.DurableLog?.WaitingBytes ?? 0);
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
        w.Field("rdb_last_bgsave_time_sec", -1);
        w.Field("rdb_current_bgsave_time_sec", -1);
        w.Field("rdb_saves", 0);
        w.Field("aof_enabled", server.DurableLog is null ? 0 : 1);
        if (server.DurableLog is { } log)
        {
            log.Describe(w);
            return;
        }

        w.Field("aof_rewrite_in_progress", 0);
        w.Field("aof_rewrite_scheduled", 0);
        w.Field("aof_last_rewrite_time_sec", -1);
        w.Field("aof_current_rewrite_time_sec", -1);
        w.Field("aof_last_bgrewrite_status", "ok");
        w.Field("aof_rewrites", 0);
        w.Field("aof_rewrites_consecutive_failures", 0);
        w.Field("aof_last_write_status", "ok");
    }

    private static void Stats(InfoWriter w, ServerContext server)
    {
        var stats = server.Stats;
        var (commands, input, output) = stats.Rates(server.Clock.Now);
        w.Field("total_connections_received", Interlocked.Read(ref stats.Connections));
        w.Field("total_commands_processed", stats.Commands);
        w.Field("instantaneous_ops_per_sec", (long)commands);
        w.Field("total_net_input_bytes", Interlocked.Read(ref stats.InputBytes));
        w.Field("total_net_output_bytes", Interlocked.Read(ref stats.OutputBytes));
        w.Field("total_net_repl_input_bytes", 0);
        w.Field("total_net_repl_output_bytes", 0);
        w.Field("instantaneous_input_kbps", (input / 1024).ToString("F2", CultureInfo.InvariantCulture));
        w.Field("instantaneous_output_kbps", (output / 1024).ToString("F2", CultureInfo.InvariantCulture));
        w.Field("instantaneous_input_repl_kbps", "0.00");
        w.Field("instantaneous_output_repl_kbps", "0.00");
        w.Field("rejected_connections", Interlocked.Read(ref stats.RejectedConnections));
        w.Field("sync_full", 0);
        w.Field("sync_partial_ok", 0);
        w.Field("sync_partial_err", 0);
        w.Field("expired_keys", stats.ExpiredKeys);
        w.Field("expired_time_cap_reached_count", 0);
        w.Field("expire_cycle_cpu_milliseconds", stats.ExpiryTicks * 1000 / Stopwatch.Frequency);
        w.Field("evicted_keys", 0);
        w.Field("evicted_clients", 0);
        w.Field("total_eviction_exceeded_time", 0);
        w.Field("current_eviction_exceeded_time", 0);
        w.Field("keyspace_hits", stats.KeyspaceHits);
        w.Field("keyspace_misses", stats.KeyspaceMisses);
        w.Field("pubsub_channels", server.PubSub.ChannelCount);
        w.Field("pubsub_patterns", server.PubSub.PatternCount);
        w.Field("pubsubshard_channels", server.PubSub.ShardChannelCount);
        w.Field("latest_fork_usec", 0);
        w.Field("total_forks", 0);
        w.Field("migrate_cached_sockets", 0);
        w.Field("slave_expires_tracked_keys", 0);
        w.Field("active_defrag_hits", 0);
        w.Field("active_defrag_misses", 0);
        w.Field("active_defrag_key_hits", 0);
        w.Field("active_defrag_key_misses", 0);
        w.Field("total_active_defrag_time", 0);
        w.Field("current_active_defrag_time", 0);
        w.Field("tracking_total_keys", server.Tracking.KeyCount);
        w.Field("tracking_total_items", server.Tracking.ItemCount);
        w.Field("tracking_total_prefixes", server.Tracking.PrefixCount);
        w.Field("unexpected_error_replies", 0);
        w.Field("total_error_replies", stats.Errors);
        w.Field("io_threaded_reads_processed", 0);
        w.Field("io_threaded_writes_processed", 0);
        w.Field("client_query_buffer_limit_disconnections", Interlocked.Read(ref stats.QueryLimitDisconnections));
        w.Field("client_output_buffer_limit_disconnections", Interlocked.Read(ref stats.OutputLimitDisconnections));
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
        w.Field("repl_backlog_size", server.Config.Find("repl-backlog-size")!.Get());
        w.Field("repl_backlog_first_byte_offset", 0);
        w.Field("repl_backlog_histlen", 0);
    }

    private static void Cpu(InfoWriter w)
    {
        using var process = Process.GetCurrentProcess();
        w.Field("used_cpu_sys", process.PrivilegedProcessorTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
        w.Field("used_cpu_user", process.UserProcessorTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
        w.Field("used_cpu_sys_children", "0.000000");
        w.Field("used_cpu_user_children", "0.000000");
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
        if (!server.Config.TracksLatency)
        {
            return;
        }

        foreach (var row in server.Commands.Rows)
        {
            LatencyStat(w, row, server.Config.LatencyPercentiles);
            foreach (var sub in row.Subcommands)
            {
                LatencyStat(w, sub, server.Config.LatencyPercentiles);
            }
        }
    }

    private static void LatencyStat(InfoWriter w, CommandRow row, IReadOnlyList<double> percentiles)
    {
        if (row.Counters.Latency is { } latency)
        {
            w.Field($"latency_percentiles_usec_{row.FullName}", string.Join(',', percentiles.Select(percentile =>
                string.Create(CultureInfo.InvariantCulture, $"p{percentile:0.######}={latency.Percentile(percentile / 100):0.000}"))));
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
                w.Field($"db{database.Index}", $"keys={database.Count},expires={database.ExpiringCount},avg_ttl={database.AverageTimeToLive(TimesToLiveSampled)}");
            }
        }
    }

    /// <summary>A number of bytes, and the same for people.</summary>
    private static void Bytes(this InfoWriter w, string name, long bytes)
    {
        w.Field(name, bytes);
        w.Field(name + "_human", Human(bytes));
    }

    private static string Percent(long part, long whole) =>
        string.Create(CultureInfo.InvariantCulture, $"{(whole == 0 ? 0 : part * 100.0 / whole):F2}%");

    private static string Ratio(long bytes, long of) => (of == 0 ? 0 : (double)bytes / of).ToString("F2", CultureInfo.InvariantCulture);

    private static string Human(long bytes) => bytes switch
    {
        < 1024 => $"{bytes}B",
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F2}K"),
        < 1024 * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:F2}M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:F2}G"),
    };
}
