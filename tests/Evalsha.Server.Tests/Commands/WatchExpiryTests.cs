// WATCH and keys that the server removes by itself, without anybody looking at them. The clock is moved by hand.
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class WatchExpiryTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private RedisServer _server = null!;
    private RawRedis _client = null!;
    private RawRedis _other = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, TimeProvider = _time });
        _client = await RawRedis.ConnectAsync(_server.Port);
        _other = await RawRedis.ConnectAsync(_server.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        _other.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_key_that_expires_by_itself_after_the_watch_breaks_it()
    {
        await _client.SendAsync("SET", "k", "v", "PX", "500");
        await _client.SendAsync("WATCH", "k");
        await UntilGoneAsync();
        (await ExecuteAsync()).ShouldBe("*-1");
    }

    [Fact]
    public async Task A_key_that_was_late_when_the_watch_began_may_go()
    {
        await _client.SendAsync("SET", "k", "v", "PX", "10");
        _time.Advance(TimeSpan.FromMilliseconds(20)); // Late, and the next look of the server's is a while away.
        (await _other.SendAsync("DBSIZE")).ShouldBe(":1");
        await _client.SendAsync("WATCH", "k");
        await UntilGoneAsync();
        (await ExecuteAsync()).ShouldBe("*[+PONG]");
    }

    [Fact]
    public async Task It_may_not_come_back_though()
    {
        await _client.SendAsync("SET", "k", "v", "PX", "10");
        _time.Advance(TimeSpan.FromMilliseconds(20));
        await _client.SendAsync("WATCH", "k");
        await UntilGoneAsync();
        await _other.SendAsync("SET", "k", "w");
        (await ExecuteAsync()).ShouldBe("*-1");
    }

    private async Task<string> ExecuteAsync()
    {
        await _client.SendAsync("MULTI");
        await _client.SendAsync("PING");
        return await _client.SendAsync("EXEC");
    }

    private async Task UntilGoneAsync()
    {
        while (await _other.SendAsync("DBSIZE") != ":0")
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }
}
