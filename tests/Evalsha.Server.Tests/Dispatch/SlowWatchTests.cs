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
}
