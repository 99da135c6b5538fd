// A shared connection against a real redis-server: replies go to their callers, also when many send at once.
using Evalsha.Resp;
using Evalsha.Tests.Support;

namespace Evalsha.Client.Tests;

public sealed class RedisConnectionTests : IAsyncLifetime
{
    private RealRedis _redis = null!;
    private RedisConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _redis = await RealRedis.StartAsync();
        _connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port });
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_value_comes_back_as_it_was_sent()
    {
        var bytes = new byte[300];
        new Random(1).NextBytes(bytes);
        await _connection.SetAsync("k", bytes);
        (await _connection.GetAsync("k")).AsBytes().ToArray().ShouldBe(bytes);
        (await _connection.GetAsync("none")).IsNull.ShouldBeTrue();
        _connection.Protocol.ShouldBe(3);
        _connection.ServerVersion.ShouldNotBeNull();
    }

    [Fact]
    public async Task An_error_reply_is_an_exception_with_its_code()
    {
        await _connection.SetAsync("text", "a");
        var error = await Should.ThrowAsync<RedisException>(async () => await _connection.SendAsync("LPUSH", "text", "b"));
        error.Code.ShouldBe("WRONGTYPE");
        error.Message.ShouldStartWith("WRONGTYPE Operation against a key");
    }

    [Fact]
    public async Task Concurrent_callers_each_get_their_own_reply()
    {
        var callers = Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                var word = $"{caller}:{i}";
                (await _connection.SendAsync("ECHO", word)).AsText().ShouldBe(word);
            }
        }));
        await Task.WhenAll(callers);
    }

    [Fact]
    public async Task A_batch_keeps_errors_in_their_places()
    {
        var replies = await _connection.SendBatchAsync([new("SET", "b", "x"), new("INCR", "b"), new("GET", "b")]);
        replies[0].AsText().ShouldBe("OK");
        replies[1].ErrorCode.ShouldBe("ERR");
        replies[2].AsText().ShouldBe("x");
    }
}
