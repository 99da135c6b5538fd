// The slow log keeps what Redis keeps, cut as Redis cuts it; the figures of INFO tell refusals from failures.
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Dispatch;

public sealed class SlowWatchTests
{
    [Fact]
    public async Task Entries_are_cut_as_redis_cuts_them()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var real = await RealRedis.StartAsync();
        using var ours = await RawRedis.ConnectAsync(server.Port);
        using var theirs = await RawRedis.ConnectAsync(real.Port);
        var entries = new List<string>();
        foreach (var client in (RawRedis[])[ours, theirs])
        {
            await client.SendAsync("CONFIG", "SET", "slowlog-log-slower-than", "0");
            await client.SendAsync("SLOWLOG", "RESET");
            await client.SendAsync("SET", "k", new string('x', 200));
            await client.SendAsync(["SADD", "s", .. Enumerable.Range(0, 50).Select(static i => $"m{i}")]);
            await client.SendAsync("EVAL", "redis.call('set','a','b') return 1", "0");
            await client.SendAsync("MULTI");
            await client.SendAsync("INCR", "n");
            await client.SendAsync("EXEC");
            await client.SendAsync("NOSUCH");
            await client.SendAsync("CONFIG", "SET", "slowlog-log-slower-than", "-1");
            var reply = await client.SendAsync("SLOWLOG", "GET", "-1");
            entries.Add(System.Text.RegularExpressions.Regex.Replace(reply, ":\\d+|'127.0.0.1'", "n"));
        }

        entries[0].ShouldBe(entries[1]);
    }

    [Fact]
    public async Task Refused_and_failed_calls_are_told_apart()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = server.OpenDirect();
        await client.ExecuteAsync("SET", "k", "text");
        await client.ExecuteAsync("INCR", "k");
        await client.ExecuteAsync("INCR");
        await client.ExecuteAsync("LPUSH", "k", "x");
        var info = (await client.ExecuteAsync("INFO", "commandstats", "errorstats")).AsText();
        info.ShouldContain("cmdstat_incr:calls=1,");
        info.ShouldContain(",rejected_calls=1,failed_calls=1\r\n");
        info.ShouldContain("errorstat_ERR:count=2\r\n");
        info.ShouldContain("errorstat_WRONGTYPE:count=1\r\n");
        await client.ExecuteAsync("CONFIG", "RESETSTAT");
        (await client.ExecuteAsync("INFO", "commandstats", "errorstats")).AsText().ShouldNotContain("incr");
    }

    [Fact]
    public async Task A_command_over_the_threshold_becomes_a_sample()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = server.OpenDirect();
        await client.ExecuteAsync("CONFIG", "SET", "latency-monitor-threshold", "1");
        await client.ExecuteAsync("DEBUG", "SLEEP", "0.01");
        (await client.ExecuteAsync("LATENCY", "LATEST")).Items.First().Items[0].AsText().ShouldBe("command");
        (await client.ExecuteAsync("LATENCY", "HISTORY", "command")).Count.ShouldBeGreaterThan(0);
        (await client.ExecuteAsync("LATENCY", "GRAPH", "command")).AsText().ShouldStartWith("command - high ");
        (await client.ExecuteAsync("LATENCY", "DOCTOR")).AsText().ShouldStartWith("command: ");
        (await client.ExecuteAsync("LATENCY", "RESET")).AsInteger().ShouldBeGreaterThan(0);
        (await client.ExecuteAsync("LATENCY", "HISTOGRAM", "config|set")).ToString().ShouldContain("\"calls\", 1");
    }

    [Fact]
    public async Task Info_has_every_section_and_the_fields_that_programs_read()
    {
        await using var server = await RedisServer.StartAsync();
        var all = (await server.ExecuteAsync("INFO", "everything")).AsText();
        foreach (var field in (string[])["redis_version", "redis_mode", "run_id", "tcp_port", "uptime_in_seconds", "connected_clients", "blocked_clients", "used_memory", "used_memory_rss", "used_memory_peak", "maxmemory_policy", "mem_fragmentation_ratio", "loading", "rdb_last_save_time", "rdb_changes_since_last_save", "aof_enabled", "total_commands_processed", "instantaneous_ops_per_sec", "expired_keys", "evicted_keys", "keyspace_hits", "role", "connected_slaves", "master_repl_offset", "used_cpu_user", "cluster_enabled"])
        {
            all.ShouldContain($"\n{field}:");
        }

        foreach (var section in (string[])["Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules", "Commandstats", "Errorstats", "Latencystats", "Cluster", "Keyspace"])
        {
            all.ShouldContain($"# {section}\r\n");
        }

        (await server.ExecuteAsync("INFO", "cpu", "server")).AsText().ShouldNotContain("# Memory");
    }
}
