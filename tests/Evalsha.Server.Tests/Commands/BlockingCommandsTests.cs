// Commands that wait: who is served and when, and all the ways a wait can end. The clock is moved by hand.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class BlockingCommandsTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private RedisServer _server = null!;
    private RawRedis _other = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, TimeProvider = _time });
        _other = await RawRedis.ConnectAsync(_server.Port);
    }

    public async Task DisposeAsync()
    {
        _other.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_pipelined_push_is_served_before_the_next_command_of_its_batch()
    {
        using var waiting = await BlockAsync("BLPOP", "q", "0");
        await _other.WriteAsync((byte[])[.. RawRedis.Encode("LPUSH", "q", "a"), .. RawRedis.Encode("LLEN", "q")]);
        (await _other.ReadAsync()).ShouldBe(":1");
        (await _other.ReadAsync()).ShouldBe(":0");
        (await waiting.ReadAsync()).ShouldBe("*[$'q', $'a']");
    }

    [Theory]
    [InlineData("BLPOP q 0.25", 250, "*-1")]
    [InlineData("BRPOP q 1", 1000, "*-1")]
    [InlineData("BLMOVE q r LEFT LEFT 0.0001", 1, "*-1")]
    [InlineData("BRPOPLPUSH q r 2.5", 2500, "*-1")]
    [InlineData("BLMPOP 3 1 q LEFT", 3000, "*-1")]
    [InlineData("BZPOPMIN q 0.1", 100, "*-1")]
    [InlineData("BZMPOP 0.1 1 q MIN", 100, "*-1")]
    [InlineData("XREAD BLOCK 70 STREAMS q $", 70, "*-1")]
    [InlineData("WAIT 1 500", 500, ":0")]
    public async Task A_wait_ends_when_its_time_has_passed_on_the_clock_and_not_before(string command, long milliseconds, string reply)
    {
        using var waiting = await BlockAsync(command.Split(' '));
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        (await BlockedAsync()).ShouldBe(1);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        (await waiting.ReadAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(reply);
        (await BlockedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Who_is_late_gets_nothing_even_if_nobody_has_told_him_yet()
    {
        using var late = await BlockAsync("BLPOP", "q", "1");
        using var patient = await BlockAsync("BLPOP", "q", "0");
        _time.Advance(TimeSpan.FromSeconds(1));
        (await _other.SendAsync("RPUSH", "q", "a")).ShouldBe(":1");
        (await late.ReadAsync()).ShouldBe("*-1");
        (await patient.ReadAsync()).ShouldBe("*[$'q', $'a']");
    }

    [Fact]
    public async Task A_hundred_waiters_are_served_in_order_of_arrival()
    {
        var waiting = new List<RawRedis>();
        for (var i = 0; i < 100; i++)
        {
            waiting.Add(await BlockAsync("BLPOP", "q", "other", "0"));
        }

        (await _other.SendAsync(["RPUSH", "q", .. Enumerable.Range(0, 120).Select(i => $"{i}")])).ShouldBe(":120");
        for (var i = 0; i < waiting.Count; i++)
        {
            (await waiting[i].ReadAsync()).ShouldBe($"*[$'q', $'{i}']");
            waiting[i].Dispose();
        }

        (await _other.SendAsync("LLEN", "q")).ShouldBe(":20");
        _server.Context.Unit.Waiters.KeyCount.ShouldBe(0);
    }

    [Fact]
    public async Task Who_disconnects_leaves_the_line_and_loses_nobody_an_element()
    {
        var gone = await BlockAsync("BLPOP", "q", "0");
        using var stays = await BlockAsync("BLPOP", "q", "0");
        gone.Dispose();
        await UntilBlockedAsync(1);
        (await _other.SendAsync("RPUSH", "q", "a")).ShouldBe(":1");
        (await stays.ReadAsync()).ShouldBe("*[$'q', $'a']");
    }

    [Fact]
    public async Task Who_disconnects_after_sending_more_leaves_the_line_too()
    {
        var gone = await BlockAsync("BLPOP", "q", "0");
        await gone.WriteAsync(RawRedis.Encode("SET", "k", "v"));
        gone.Dispose();
        await UntilBlockedAsync(0);
        (await _other.SendAsync("RPUSH", "q", "a")).ShouldBe(":1");
        (await _other.SendAsync("LLEN", "q")).ShouldBe(":1");
    }

    [Theory]
    [InlineData("", "*-1")]
    [InlineData("TIMEOUT", "*-1")]
    [InlineData("ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK")]
    public async Task Another_client_can_end_a_wait(string reason, string reply)
    {
        using var waiting = await RawRedis.ConnectAsync(_server.Port);
        var id = (await waiting.SendAsync("CLIENT", "ID"))[1..];
        (await _other.SendAsync("CLIENT", "UNBLOCK", id)).ShouldBe(":0");
        await waiting.WriteAsync(RawRedis.Encode("BRPOP", "q", "0"));
        await UntilBlockedAsync(1);
        (await _other.SendAsync(reason.Length == 0 ? ["CLIENT", "UNBLOCK", id] : ["CLIENT", "UNBLOCK", id, reason])).ShouldBe(":1");
        (await waiting.ReadAsync()).ShouldBe(reply);
        (await waiting.SendAsync("PING")).ShouldBe("+PONG");
    }

    [Fact]
    public async Task A_killed_client_waits_no_longer()
    {
        using var waiting = await RawRedis.ConnectAsync(_server.Port);
        var id = (await waiting.SendAsync("CLIENT", "ID"))[1..];
        await waiting.WriteAsync(RawRedis.Encode("BRPOP", "q", "0"));
        await UntilBlockedAsync(1);
        (await _other.SendAsync("CLIENT", "KILL", "ID", id)).ShouldBe(":1");
        await UntilBlockedAsync(0);
        (await waiting.IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_server_with_waiting_clients_can_be_disposed_of()
    {
        using var waiting = await BlockAsync("BRPOP", "q", "0");
        await _server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await Should.ThrowAsync<Exception>(waiting.ReadAsync());
    }

    [Fact]
    public async Task A_waiter_is_woken_by_a_script_after_its_unit_and_by_a_transaction_after_its_own()
    {
        using var first = await BlockAsync("BLPOP", "q", "0");
        (await _other.SendAsync("EVAL", "redis.call('rpush','q','a') return redis.call('llen','q')", "0")).ShouldBe(":1");
        (await first.ReadAsync()).ShouldBe("*[$'q', $'a']");
        using var second = await BlockAsync("BZPOPMIN", "z", "0");
        await _other.SendAsync("MULTI");
        await _other.SendAsync("ZADD", "z", "2", "b");
        await _other.SendAsync("ZADD", "z", "1", "a");
        await _other.SendAsync("ZCARD", "z");
        (await _other.SendAsync("EXEC")).ShouldBe("*[:1, :1, :2]");
        (await second.ReadAsync()).ShouldBe("*[$'z', $'a', $'1']");
        (await _other.SendAsync("ZCARD", "z")).ShouldBe(":1");
    }

    [Fact]
    public async Task A_direct_client_waits_too()
    {
        await using var direct = _server.OpenDirect();
        var reply = direct.ExecuteAsync("BLPOP", "q", "0").AsTask();
        await UntilBlockedAsync(1);
        await _other.SendAsync("RPUSH", "q", "a");
        (await reply.WaitAsync(TimeSpan.FromSeconds(20))).ToString().ShouldNotBeEmpty();
        (await direct.ExecuteAsync("PING")).ToString().ShouldContain("PONG");
        var late = direct.ExecuteAsync("BLPOP", "q", "1").AsTask();
        await UntilBlockedAsync(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await late.WaitAsync(TimeSpan.FromSeconds(20))).IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task Replies_that_were_switched_off_stay_off_for_a_wait()
    {
        using var waiting = await RawRedis.ConnectAsync(_server.Port);
        await waiting.WriteAsync((byte[])[.. RawRedis.Encode("CLIENT", "REPLY", "SKIP"), .. RawRedis.Encode("BLPOP", "q", "0"), .. RawRedis.Encode("PING")]);
        await UntilBlockedAsync(1);
        await _other.SendAsync("RPUSH", "q", "a");
        (await waiting.ReadAsync()).ShouldBe("+PONG");
    }

    [Theory]
    [InlineData("BLPOP q 0", "RPUSH q a b|LPOP q")]
    [InlineData("BRPOP q 0", "RPUSH q a b|RPOP q")]
    [InlineData("BLMOVE q r RIGHT LEFT 0", "RPUSH q a b|LMOVE q r RIGHT LEFT")]
    [InlineData("BRPOPLPUSH q r 0", "RPUSH q a b|RPOPLPUSH q r")]
    [InlineData("BLMPOP 0 2 p q RIGHT COUNT 5", "RPUSH q a b|RPOP q 2")]
    public async Task What_a_waiter_took_is_written_as_the_command_that_does_not_wait(string command, string effects)
    {
        var sink = new Recorder();
        _server.Context.Effects.Subscribe(sink);
        using var waiting = await BlockAsync(command.Split(' '));
        await _other.SendAsync("RPUSH", "q", "a", "b");
        await waiting.ReadAsync();
        string.Join('|', sink.Units).ShouldBe(effects);
        sink.Units.Clear();
        await _other.SendAsync("RPUSH", "q", "c", "d");
        await _other.SendAsync(command.Split(' '));
        sink.Units[^1].ShouldBe(effects.Split('|')[1]);
        await _other.SendAsync("SET", "r", "string");
        await _other.SendAsync("RPUSH", "q", "e");
        sink.Units.Clear();
        await _other.SendAsync("BLMOVE", "q", "r", "LEFT", "LEFT", "0");
        sink.Units.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_sorted_set_waiter_took_is_written_as_a_pop()
    {
        var sink = new Recorder();
        _server.Context.Effects.Subscribe(sink);
        using var first = await BlockAsync("BZPOPMAX", "z", "0");
        await _other.SendAsync("ZADD", "z", "1", "a");
        await first.ReadAsync();
        using var second = await BlockAsync("BZMPOP", "0", "1", "z", "MIN", "COUNT", "3");
        await _other.SendAsync("ZADD", "z", "1", "a");
        await second.ReadAsync();
        string.Join('|', sink.Units).ShouldBe("ZADD z 1 a|ZPOPMAX z|ZADD z 1 a|ZPOPMIN z 1");
    }

    private async Task<RawRedis> BlockAsync(params string[] command)
    {
        var blocked = await BlockedAsync();
        var client = await RawRedis.ConnectAsync(_server.Port);
        await client.WriteAsync(RawRedis.Encode(command));
        await UntilBlockedAsync(blocked + 1);
        return client;
    }

    private async Task<int> BlockedAsync()
    {
        (await _other.SendAsync("INFO", "clients")).ShouldContain("blocked_clients:");
        return _server.Context.Unit.Waiters.Count;
    }

    private async Task UntilBlockedAsync(int count)
    {
        while (await BlockedAsync() != count)
        {
            await Task.Yield();
        }
    }

    private sealed class Recorder : IEffectSink
    {
        public List<string> Units { get; } = [];

        public void Commit(in UnitEffects unit)
        {
            var parts = new List<string>();
            for (var i = 0; i < unit.Count; i++)
            {
                var lines = Encoding.Latin1.GetString(unit.Request(i)).Split("\r\n");
                parts.Add(string.Join(' ', lines.Where((line, at) => at >= 2 && at % 2 == 0 && line.Length > 0)));
            }

            Units.Add(string.Join(" + ", parts));
        }

        public void Missed()
        {
        }

        public ValueTask WaitAsync(bool hasWritten) => default;
    }
}
