// A script is one unit in one turn: nobody sees half of it, no increment is lost, declared key or not, and it takes the turn once.
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Scripting;

public sealed class AtomicityTests : IAsyncLifetime
{
    private const int Clients = 8;
    private const int RoundsPerClient = 150;
    private RedisServer _server = null!;

    public async Task InitializeAsync() => _server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("local v = tonumber(redis.call('GET', KEYS[1]) or '0') redis.call('SET', KEYS[1], v + 1)", 1)]
    [InlineData("local v = tonumber(redis.call('GET', ARGV[1]) or '0') redis.call('SET', ARGV[1], v + 1)", 0)]
    public async Task No_increment_is_lost_whether_the_key_is_declared_or_not(string script, int keys)
    {
        await EachClientAsync(async (client, _) => await client.SendAsync("EVAL", script, keys.ToString(), "counter"));
        using var reader = await RawRedis.ConnectAsync(_server.Port);
        (await reader.SendAsync("GET", "counter")).ShouldBe($"$'{Clients * RoundsPerClient}'");
    }

    [Fact]
    public async Task Nobody_reads_half_of_a_script_or_of_a_transaction()
    {
        using var first = await RawRedis.ConnectAsync(_server.Port);
        await first.SendAsync("MSET", "a", "0", "b", "0");
        await EachClientAsync(async (client, i) =>
        {
            if (i % 2 == 0)
            {
                await client.SendAsync("EVAL", "local v = redis.call('INCR', 'a') for i = 1, 50 do end redis.call('SET', 'b', v)", "0");
                return;
            }

            (await client.SendAsync("MGET", "a", "b")).Replace("*[", "").Replace("]", "").Split(", ").Distinct().Count().ShouldBe(1);
            (await client.SendAsync("EVAL", "return redis.call('GET', 'a') == redis.call('GET', 'b')", "0")).ShouldBe(":1");
        });
    }

    [Fact]
    public async Task A_script_takes_one_turn_however_many_commands_it_calls()
    {
        await using var client = _server.OpenDirect();
        await client.ExecuteAsync("SCRIPT", "LOAD", "for i = 1, 100 do redis.call('INCR', KEYS[1]) end return redis.call('GET', KEYS[1])");
        var before = _server.TurnsTaken;
        var reply = await client.ExecuteAsync("EVAL", "for i = 1, 100 do redis.call('INCR', KEYS[1]) end return redis.call('GET', KEYS[1])", "1", "n");
        reply.AsText().ShouldBe("100");
        (_server.TurnsTaken - before).ShouldBe(1);
    }

    [Fact]
    public async Task A_pipelined_batch_with_scripts_and_a_transaction_is_one_turn()
    {
        await using var client = _server.OpenDirect();
        var before = _server.TurnsTaken;
        byte[] batch =
        [
            .. RawRedis.Encode("SET", "k", "1"), .. RawRedis.Encode("EVAL", "return redis.call('INCR', KEYS[1])", "1", "k"),
            .. RawRedis.Encode("MULTI"), .. RawRedis.Encode("INCR", "k"), .. RawRedis.Encode("EXEC"), .. RawRedis.Encode("GET", "k"),
        ];
        var replies = System.Text.Encoding.ASCII.GetString((await client.ExecuteRawAsync(batch)).Span);
        replies.ShouldBe("+OK\r\n:2\r\n+OK\r\n+QUEUED\r\n*1\r\n:3\r\n$1\r\n3\r\n");
        (_server.TurnsTaken - before).ShouldBe(1);
    }

    private async Task EachClientAsync(Func<RawRedis, int, Task> round) =>
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => Task.Run(async () =>
        {
            using var client = await RawRedis.ConnectAsync(_server.Port);
            for (var n = 0; n < RoundsPerClient; n++)
            {
                await round(client, i);
            }
        })));
}
