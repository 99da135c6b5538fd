// The commands that run millions of times allocate nothing beyond what they store.
// Always: without the slow log, which keeps (288 bytes each) the commands during which a loaded machine gave the thread no time.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Sessions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class AllocationTests
{
    private const int Calls = 5000;

    [Theory]
    [InlineData("GET text")]
    [InlineData("GET counter")]
    [InlineData("SET counter 77")]
    [InlineData("SET text another-text")]
    [InlineData("INCR counter")]
    [InlineData("INCRBY counter 5")]
    [InlineData("EXISTS text nothing")]
    [InlineData("TTL text")]
    [InlineData("STRLEN text")]
    [InlineData("HGET hash field")]
    [InlineData("HSET hash field other")]
    [InlineData("HEXISTS hash nothing")]
    [InlineData("HLEN hash")]
    [InlineData("SISMEMBER set member")]
    [InlineData("SISMEMBER ints 5")]
    [InlineData("SADD set member")]
    [InlineData("ZSCORE zset m500")]
    [InlineData("ZRANK zset m500")]
    [InlineData("ZADD zset 5 m500")]
    [InlineData("ZCOUNT zset 100 200")]
    [InlineData("ZRANGE zset 10 20 WITHSCORES")]
    [InlineData("ZRANGEBYSCORE zset (10 20 LIMIT 0 5")]
    [InlineData("LINDEX list 3")]
    [InlineData("LRANGE list 0 -1")]
    [InlineData("LLEN list")]
    [InlineData("XLEN stream")]
    [InlineData("XRANGE stream - +")]
    [InlineData("TYPE text")]
    public async Task It_allocates_nothing(string command)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Seed = 1 });
        await using var client = server.OpenDirect();
        await client.ExecuteAsync("CONFIG", "SET", "slowlog-log-slower-than", "-1");
        foreach (var first in (string[])["SET text some-text", "SET counter 5", "HSET hash field value", "SADD set member", "SADD ints 1 5 9", "RPUSH list a b c d e", "XADD stream 1-1 f v"])
        {
            await client.ExecuteAsync(first.Split(' '));
        }

        for (var i = 0; i < 1000; i++)
        {
            await client.ExecuteAsync("ZADD", "zset", $"{i}", $"m{i}");
        }

        var arguments = Array.ConvertAll(command.Split(' '), ByteString.FromUtf8);
        Run(client, arguments);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(client, arguments);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0, command);
    }

    /// <summary>A status that a script drops is not made into a table, and the deadlines that a script renews do not pile up.</summary>
    [Theory]
    [InlineData("return redis.call('GET', KEYS[1])")]
    [InlineData("redis.call('SET', KEYS[1], ARGV[1])")]
    [InlineData("redis.pcall('SET', KEYS[1], ARGV[1], 'KEEPTTL')")]
    [InlineData("redis.call('SET', KEYS[1], ARGV[1]) redis.call('PEXPIRE', KEYS[1], 100000) return redis.call('GET', KEYS[1])")]
    public async Task A_script_allocates_nothing(string script)
    {
        // The clock stands still, so that nothing expires and the turn is always free.
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Seed = 1, TimeProvider = new ManualTime() });
        await using var client = server.OpenDirect();
        await client.ExecuteAsync("CONFIG", "SET", "slowlog-log-slower-than", "-1");
        var sha = (await client.ExecuteAsync("SCRIPT", "LOAD", script)).AsText();
        var arguments = Array.ConvertAll((string[])["EVALSHA", sha, "1", "text", "value"], ByteString.FromUtf8);
        Run(client, arguments);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run(client, arguments);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0, script);
    }

    private static void Run(DirectClient client, ByteString[] arguments)
    {
        for (var i = 0; i < Calls; i++)
        {
            client.TryExecute(arguments).ShouldBeTrue();
            client.ClearOutput();
        }
    }
}
