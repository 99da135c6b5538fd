// What scripts and functions leave in the append-only log, beside the log of a real redis-server that ran the same; and what the log keeps of a
// unit that never came to its end.
using System.Text.RegularExpressions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Persistence;

public sealed partial class ScriptLogTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly LogFolder _folder = new();

    [Theory]
    [InlineData("redis.call('set','a',1) redis.call('set','b',2)")]
    [InlineData("redis.call('set','a',1)")]
    [InlineData("return redis.call('get','a')")]
    [InlineData("redis.call('del','nothing') redis.call('sadd','s','x') redis.call('sadd','s','x')")]
    [InlineData("redis.call('set','a',1) redis.pcall('incr','l') redis.pcall('lpush','a','x') redis.call('incr','a')")]
    [InlineData("redis.call('set','a',1) error('after')")]
    [InlineData("redis.call('set','a',1) return redis.call('nosuch')")]
    [InlineData("redis.set_repl(redis.REPL_NONE) redis.call('set','a',1)")]
    [InlineData("redis.set_repl(redis.REPL_AOF) redis.call('set','a',1)")]
    [InlineData("redis.set_repl(redis.REPL_REPLICA) redis.call('set','a',1)")]
    [InlineData("redis.set_repl(redis.REPL_SLAVE) redis.call('set','a',1)")]
    [InlineData("redis.set_repl(redis.REPL_ALL) redis.call('set','a',1)")]
    [InlineData("redis.set_repl(redis.REPL_NONE) redis.call('set','a',1) redis.set_repl(redis.REPL_ALL) redis.call('set','b',1) redis.set_repl(redis.REPL_REPLICA) redis.call('set','c',1) redis.set_repl(redis.REPL_AOF) redis.call('set','d',1)")]
    [InlineData("redis.set_repl(redis.REPL_NONE) redis.call('incrbyfloat','f',1) redis.call('getdel','a') redis.set_repl(redis.REPL_ALL) redis.call('incrbyfloat','f',1)")]
    [InlineData("redis.set_repl(redis.REPL_NONE) redis.pcall('lpush','a','x') redis.pcall('nosuch') redis.set_repl(redis.REPL_ALL) redis.call('set','a',1)")]
    [InlineData("pcall(redis.set_repl, 9) redis.call('set','a',1)")]
    [InlineData("redis.replicate_commands() redis.call('set','a',1)")]
    [InlineData("redis.call('select', 3) redis.call('set','a',1)")]
    [InlineData("redis.call('select', 3) redis.call('set','a',1) redis.call('select', 4) redis.call('set','a',1) redis.call('select', 0) redis.call('set','a',1)")]
    [InlineData("redis.call('set','a',1) redis.call('flushall') redis.call('set','b',1)")]
    [InlineData("redis.call('set','late','x','PX',100000)")]
    [InlineData("redis.set_repl(redis.REPL_NONE) redis.call('get','gone') redis.set_repl(redis.REPL_ALL) redis.call('rpush','gone','x')")]
    [InlineData("redis.set_repl(redis.REPL_NONE) redis.call('set','gone','x')")]
    public async Task A_script_leaves_what_it_leaves_in_redis(string script)
    {
        string[][] commands =
        [
            ["SET", "a", "0"],
            ["RPUSH", "l", "x"],
            ["SET", "gone", "1", "PX", "1"],
            ["DEBUG", "SLEEP", "0.01"],
            ["EVAL", script, "0"],
            ["INCR", "after"],
            ["MULTI"],
            ["EVAL", script, "0"],
            ["INCR", "after"],
            ["EXEC"],
        ];
        var (ours, theirs) = await LogsAsync(commands);
        ours.ShouldBe(theirs);
    }

    [Fact]
    public async Task A_function_leaves_what_it_leaves_in_redis()
    {
        const string library = "#!lua name=lib\n"
            + "redis.register_function('two', function(keys, args) redis.call('set', keys[1], args[1]) redis.call('incr', keys[1]) end)\n"
            + "redis.register_function('quiet', function(keys) redis.set_repl(redis.REPL_NONE) redis.call('incr', keys[1]) redis.set_repl(redis.REPL_AOF) redis.call('incr', keys[1]) end)\n"
            + "redis.register_function{function_name='look', callback=function(keys) return redis.call('get', keys[1]) end, flags={'no-writes'}}\n";
        var (ours, theirs) = await LogsAsync(
            ["FUNCTION", "LOAD", library],
            ["FCALL", "two", "1", "k", "5"],
            ["FCALL", "quiet", "1", "k"],
            ["FCALL", "look", "1", "k"],
            ["FCALL_RO", "look", "1", "k"],
            ["FCALL", "two", "1", "k", "no number"],
            ["SCRIPT", "LOAD", "return 1"],
            ["SCRIPT", "FLUSH"],
            ["FUNCTION", "DELETE", "lib"]);
        ours.ShouldBe(theirs);
    }

    [Theory]
    [InlineData("EVAL", "redis.call('set','k','half') while true do end", true)]
    [InlineData("EVAL", "redis.call('set','k','half') while true do end", false)]
    [InlineData("EVAL", "redis.set_repl(redis.REPL_NONE) redis.call('set','k','half') while true do end", true)]
    [InlineData("FCALL", "spin", true)]
    [InlineData("FCALL", "spin", false)]
    public async Task Nothing_is_kept_of_a_unit_that_the_end_of_the_server_cut_off(string command, string what, bool byShutdown)
    {
        var time = new ManualTime();
        var server = await _folder.OpenAsync(time: time);
        using var runner = await RawRedis.ConnectAsync(server.Port);
        using var other = await RawRedis.ConnectAsync(server.Port);
        await other.SendAsync("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('spin', function() redis.call('set','k','half') while true do pcall(function() while true do end end) end end)");
        await other.SendAsync("SET", "k", "whole");
        var running = runner.SendAsync(command, what, "0");
        (await WhenBusyAsync(server, time, other)).ShouldStartWith("-BUSY ");
        if (byShutdown)
        {
            await other.WriteAsync(RawRedis.Encode("SHUTDOWN", "NOSAVE"));
            (await server.ShutdownRequested.WaitAsync(Patience)).ShouldBeTrue();
        }

        await server.DisposeAsync().AsTask().WaitAsync(Patience);
        await Task.WhenAny(running).WaitAsync(Patience); // Answered or cut off: it has ended.
        LogFolder.Text(LogFolder.Increment(_folder.Path)).ShouldNotContain("\r\nhalf\r\n");
        (await _folder.DigestAsync(_folder.Path)).ShouldBe("0 k +string :-1 $'whole'\n");
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<string> WhenBusyAsync(RedisServer server, ManualTime time, RawRedis other)
    {
        while (server.Context.Gate.TryTake(out var turn))
        {
            turn.Release();
            await Task.Yield();
        }

        var reply = other.SendAsync("GET", "k");
        while (!reply.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(reply, Task.Run(static () => Thread.SpinWait(10_000)));
        }

        return await reply;
    }

    /// <summary>The same commands on both servers, and the log that each wrote; points of time and the case of letters are left out.</summary>
    private async Task<(string Ours, string Theirs)> LogsAsync(params string[][] commands)
    {
        await using var server = await _folder.OpenAsync();
        await using var real = await RealRedis.StartAsync("--appendonly", "yes", "--appendfsync", "always", "--enable-debug-command", "yes");
        using var ours = await RawRedis.ConnectAsync(server.Port);
        using var theirs = await RawRedis.ConnectAsync(real.Port);
        foreach (var client in (RawRedis[])[ours, theirs])
        {
            await client.SendAsync("DEBUG", "SET-ACTIVE-EXPIRE", "0");
        }

        foreach (var command in commands)
        {
            (await ours.SendAsync(command)).ShouldBe(await theirs.SendAsync(command));
        }

        return (Readable(_folder.Path), Readable(real.Directory));
    }

    private static string Readable(string folder) =>
        Time().Replace(LogFolder.Text(LogFolder.Increment(folder)), "TIME").Replace("\r\n", "\n", StringComparison.Ordinal).ToUpperInvariant();

    [GeneratedRegex(@"\b1\d{12}\b")]
    private static partial Regex Time();
}
