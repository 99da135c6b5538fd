// SCRIPT STATS: what is counted, and what forgets it.
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class ScriptStatisticsTests
{
    [Fact]
    public async Task Scripts_and_functions_are_counted_with_their_errors()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var client = await RawRedis.ConnectAsync(server.Port);
        (await client.SendAsync("SCRIPT", "STATS")).ShouldBe("*[]");
        await client.SendAsync("FUNCTION", "LOAD", "#!lua name=l\nredis.register_function('f', function() error('x') end)");
        var sha = (await client.SendAsync("SCRIPT", "LOAD", "return redis.call('incr', KEYS[1])"))[2..^1];
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync("EVALSHA", sha, "1", "n");
        }

        await client.SendAsync("EVALSHA", sha, "0");
        await client.SendAsync("FCALL", "f", "0");
        (await client.SendAsync("SCRIPT", "STATS", sha)).ShouldStartWith($"*[*[$'name', $'{sha}', $'kind', $'script', $'calls', :4, $'errors', :1, $'usec', ");
        var one = await client.SendAsync("SCRIPT", "STATS", "f");
        one.ShouldStartWith("*[*[$'name', $'f', $'kind', $'function', $'calls', :1, $'errors', :1, ");
        one.ShouldEndWith("$'usec_p50', $-1, $'usec_p99', $-1, $'usec_p99.9', $-1]]");
        (await client.SendAsync("SCRIPT", "STATS", "nosuch")).ShouldBe("*[]");
        (await client.SendAsync("SCRIPT", "STATS")).ShouldContain(sha);
        (await client.SendAsync("CONFIG", "RESETSTAT")).ShouldBe("+OK");
        (await client.SendAsync("SCRIPT", "STATS")).ShouldBe("*[]");
        await client.SendAsync("EVALSHA", sha, "1", "n");
        (await client.SendAsync("SCRIPT", "STATS", "RESET")).ShouldBe("+OK");
        (await client.SendAsync("SCRIPT", "STATS")).ShouldBe("*[]");
    }
}
