// Functions beyond what transcripts show: payloads that travel to a real Redis and back, the log, and functions that do not end.
using System.Text;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Scripting;

public sealed class FunctionTests
{
    private const string Library = "#!lua name=lib\nlocal n = 0\nredis.register_function('incr', function(keys) n = n + 1 return redis.call('incr', keys[1]) end)\n"
        + "redis.register_function{function_name='spin', callback=function() while true do end end, flags={'no-writes'}}\n"
        + "redis.register_function('dirty', function() redis.call('set', 'k', 'v') while true do end end)\n";

    [Fact]
    public async Task A_dump_travels_to_a_real_redis_and_back()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var real = await RealRedis.StartAsync();
        using var ours = await RawRedis.ConnectAsync(server.Port);
        using var theirs = await RawRedis.ConnectAsync(real.Port);
        (await ours.SendAsync("FUNCTION", "LOAD", Library)).ShouldBe("$'lib'");
        (await theirs.SendAsync("FUNCTION", "RESTORE", Bytes(await ours.SendAsync("FUNCTION", "DUMP")))).ShouldBe("+OK");
        (await theirs.SendAsync("FCALL", "incr", "1", "k")).ShouldBe(":1");
        (await theirs.SendAsync("FUNCTION", "LOAD", "#!lua name=more\n-- " + new string('x', 2000) + "\nredis.register_function('more', function() return 'more' end)")).ShouldBe("$'more'");
        var dump = Bytes(await theirs.SendAsync("FUNCTION", "DUMP"));
        (await ours.SendAsync("FUNCTION", "RESTORE", dump)).ShouldBe("-ERR Library lib already exists");
        (await ours.SendAsync("FUNCTION", "RESTORE", dump, "REPLACE")).ShouldBe("+OK");
        (await ours.SendAsync("FCALL", "more", "0")).ShouldBe("$'more'");
        (await ours.SendAsync("FUNCTION", "RESTORE", dump, "FLUSH")).ShouldBe("+OK");
        (await ours.SendAsync("FCALL", "incr", "1", "k")).ShouldBe(":1");
        (await ours.SendAsync("FUNCTION", "RESTORE", dump[..^1] + "\0", "FLUSH")).ShouldBe("-ERR DUMP payload version or checksum are wrong");
    }

    [Fact]
    public async Task Libraries_are_in_the_log_and_in_its_rewritten_base_and_a_real_redis_loads_both()
    {
        var folder = Directory.CreateTempSubdirectory("functions-").FullName;
        try
        {
            await using (var server = await RedisServer.StartAsync(new RedisServerOptions { Directory = folder }))
            {
                (await server.ExecuteAsync("FUNCTION", "LOAD", Library)).ToString().ShouldContain("lib");
                await server.ExecuteAsync("FCALL", "incr", "1", "k");
                server.Log!.TryStartRewrite().ShouldBeTrue();
                await server.Log.Rewriting;
                await server.ExecuteAsync("FUNCTION", "LOAD", "#!lua name=second\nredis.register_function('two', function() return 2 end)");
                await server.ExecuteAsync("FUNCTION", "LOAD", "#!lua name=third\nredis.register_function('three', function() return 3 end)");
                await server.ExecuteAsync("FUNCTION", "DELETE", "third");
            }

            await using (var server = await RedisServer.StartAsync(new RedisServerOptions { Directory = folder, Port = 0 }))
            {
                using var client = await RawRedis.ConnectAsync(server.Port);
                (await client.SendAsync("FCALL", "incr", "1", "k")).ShouldBe(":2");
                (await client.SendAsync("FCALL", "two", "0")).ShouldBe(":2");
                (await client.SendAsync("FCALL", "three", "0")).ShouldBe("-ERR Function not found");
            }

            await using var real = await RealRedis.StartInAsync(folder, "--appendonly", "yes", "--aof-use-rdb-preamble", "no");
            using var theirs = await RawRedis.ConnectAsync(real.Port);
            (await theirs.SendAsync("FCALL", "incr", "1", "k")).ShouldBe(":3");
            (await theirs.SendAsync("FCALL", "two", "0")).ShouldBe(":2");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_function_that_does_not_end_is_told_of_and_killed_by_function_kill_only()
    {
        const string busy = "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";
        var time = new ManualTime();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, TimeProvider = time });
        using var runner = await RawRedis.ConnectAsync(server.Port);
        using var other = await RawRedis.ConnectAsync(server.Port);
        await other.SendAsync("FUNCTION", "LOAD", Library);
        var running = runner.SendAsync("FCALL", "spin", "0");
        (await WhenBusyAsync(server, time, other)).ShouldBe(busy);
        (await other.SendAsync("SCRIPT", "KILL")).ShouldBe(busy);
        (await other.SendAsync("FUNCTION", "STATS")).ShouldStartWith("*[$'running_script', *[$'name', $'spin', $'command', *[$'FCALL', $'spin', $'0'], $'duration_ms', :");
        (await other.SendAsync("FUNCTION", "KILL")).ShouldBe("+OK");
        (await running.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe("-ERR Script killed by user with SCRIPT KILL... script: spin, on @user_function:4.");
        var dirty = runner.SendAsync("FCALL", "dirty", "0");
        (await WhenBusyAsync(server, time, other)).ShouldBe(busy);
        (await other.SendAsync("FUNCTION", "KILL")).ShouldStartWith("-UNKILLABLE ");
        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        await Task.WhenAny(dirty).WaitAsync(TimeSpan.FromSeconds(20)); // answered or cut off: it has ended
    }

    [Fact]
    public async Task A_library_that_does_not_end_is_given_up_after_half_a_second_of_the_clock()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var client = await RawRedis.ConnectAsync(server.Port);
        (await client.SendAsync("FUNCTION", "LOAD", "#!lua name=l\nwhile true do end")).ShouldBe("-ERR Error registering functions: ERR FUNCTION LOAD timeout");
        (await client.SendAsync("FUNCTION", "LOAD", Library)).ShouldBe("$'lib'");
    }

    private static async Task<string> WhenBusyAsync(RedisServer server, ManualTime time, RawRedis other)
    {
        while (server.Context.Gate.TryTake(out var turn))
        {
            turn.Release();
            await Task.Yield();
        }

        var reply = other.SendAsync("PING");
        while (!reply.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(reply, Task.Run(static () => Thread.SpinWait(10_000)));
        }

        return await reply;
    }

    /// <summary>The bytes of a bulk reply as one char each.</summary>
    private static string Bytes(string reply)
    {
        var text = new StringBuilder();
        for (var i = 2; i < reply.Length - 1; i++)
        {
            if (reply[i] != '\\')
            {
                text.Append(reply[i]);
                continue;
            }

            i++;
            if (reply[i] == 'x')
            {
                text.Append((char)Convert.ToInt32(reply.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                text.Append(reply[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', var c => c });
            }
        }

        return text.ToString();
    }
}
