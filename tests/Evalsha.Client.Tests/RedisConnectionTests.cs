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

    [Fact]
    public async Task Big_values_and_small_ones_share_the_connection()
    {
        var big = new byte[20_000_000];
        new Random(2).NextBytes(big);
        var set = _connection.SendAsync("SET", "big", big);
        var echoes = Enumerable.Range(0, 100).Select(i => _connection.SendAsync("ECHO", i).AsTask()).ToArray();
        (await set).AsText().ShouldBe("OK");
        var get = _connection.GetAsync("big");
        for (var i = 0; i < echoes.Length; i++)
        {
            (await echoes[i]).AsInteger().ShouldBe(i);
        }

        (await get).AsBytes().Span.SequenceEqual(big).ShouldBeTrue();
    }

    [Fact]
    public async Task Requests_run_in_the_order_in_which_they_were_sent_also_when_they_had_to_wait()
    {
        await using var narrow = await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port, MaxInFlight = 4, MaxBufferedBytes = 100 });
        var pushes = Enumerable.Range(0, 1000).Select(i => narrow.SendAsync("RPUSH", "order", i).AsTask()).ToArray();
        for (var i = 0; i < pushes.Length; i++)
        {
            (await pushes[i]).AsInteger().ShouldBe(i + 1);
        }

        (await narrow.SendAsync("LRANGE", "order", 0, -1)).Items.Select(item => (int)item.AsInteger()).ShouldBe(Enumerable.Range(0, 1000));
    }

    [Fact]
    public async Task More_waiting_requests_than_the_limit_are_refused_unsent()
    {
        await using var narrow = await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port, MaxInFlight = 1, MaxWaiting = 2 });
        var blocks = narrow.SendAsync("BLPOP", "nothing", 0.2).AsTask();
        var waiting = new[] { narrow.SendAsync("ECHO", 1).AsTask(), narrow.SendAsync("ECHO", 2).AsTask() };
        (await Should.ThrowAsync<RedisConnectionException>(async () => await narrow.SendAsync("ECHO", 3))).WasWritten.ShouldBeFalse();
        await Task.WhenAll([blocks, .. waiting]);
    }

    [Fact]
    public async Task A_transaction_in_one_batch_is_not_interrupted_by_other_callers()
    {
        var others = Enumerable.Range(0, 200).Select(_ => _connection.SendAsync("INCR", "t").AsTask()).ToArray();
        var replies = await _connection.SendBatchAsync([new("MULTI"), new("GET", "t"), new("INCR", "t"), new("GET", "t"), new("EXEC")]);
        await Task.WhenAll(others);
        var exec = replies[4].Items;
        exec[1].AsInteger().ShouldBe((exec[0].IsNull ? 0 : exec[0].AsInteger()) + 1);
        exec[2].AsInteger().ShouldBe(exec[1].AsInteger());
    }

    [Theory]
    [InlineData("MULTI")]
    [InlineData("subscribe")]
    [InlineData("SELECT")]
    [InlineData("MONITOR")]
    public async Task Commands_that_break_sharing_are_refused(string command) =>
        await Should.ThrowAsync<NotSupportedException>(async () => await _connection.SendAsync(command));

    [Fact]
    public async Task Pushes_of_the_server_take_no_replies_place()
    {
        var pushed = new TaskCompletionSource<RespValue>();
        _connection.PushReceived += push => pushed.TrySetResult(push);
        await _connection.SendAsync("CLIENT", "TRACKING", "ON", "BCAST");
        await using var stranger = await RedisConnection.ConnectAsync($"redis://127.0.0.1:{_redis.Port}?protocol=2");
        await stranger.SetAsync("seen", 1);
        (await pushed.Task.WaitAsync(TimeSpan.FromSeconds(20)))[0].AsText().ShouldBe("invalidate");
        (await _connection.SendAsync("ECHO", "x")).AsText().ShouldBe("x");
    }

    [Fact]
    public async Task Arguments_of_every_kind_arrive_as_written()
    {
        var text = "é☃"u8.ToArray();
        var reply = await _connection.SendAsync("EVAL", "return ARGV", 0, "é☃", text.AsMemory(2), (RedisArg)long.MinValue, 7, 0.1, 1e21, double.PositiveInfinity, default(RedisArg));
        reply.Items.Select(item => item.AsText()).ShouldBe(["é☃", "☃", "-9223372036854775808", "7", "0.1", "1e+21", "inf", ""]);
    }
}
