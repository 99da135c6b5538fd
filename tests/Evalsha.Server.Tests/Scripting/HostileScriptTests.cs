// Scripts that try to take the process with them: depth, memory, nesting, in a stack of 512 KB. Each ends in an error, and the server answers on.
namespace Evalsha.Server.Tests.Scripting;

public sealed class HostileScriptTests
{
    private const int SmallStack = 512 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static TheoryData<string> Scripts => new()
    {
        "local function f() return f() + 1 end return f()",
        "local function f() return (pcall(f)) end return tostring(f())",
        "local t = setmetatable({}, {__index = function(t, k) return t[k] end}) return t.x",
        "local t = {} for i = 1, 100000 do t = {t} end return t",
        "local t = {} t[1] = t return t",
        "local t = {} for i = 1, 20000 do t = {t} end return cjson.encode(t)",
        "return cjson.decode(string.rep('[', 100000))",
        "local t = {} for i = 1, 20000 do t = {t} end return #cmsgpack.pack(t)",
        "return loadstring(string.rep('(', 100000))",
        "return loadstring('return ' .. string.rep('{', 100000))",
        "return string.rep('x', 2000000000)",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} for i = 1, 1e9 do t[i] = {i, i, i, i} end",
        "local co = coroutine.wrap(function(f) return coroutine.wrap(f)(f) end) return co(function(f) return coroutine.wrap(f)(f) end)",
        "return string.gsub(string.rep('a', 100000), string.rep('a?', 1000) .. 'b', '')",
        "return string.find(string.rep('a', 300000), string.rep('.-', 100) .. 'b')",
        "local t = {} for i = 1, 300 do t[i] = i end table.sort(t, function(a, b) return true end) return 1",
        "return table.concat(setmetatable({}, {__len = function() return 1e9 end}), ',', 1, 1e9)",
        "return unpack({}, 1, 1e8)",
        "return redis.call('SET', 'k', string.rep('x', 100, 'y'), string.rep('x', 10))",
        "error({code = 1})",
        "error(setmetatable({}, {__tostring = function() error('again') end}))",
        "local ok, e = xpcall(function() error('a') end, function(e) error(e) end) return tostring(e)",
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task It_ends_in_a_reply_and_the_server_lives(string script)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { ScriptMemoryLimit = 64 * 1024 * 1024 });
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(() => RunAsync(server, script).GetAwaiter().GetResult()), SmallStack);
        thread.Start();
        while (!thread.Join(Patience))
        {
            // Some would go on for years: they must hear the kill.
            server.Scripts.Run.Kill(isFunction: false);
        }

        failure.ShouldBeNull();
    }

    // Uncontended, so everything runs on the calling thread with its small stack.
    private static async Task RunAsync(RedisServer server, string script)
    {
        await using var client = server.OpenDirect();
        await client.ExecuteAsync("EVAL", script, "0");
        (await client.ExecuteAsync("PING")).AsText().ShouldBe("PONG");
    }
}
