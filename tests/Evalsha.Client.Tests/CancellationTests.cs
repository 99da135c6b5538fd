// The cancellation contract: not written is never sent; written releases the caller, keeps the place of the reply and says that it may have run.
using Evalsha.Client.Tests.Support;
using Evalsha.Resp;

namespace Evalsha.Client.Tests;

public sealed class CancellationTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakePeer _peer = new();

    [Fact]
    public async Task A_token_that_is_cancelled_already_sends_nothing()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, new RedisOptions());
        var error = await CancelledAsync(connection.SendAsync(new RedisRequest("MARK", "a"), new CancellationToken(true)).AsTask());
        error.WasWritten.ShouldBeFalse();
        await connection.PingAsync();
        _peer.Executed.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_request_that_waits_for_room_is_never_sent_once_cancelled()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, new RedisOptions { MaxInFlight = 1 });
        using var cancel = new CancellationTokenSource();
        _peer.Withhold();
        var first = connection.SendAsync("MARK", "first").AsTask();
        var second = connection.SendAsync(new RedisRequest("MARK", "second"), cancel.Token).AsTask();
        var third = connection.SendAsync("MARK", "third").AsTask();
        await cancel.CancelAsync();
        (await CancelledAsync(second)).WasWritten.ShouldBeFalse();
        _peer.Release();
        (await first.WaitAsync(Patience)).AsText().ShouldBe("first");
        (await third.WaitAsync(Patience)).AsText().ShouldBe("third");
        _peer.Executed.ShouldBe(["first", "third"]);
    }

    [Fact]
    public async Task A_written_request_keeps_its_place_after_its_caller_left()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, new RedisOptions());
        using var cancel = new CancellationTokenSource();
        _peer.Withhold();
        var leaves = connection.SendAsync(new RedisRequest("MARK", "leaves"), cancel.Token).AsTask();
        var stays = connection.SendAsync("MARK", "stays").AsTask();
        await cancel.CancelAsync();
        var error = await CancelledAsync(leaves);
        error.WasWritten.ShouldBeTrue();
        error.CancellationToken.ShouldBe(cancel.Token);
        _peer.Release();
        (await stays.WaitAsync(Patience)).AsText().ShouldBe("stays");
        _peer.Executed.ShouldBe(["leaves", "stays"]);
    }

    [Fact]
    public async Task Callers_who_leave_at_any_moment_disturb_nobody()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, new RedisOptions { MaxInFlight = 8 });
        var callers = Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            for (var i = 0; i < 400; i++)
            {
                using var cancel = new CancellationTokenSource();
                var word = $"{caller}.{i}";
                var send = connection.SendAsync(new RedisRequest("ECHO", word), cancel.Token);
                if (random.Next(2) == 0)
                {
                    await cancel.CancelAsync();
                }

                try
                {
                    (await send).AsText().ShouldBe(word);
                }
                catch (RedisCanceledException)
                {
                    cancel.IsCancellationRequested.ShouldBeTrue();
                }
            }
        }));
        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_connection_with_room_for_one_serves_everybody()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, new RedisOptions { MaxInFlight = 1, OperationTimeout = Patience });
        var callers = Enumerable.Range(0, 4).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 5000; i++)
            {
                var word = $"{caller}.{i}";
                (await connection.SendAsync("ECHO", word)).AsText().ShouldBe(word);
            }
        }));
        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Disposing_releases_everybody()
    {
        var connection = await RedisConnection.OpenAsync(_peer.DialAsync, new RedisOptions { MaxInFlight = 1 });
        _peer.Withhold();
        var written = connection.SendAsync("ECHO", "a").AsTask();
        var waiting = connection.SendAsync("ECHO", "b").AsTask();
        await connection.DisposeAsync();
        (await Should.ThrowAsync<RedisConnectionException>(() => written.WaitAsync(Patience))).WasWritten.ShouldBeTrue();
        (await Should.ThrowAsync<RedisConnectionException>(() => waiting.WaitAsync(Patience))).WasWritten.ShouldBeFalse();
        await Should.ThrowAsync<ObjectDisposedException>(async () => await connection.SendAsync("PING"));
        await connection.DisposeAsync();
    }

    // Shouldly shows a cancelled task as TaskCanceledException, whatever it carries.
    private static async Task<RedisCanceledException> CancelledAsync(Task<RespValue> send)
    {
        try
        {
            await Task.WhenAny(send, Task.Delay(Patience));
            (await send).ToString().ShouldBeNull("the request should have been cancelled");
            throw new InvalidOperationException();
        }
        catch (RedisCanceledException cancelled)
        {
            return cancelled;
        }
    }
}
