// Scripts on a real redis-server: whatever happens to its script cache, callers never meet NOSCRIPT.
using Evalsha.Client.Scripts;
using Evalsha.Tests.Support;

namespace Evalsha.Client.Tests.Scripts;

public sealed class ScriptClientTests : IAsyncLifetime
{
    private readonly ScriptRegistry _registry = new();
    private RealRedis _redis = null!;
    private RedisConnection _connection = null!;
    private ScriptClient _scripts = null!;

    public async Task InitializeAsync()
    {
        _redis = await RealRedis.StartAsync();
        _connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port });
        _scripts = new ScriptClient(_connection, _registry);
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task A_script_runs_before_and_after_a_flush_of_the_servers_scripts()
    {
        var count = _registry.Define("count", 1, "return redis.call('INCRBY', KEYS[1], ARGV[1])");
        (await _scripts.RunAsync(count, ["n"], [5])).AsInteger().ShouldBe(5);
        await _connection.SendAsync("SCRIPT", "FLUSH");
        (await _scripts.RunAsync("count", ["n"], [5])).AsInteger().ShouldBe(10);
    }

    [Fact]
    public async Task A_scripts_error_reply_is_an_exception_with_its_code()
    {
        var no = _registry.Define("no", 0, "return redis.error_reply('LIMIT exceeded')");
        var error = await Should.ThrowAsync<RedisException>(async () => await _scripts.RunAsync(no, [], []));
        error.Code.ShouldBe("LIMIT");
        error.Detail.ShouldBe("exceeded");
    }
}
