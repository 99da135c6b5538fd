// A script that does not end: the others are told BUSY, may kill it, and the server lives. The clock is moved by hand.
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Scripting;

public sealed class BusyScriptTests : IAsyncLifetime
{
    private const string Busy = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
    private readonly ManualTime _time = new();
    private RedisServer _server = null!;
    private RawRedis _runner = null!;
    private RawRedis _other = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, TimeProvider = _time });
        _runner = await RawRedis.ConnectAsync(_server.Port);
        _other = await RawRedis.ConnectAsync(_server.Port);
        (await _other.SendAsync("PING")).ShouldBe("+PONG");
    }

    public async Task DisposeAsync()
    {
        _runner.Dispose();
        _other.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("while true do end")]
    [InlineData("local function f() return f() end f()")]
    [InlineData("while true do pcall(function() while true do end end) end")]
    [InlineData("coroutine.wrap(function() while true do end end)()")]
    [InlineData("local s = string.rep('(', 300000) .. 'x' return s:find('%b()')")]
    public async Task An_endless_script_makes_others_hear_busy_until_one_kills_it(string script)
    {
        var running = _runner.SendAsync("EVAL", script, "0");
        (await WhenBusyAsync("GET", "x")).ShouldBe(Busy);
        (await _other.SendAsync("PING")).ShouldBe(Busy);
        (await _other.SendAsync("EVAL", "return 1", "0")).ShouldBe(Busy);
        (await _other.SendAsync("SCRIPT", "EXISTS", "a")).ShouldBe(Busy);
        (await _other.SendAsync("SET", "k")).ShouldBe("-ERR wrong number of arguments for 'set' command");
        (await _other.SendAsync("HELLO")).ShouldStartWith("*[$'server'");
        (await _other.SendAsync("RESET")).ShouldBe("+RESET");
        using var third = await RawRedis.ConnectAsync(_server.Port);
        (await third.SendAsync("SHUTDOWN")).ShouldBe(Busy);
        (await third.SendAsync("SCRIPT", "KILL")).ShouldBe("+OK");
        (await running.WaitAsync(TimeSpan.FromSeconds(20))).ShouldStartWith("-ERR Script killed by user with SCRIPT KILL... script: ");
        (await _other.SendAsync("PING")).ShouldBe("+PONG");
        (await _other.SendAsync("SCRIPT", "KILL")).ShouldBe("-NOTBUSY No scripts in execution right now.");
    }

    [Fact]
    public async Task With_a_hundred_connections_every_other_one_hears_busy_and_any_of_them_can_kill()
    {
        var others = new List<RawRedis>();
        for (var i = 0; i < 100; i++)
        {
            others.Add(await RawRedis.ConnectAsync(_server.Port));
            (await others[i].SendAsync("EVAL", "return 1", "0")).ShouldBe(":1");
        }

        foreach (var killer in (int[])[0, 17, 50, 99])
        {
            // The looping script shares its first read with a short one, so that it begins wherever scripts begin.
            await _runner.WriteAsync((byte[])[.. RawRedis.Encode("EVAL", "return 1", "0"), .. RawRedis.Encode("EVAL", "while true do end", "0")]);
            (await WhenBusyAsync("GET", "x")).ShouldBe(Busy);
            var replies = await Task.WhenAll(others.Select(static other => other.SendAsync("GET", "x"))).WaitAsync(TimeSpan.FromSeconds(20));
            replies.ShouldAllBe(static reply => reply == Busy);
            (await others[killer].SendAsync("SCRIPT", "KILL").WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe("+OK");
            (await _runner.ReadAsync()).ShouldBe(":1");
            (await _runner.ReadAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldStartWith("-ERR Script killed by user");
            (await _other.SendAsync("PING")).ShouldBe("+PONG");
        }

        others.ForEach(static other => other.Dispose());
    }

    [Fact]
    public async Task A_script_that_has_written_cannot_be_killed_but_the_server_can_be_ended()
    {
        var running = _runner.SendAsync("EVAL", "redis.call('set','k','v') while true do end", "0");
        (await WhenBusyAsync("GET", "k")).ShouldBe(Busy);
        (await _other.SendAsync("SCRIPT", "KILL")).ShouldStartWith("-UNKILLABLE Sorry the script already executed write commands");
        using var third = await RawRedis.ConnectAsync(_server.Port);
        await third.WriteAsync(RawRedis.Encode("SHUTDOWN", "NOSAVE"));
        (await _server.ShutdownRequested.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        await running.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_transaction_opened_meanwhile_queues_and_exec_is_refused()
    {
        var running = _runner.SendAsync("EVAL", "while true do end", "0");
        (await WhenBusyAsync("GET", "x")).ShouldBe(Busy);
        (await _other.SendAsync("MULTI")).ShouldBe("+OK");
        (await _other.SendAsync("SCRIPT", "KILL")).ShouldBe("+QUEUED");
        (await _other.SendAsync("EXEC")).ShouldStartWith("-EXECABORT Transaction discarded because of: BUSY");
        (await _other.SendAsync("SCRIPT", "KILL")).ShouldBe("+OK");
        await running.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_server_with_an_endless_script_can_be_disposed_of()
    {
        var running = _runner.SendAsync("EVAL", "redis.call('set','k','v') while true do end", "0");
        (await WhenBusyAsync("PING")).ShouldBe(Busy);
        await _server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await Should.ThrowAsync<Exception>(running.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    /// <summary>Sends a command, and moves the clock until it is answered: the script looks at the clock every so many instructions.</summary>
    private async Task<string> WhenBusyAsync(params string[] command)
    {
        while (_server.Context.Gate.TryTake(out var turn))
        {
            turn.Release();
            await Task.Yield();
        }

        var reply = _other.SendAsync(command);
        while (!reply.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(reply, Task.Run(static () => Thread.SpinWait(10_000)));
        }

        return await reply;
    }
}
