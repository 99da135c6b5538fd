// A script is one unit: nobody loses an update to it, and nobody sees half of it, whether its keys were declared or not.
using Evalsha.Client;
using Evalsha.Resp;
using Evalsha.Server;

namespace Evalsha.Public.Tests;

public abstract class AtomicityTests(ServerUnderTest server)
{
    private const int Connections = 8;
    private const int Rounds = 1500; // 12,000 increments, as many as the rival that locks declared keys lost updates in

    [Theory]
    [InlineData("local v = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], (v or 0) + 1) return 1", "1", "counter:declared")]
    [InlineData("local v = redis.call('GET', ARGV[1]) redis.call('SET', ARGV[1], (v or 0) + 1) return 1", "0", "counter:undeclared")]
    public async Task Increments_by_get_then_set_lose_nothing(string script, string keys, string counter)
    {
        await server.OnConnectionsAsync(Connections, async (connection, _) =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                await connection.SendAsync("EVAL", script, keys, counter);
            }
        });
        await using var reader = await server.ConnectAsync();
        (await reader.SendAsync("GET", counter)).AsText().ShouldBe($"{Connections * Rounds}");
    }

    [Fact]
    public async Task No_reader_sees_half_of_a_script()
    {
        const string write = "redis.call('SET','half:a',ARGV[1]) local x = 0 for i = 1, 200 do x = x + i end redis.call('SET','half:b',ARGV[1]) return x";
        var readers = 0;
        await server.OnConnectionsAsync(Connections, async (connection, i) =>
        {
            for (var round = 0; round < 600; round++)
            {
                if (i < 2)
                {
                    await connection.SendAsync("EVAL", write, "0", $"{i}-{round}");
                    continue;
                }

                var (a, b) = (i % 3) switch
                {
                    0 => Pair(await connection.SendAsync("MGET", "half:a", "half:b")),
                    1 => Pair(await connection.SendAsync("EVAL", "return {redis.call('GET','half:a'), redis.call('GET','half:b')}", "0")),
                    _ => Pair((await connection.SendBatchAsync([new RedisRequest("MULTI"), new RedisRequest("GET", "half:a"), new RedisRequest("GET", "half:b"), new RedisRequest("EXEC")]))[3]),
                };
                a.ShouldBe(b);
                Interlocked.Increment(ref readers);
            }
        });
        readers.ShouldBe(6 * 600);
    }

    [Fact]
    public async Task A_script_inside_a_transaction_runs_in_its_place()
    {
        await using var connection = await server.ConnectAsync();
        var replies = await connection.SendBatchAsync(
        [
            new RedisRequest("MULTI"),
            new RedisRequest("SET", "tx", "1"),
            new RedisRequest("EVAL", "return redis.call('INCRBY', KEYS[1], 41)", "1", "tx"),
            new RedisRequest("EVAL", "return redis.call('LPUSH', KEYS[1], 'x')", "1", "tx"),
            new RedisRequest("GET", "tx"),
            new RedisRequest("EXEC"),
        ]);
        var results = replies[5];
        results[1].AsInteger().ShouldBe(42);
        results[2].ErrorCode.ShouldBe("WRONGTYPE");
        results[3].AsText().ShouldBe("42");
    }

    [Fact]
    public async Task A_script_that_fails_half_way_keeps_what_it_wrote_as_redis_does()
    {
        await using var connection = await server.ConnectAsync();
        (await Should.ThrowAsync<RedisException>(async () => await connection.SendAsync("EVAL", "redis.call('SET','kept','1') error('stop')", "0"))).Message.ShouldContain("stop");
        (await connection.SendAsync("GET", "kept")).AsText().ShouldBe("1");
    }

    private static (string A, string B) Pair(RespValue reply) => (Text(reply[0]), Text(reply[1]));

    private static string Text(RespValue value) => value.IsNull ? "" : value.AsText();
}

public sealed class AtomicityOnEmbeddedTests(EmbeddedServer server) : AtomicityTests(server), IClassFixture<EmbeddedServer>
{
    [Fact]
    public async Task A_script_takes_the_turn_once_whatever_it_calls()
    {
        await using var alone = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = alone.Port });
        await connection.SendAsync("PING");
        var before = alone.TurnsTaken;
        await connection.SendAsync("EVAL", "for i = 1, 100 do redis.call('SET', 'k' .. i, i) end return redis.call('DBSIZE')", "0");
        (alone.TurnsTaken - before).ShouldBe(1);
    }
}

public sealed class AtomicityOnRedisTests(RealServer server) : AtomicityTests(server), IClassFixture<RealServer>;
