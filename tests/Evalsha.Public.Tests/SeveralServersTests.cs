// Two servers in one process share nothing.
using Evalsha.Server;
using Evalsha.Tests.Support;

namespace Evalsha.Public.Tests;

public sealed class SeveralServersTests
{
    [Fact]
    public async Task Each_server_counts_its_own_commands_and_keeps_its_own_data()
    {
        await using var one = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var two = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var first = await RawRedis.ConnectAsync(one.Port);
        using var second = await RawRedis.ConnectAsync(two.Port);
        await first.SendAsync("CONFIG", "SET", "busy-reply-threshold", "1234");
        for (var i = 0; i < 7; i++)
        {
            await first.SendAsync("INCR", "n");
        }

        await second.SendAsync("INCR", "n");
        (await second.SendAsync("GET", "n")).ShouldBe("$'1'");
        (await second.SendAsync("INFO", "commandstats")).ShouldContain("cmdstat_incr:calls=1,");
        (await first.SendAsync("INFO", "commandstats")).ShouldContain("cmdstat_incr:calls=7,");
        (await second.SendAsync("CONFIG", "RESETSTAT")).ShouldBe("+OK");
        (await first.SendAsync("INFO", "commandstats")).ShouldContain("cmdstat_config|set:calls=1,");
        (await second.SendAsync("CONFIG", "GET", "busy-reply-threshold")).ShouldBe("*[$'busy-reply-threshold', $'5000']");
    }
}
