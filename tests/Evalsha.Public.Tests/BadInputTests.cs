// Whatever one client sends, the process lives and another client's next command is answered.
using System.Net.Sockets;
using System.Text;
using Evalsha.Server;
using Evalsha.Tests.Support;

namespace Evalsha.Public.Tests;

public sealed class BadInputTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private RawRedis _bystander = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, ScriptMemoryLimit = 64L * 1024 * 1024 });
        _bystander = await RawRedis.ConnectAsync(_server.Port);
    }

    public async Task DisposeAsync()
    {
        (await _bystander.SendAsync("PING")).ShouldBe("+PONG");
        (await _bystander.SendAsync("EVAL", "return 'well'", "0")).ShouldBe("$'well'");
        _bystander.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("*1\r\n$-1\r\n")]
    [InlineData("*1\r\n$999999999999\r\n")]
    [InlineData("*2147483648\r\n")]
    [InlineData("*9223372036854775808\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n")]
    [InlineData("*1\r\n:5\r\n")]
    [InlineData("*x\r\n")]
    [InlineData("*1\r\n$x\r\n")]
    [InlineData("GET \"unbalanced\r\n")]
    public async Task A_malformed_frame_is_told_so_and_its_connection_ends(string frame)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", _server.Port);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(frame));
        using var raw = new RawRedis(client.GetStream());
        (await raw.ReadAsync()).ShouldStartWith("-ERR Protocol error");
        (await raw.IsClosedAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_line_without_an_end_is_refused_before_it_fills_memory()
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _server.Port);
        await client.GetStream().WriteAsync(new byte[128 * 1024]);
        using var raw = new RawRedis(client.GetStream());
        (await raw.ReadAsync()).ShouldStartWith("-ERR Protocol error: too big inline request");
    }

    [Fact]
    public async Task A_client_that_stops_in_the_middle_of_a_command_holds_nobody_up()
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _server.Port);
        await client.GetStream().WriteAsync("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nabc"u8.ToArray());
        (await _bystander.SendAsync("SET", "other", "1")).ShouldBe("+OK");
    }

    [Fact]
    public async Task A_script_of_100_megabytes_is_compiled_or_refused()
    {
        using var raw = await RawRedis.ConnectAsync(_server.Port);
        var script = "return 1 --" + new string('x', 100 * 1024 * 1024);
        (await raw.SendAsync("EVAL", script, "0")).ShouldBeOneOf(":1", "-ERR Error compiling script (new function): not enough memory");
    }

    [Theory]
    [InlineData("return loadstring('return ' .. string.rep('(', 100000) .. '1' .. string.rep(')', 100000)) == nil")]
    [InlineData("return loadstring(string.rep('do ', 100000) .. string.rep(' end', 100000)) == nil")]
    [InlineData("return loadstring('return ' .. string.rep('{', 100000) .. string.rep('}', 100000)) == nil")]
    [InlineData("return pcall(cjson.decode, string.rep('[', 1000000)) == false")]
    [InlineData("local t = {} for i = 1, 100000 do t = {t} end return pcall(cjson.encode, t) == false")]
    [InlineData("return pcall(cmsgpack.unpack, string.rep('\\145', 1000000)) == false")]
    [InlineData("local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return pcall(f, 1000000) == false")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k + 1] end return pcall(function() return t[1] end) == false")]
    [InlineData("local s = 'x' for i = 1, 300 do local inner = s s = function() return pcall(inner) end end return true")]
    public async Task Nesting_without_end_is_an_error_of_the_script_alone(string script)
    {
        using var raw = await RawRedis.ConnectAsync(_server.Port);
        (await raw.SendAsync("EVAL", script, "0")).ShouldBe(":1");
    }

    [Fact]
    public async Task A_reply_nested_without_end_is_cut_by_an_error()
    {
        using var raw = await RawRedis.ConnectAsync(_server.Port);
        (await raw.SendAsync("EVAL", "local t = {} for i = 1, 100000 do t = {t} end return t", "0")).ShouldContain("reached lua stack limit");
    }

    [Fact]
    public async Task A_script_that_makes_10_gigabytes_of_garbage_and_keeps_a_megabyte_finishes()
    {
        using var raw = await RawRedis.ConnectAsync(_server.Port);
        (await raw.SendAsync("EVAL", "local s for i = 1, 10240 do s = string.rep('x', 1048576 - i) end return #s", "0")).ShouldBe(":1038336");
    }

    [Theory]
    [InlineData("local t = {} while true do t[#t + 1] = string.rep('x', 1048576 - #t) end")]
    [InlineData("local s = 'x' while true do s = s .. s end")]
    [InlineData("local t = {} for i = 1, 1e9 do t[i] = {i} end")]
    [InlineData("return string.rep('x', 1e9)")]
    [InlineData("return string.format('%099d', 1):rep(1e8)")]
    public async Task A_script_that_keeps_more_than_the_limit_is_stopped(string script)
    {
        using var raw = await RawRedis.ConnectAsync(_server.Port);
        (await raw.SendAsync("EVAL", script, "0")).ShouldContain("not enough memory");
    }

    [Fact]
    public async Task An_endless_loop_makes_others_hear_busy_and_any_of_them_may_kill_it()
    {
        (await _bystander.SendAsync("CONFIG", "SET", "busy-reply-threshold", "20")).ShouldBe("+OK");
        using var runner = await RawRedis.ConnectAsync(_server.Port);
        var running = runner.SendAsync("EVAL", "while true do end", "0");
        using var killer = await RawRedis.ConnectAsync(_server.Port);
        string reply;
        while (!(reply = await killer.SendAsync("GET", "k")).StartsWith("-BUSY", StringComparison.Ordinal))
        {
            reply.ShouldBe("$-1"); // the script has not begun, or has not run long enough
        }

        (await killer.SendAsync("SCRIPT", "KILL")).ShouldBe("+OK");
        (await running).ShouldStartWith("-ERR Script killed by user with SCRIPT KILL");
    }
}
