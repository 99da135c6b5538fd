// Scripts on a real redis-server: whatever happens to its script cache, callers never meet NOSCRIPT.
using Evalsha.Client.Scripts;
using Evalsha.Client.Tests.Support;
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

    [Fact]
    public async Task A_stranger_who_flushes_all_the_time_is_never_noticed()
    {
        await using var stranger = await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port });
        var count = _registry.Define("count", 1, "return redis.call('INCR', KEYS[1])");
        using var stop = new CancellationTokenSource();
        var flushes = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await stranger.SendAsync("SCRIPT", "FLUSH");
            }
        });
        var callers = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                (await _scripts.RunAsync(count, ["n"], [])).AsInteger().ShouldBePositive();
            }
        }));
        await Task.WhenAll(callers).WaitAsync(TimeSpan.FromSeconds(60));
        await stop.CancelAsync();
        await flushes;
        (await _connection.GetAsync("n")).AsInteger().ShouldBe(1600);
    }

    [Fact]
    public async Task A_flush_between_any_two_requests_is_never_noticed()
    {
        var stranger = new InterferingExecutor(_connection, async _ => await _connection.SendAsync("SCRIPT", "FLUSH"));
        var scripts = new ScriptClient(stranger, _registry);
        var count = _registry.Define("count", 1, "return redis.call('INCR', KEYS[1])");
        for (var i = 1; i <= 5; i++)
        {
            (await scripts.RunAsync(count, ["n"], [])).AsInteger().ShouldBe(i);
        }
    }

    [Fact]
    public async Task A_herd_of_first_callers_loads_the_script_once()
    {
        var count = _registry.Define("count", 1, "return redis.call('INCR', KEYS[1])");
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => _scripts.RunAsync(count, ["n"], []).AsTask()));
        (await CallsAsync("script|load")).ShouldBe(1);
        await _connection.SendAsync("SCRIPT", "FLUSH");
        await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => _scripts.RunAsync(count, ["n"], []).AsTask()));
        (await CallsAsync("script|load")).ShouldBeLessThanOrEqualTo(3);
        (await CallsAsync("eval")).ShouldBe(0);
        (await _connection.GetAsync("n")).AsInteger().ShouldBe(600);
    }

    [Fact]
    public async Task A_leader_who_gives_up_leaves_the_loading_to_the_next()
    {
        var slow = new TaskCompletionSource();
        var executor = new InterferingExecutor(_connection, async name => await (name == "SCRIPT" ? slow.Task : Task.CompletedTask));
        var scripts = new ScriptClient(executor, _registry);
        var one = _registry.Define("one", 0, "return 1");
        using var cancel = new CancellationTokenSource();
        var leader = scripts.RunAsync(one, [], [], cancel.Token).AsTask();
        var follower = scripts.RunAsync(one, [], []).AsTask();
        await cancel.CancelAsync();
        slow.SetResult();
        await Should.ThrowAsync<OperationCanceledException>(() => leader);
        (await follower).AsInteger().ShouldBe(1);
    }

    [Fact]
    public async Task A_read_only_script_runs_in_the_read_only_form()
    {
        await _connection.SetAsync("k", "v");
        var get = _registry.Define("get", 1, "return redis.call('GET', KEYS[1])", readOnly: true);
        (await _scripts.RunAsync(get, ["k"], [])).AsText().ShouldBe("v");
        (await CallsAsync("evalsha_ro")).ShouldBe(1);
    }

    [Fact]
    public async Task A_server_without_the_read_only_form_gets_the_plain_one()
    {
        await using var older = await RealRedis.StartAsync("--rename-command", "EVALSHA_RO", "");
        await using var connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = older.Port });
        var scripts = new ScriptClient(connection, _registry);
        var get = _registry.Define("get", 1, "return redis.call('GET', KEYS[1])", readOnly: true);
        (await scripts.RunAsync(get, ["k"], [])).IsNull.ShouldBeTrue();
        (await scripts.RunAsync(get, ["k"], [])).IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task A_scripts_own_error_that_begins_with_NOSCRIPT_runs_it_once()
    {
        var odd = _registry.Define("odd", 1, "redis.call('INCR', KEYS[1]) return redis.error_reply('NOSCRIPT of my own')");
        for (var i = 0; i < 2; i++)
        {
            (await Should.ThrowAsync<RedisException>(async () => await _scripts.RunAsync(odd, ["n"], []))).Detail.ShouldBe("of my own");
        }

        (await _connection.GetAsync("n")).AsInteger().ShouldBe(2);
    }

    [Fact]
    public async Task A_script_that_does_not_compile_says_why_and_runs_nothing()
    {
        var bad = _registry.Define("bad", 0, "return +");
        var error = await Should.ThrowAsync<RedisException>(async () => await _scripts.RunAsync(bad, [], []));
        error.Message.ShouldContain("Error compiling script");
    }

    [Fact]
    public async Task A_wrong_number_of_keys_is_the_callers_mistake()
    {
        var one = _registry.Define("one", 1, "return 1");
        await Should.ThrowAsync<ArgumentException>(async () => await _scripts.RunAsync(one, [], []));
    }

    [Fact]
    public async Task Preloading_reports_each_script_and_makes_the_first_call_a_plain_one()
    {
        var good = _registry.Define("good", 0, "return 1");
        var bad = _registry.Define("bad", 0, "return +");
        var report = await _scripts.PreloadAsync();
        report.Succeeded.ShouldBeFalse();
        report.ToString().ShouldBe("1 of 2 scripts loaded");
        report.Entries.Single(entry => entry.Script == bad).Error.ShouldNotBeNull().ShouldContain("compiling");
        Should.Throw<RedisException>(report.ThrowIfFailed).Message.ShouldContain("'bad'");
        await _scripts.RunAsync(good, [], []);
        (await CallsAsync("script|load")).ShouldBe(2);
    }

    [Fact]
    public async Task Preloading_nothing_is_fine() => (await _scripts.PreloadAsync()).Succeeded.ShouldBeTrue();

    [Fact]
    public async Task A_reconnect_makes_what_was_loaded_a_hint_only()
    {
        var count = _registry.Define("count", 1, "return redis.call('INCR', KEYS[1])");
        await _scripts.RunAsync(count, ["n"], []);
        await using var stranger = await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port });
        var again = new TaskCompletionSource();
        _connection.Reconnected += _ => again.TrySetResult();
        await stranger.SendAsync("SCRIPT", "FLUSH");
        await stranger.SendAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        await again.Task.WaitAsync(TimeSpan.FromSeconds(20));
        (await _scripts.RunAsync(count, ["n"], [])).AsInteger().ShouldBe(2);
        (await CallsAsync("script|load")).ShouldBe(2);
    }

    private async Task<long> CallsAsync(string command)
    {
        var stats = await _connection.InfoAsync("commandstats");
        return stats.TryGetValue("cmdstat_" + command, out var line) ? long.Parse(line.Split(',')[0]["calls=".Length..]) : 0;
    }
}
