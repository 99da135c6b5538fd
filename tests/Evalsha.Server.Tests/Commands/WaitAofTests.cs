// WAITAOF on a lone server with a log, and who is shown as blocked meanwhile. The clock is moved by hand.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Tests.Persistence;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class WaitAofTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly LogFolder _folder = new();
    private readonly ManualTime _time = new();
    private RedisServer _server = null!;
    private RawRedis _client = null!;
    private RawRedis _other = null!;

    public async Task InitializeAsync()
    {
        _server = await _folder.OpenAsync(time: _time);
        _client = await RawRedis.ConnectAsync(_server.Port);
        _other = await RawRedis.ConnectAsync(_server.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        _other.Dispose();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(AppendFsync.EverySecond)]
    [InlineData(AppendFsync.Always)]
    [InlineData(AppendFsync.No)]
    public async Task What_was_written_is_on_the_disk_when_it_answers(AppendFsync fsync)
    {
        (await _client.SendAsync("CONFIG", "SET", "appendfsync", fsync == AppendFsync.EverySecond ? "everysec" : fsync.ToString())).ShouldBe("+OK");
        for (var i = 0; i < 20; i++)
        {
            await _client.SendAsync("SET", "k", $"{i}");
            (await _client.SendAsync("WAITAOF", "1", "0", "0").WaitAsync(Patience)).ShouldBe("*[:1, :0]");
            var (written, synced) = _server.Log!.Progress;
            synced.ShouldBe(written);
        }

        (await _client.SendAsync("WAITAOF", "0", "0", "0")).ShouldBe("*[:1, :0]");
        await _client.SendAsync("MULTI");
        await _client.SendAsync("WAITAOF", "1", "1", "0");
        (await _client.SendAsync("EXEC")).ShouldBe("*[*[:1, :0]]");
    }

    [Fact]
    public async Task A_replica_is_waited_for_until_the_time_is_up()
    {
        await _client.SendAsync("SET", "k", "v");
        var answer = _client.SendAsync("WAITAOF", "1", "1", "500");
        await UntilAsync(1);
        _time.Advance(TimeSpan.FromMilliseconds(499));
        (await _other.SendAsync("PING")).ShouldBe("+PONG");
        answer.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        (await answer.WaitAsync(Patience)).ShouldBe("*[:0, :0]"); // The second of appendfsync everysec has not passed.
    }

    [Fact]
    public async Task The_server_can_end_while_somebody_waits_for_the_disk()
    {
        for (var i = 0; i < 50; i++)
        {
            await _client.WriteAsync((byte[])[.. RawRedis.Encode("SET", "k", "v"), .. RawRedis.Encode("WAITAOF", "1", "0", "0")]);
        }

        await _server.DisposeAsync().AsTask().WaitAsync(Patience);
    }

    [Fact]
    public async Task Client_list_shows_who_is_blocked()
    {
        var id = (await _client.SendAsync("CLIENT", "ID"))[1..];
        (await _other.SendAsync("CLIENT", "LIST", "ID", id)).ShouldContain(" flags=N ");
        var popping = _client.SendAsync("BLPOP", "q", "0");
        await UntilAsync(1);
        (await _other.SendAsync("CLIENT", "LIST", "ID", id)).ShouldContain(" flags=b ");
        await _other.SendAsync("RPUSH", "q", "a");
        await popping.WaitAsync(Patience);
        (await _other.SendAsync("CLIENT", "LIST", "ID", id)).ShouldContain(" flags=N ");

        await _other.SendAsync("CLIENT", "PAUSE", "100000", "WRITE");
        var writing = _client.SendAsync("SET", "k", "v");
        while (!(await _other.SendAsync("CLIENT", "LIST", "ID", id)).Contains(" flags=b ", StringComparison.Ordinal))
        {
            await Task.Yield();
        }

        await _other.SendAsync("CLIENT", "UNPAUSE");
        (await writing.WaitAsync(Patience)).ShouldBe("+OK");
    }

    private async Task UntilAsync(int blocked)
    {
        do
        {
            (await _other.SendAsync("PING")).ShouldBe("+PONG");
        }
        while (_server.Context.Unit.Waiters.Count != blocked);
    }
}
