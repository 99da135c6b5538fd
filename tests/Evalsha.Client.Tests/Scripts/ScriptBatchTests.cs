// Batches and transactions of scripts on a real redis-server, with a stranger who flushes its scripts at the worst moments.
using Evalsha.Client.Scripts;
using Evalsha.Client.Tests.Support;
using Evalsha.Tests.Support;

namespace Evalsha.Client.Tests.Scripts;

public sealed class ScriptBatchTests : IAsyncLifetime
{
    private readonly ScriptRegistry _registry = new();
    private RealRedis _redis = null!;
    private RedisConnection _connection = null!;
    private ScriptClient _scripts = null!;
    private ScriptDefinition _push = null!;

    public async Task InitializeAsync()
    {
        _redis = await RealRedis.StartAsync();
        _connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port });
        _scripts = new ScriptClient(_connection, _registry);
        _push = _registry.Define("push", 1, "return redis.call('RPUSH', KEYS[1], ARGV[1])");
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Theory]
    [InlineData(BatchOrder.Relaxed)]
    [InlineData(BatchOrder.Strict)]
    public async Task Entries_run_in_order_and_errors_stay_in_place(BatchOrder order)
    {
        var fails = _registry.Define("fails", 0, "return redis.error_reply('LIMIT x')");
        var batch = _scripts.CreateBatch(order);
        batch.Run(_push, ["l"], ["a"]).ShouldBe(0);
        batch.Run(fails, [], []).ShouldBe(1);
        batch.Command("RPUSH", "l", "b").ShouldBe(2);
        batch.Run("push", ["l"], ["c"]).ShouldBe(3);
        var replies = await batch.ExecuteAsync();
        replies.Select(reply => reply.ToString()).ShouldBe(["1", "(error) LIMIT x", "2", "3"]);
        (await ListAsync()).ShouldBe("abc");
    }

    [Fact]
    public async Task A_relaxed_batch_survives_a_flush_between_any_two_requests_and_runs_each_entry_once()
    {
        var batch = new ScriptClient(new InterferingExecutor(_connection, FlushAsync), _registry).CreateBatch();
        for (var i = 0; i < 5; i++)
        {
            batch.Run(_push, ["l"], [i]);
        }

        batch.Command("ECHO", "x");
        var replies = await batch.ExecuteAsync();
        replies.ShouldAllBe(reply => !reply.IsError);
        (await ListAsync()).Length.ShouldBe(5);
    }

    [Fact]
    public async Task A_strict_batch_reports_what_a_flush_kept_from_running()
    {
        await _scripts.RunAsync(_push, ["l"], ["a"]);
        var runs = 0;
        var client = new ScriptClient(new InterferingExecutor(_connection, name => name == "EVALSHA" && ++runs == 2 ? FlushAsync(name) : default), _registry);
        var batch = client.CreateBatch(BatchOrder.Strict);
        batch.Run(_push, ["l"], ["b"]);
        batch.Run(_push, ["l"], ["c"]);
        batch.Command("RPUSH", "l", "d");
        var error = await Should.ThrowAsync<PartialBatchException>(async () => await batch.ExecuteAsync());
        error.NotExecuted.ShouldBe([1]);
        error.Replies[2].AsInteger().ShouldBe(3);
        (await ListAsync()).ShouldBe("abd");
    }

    [Fact]
    public async Task A_transaction_carries_its_scripts_with_it()
    {
        var client = new ScriptClient(new InterferingExecutor(_connection, FlushAsync), _registry);
        for (var round = 1; round <= 2; round++)
        {
            var transaction = client.CreateTransaction();
            transaction.Command("RPUSH", "l", "x");
            transaction.Run(_push, ["l"], ["y"]);
            transaction.Run(_push, ["l"], ["z"]);
            var replies = (await transaction.ExecuteAsync()).ShouldNotBeNull();
            replies.Select(reply => reply.AsInteger()).ShouldBe([(round * 3) - 2, (round * 3) - 1, round * 3]);
        }

        (await ListAsync()).ShouldBe("xyzxyz");
    }

    [Fact]
    public async Task A_transaction_with_a_refused_command_runs_nothing()
    {
        var transaction = _scripts.CreateTransaction();
        transaction.Run(_push, ["l"], ["a"]);
        transaction.Command("NOSUCH");
        (await Should.ThrowAsync<RedisException>(async () => await transaction.ExecuteAsync())).Message.ShouldContain("unknown command");
        (await ListAsync()).ShouldBe("");
    }

    [Fact]
    public async Task A_script_that_does_not_compile_tells_so_in_its_own_places_only()
    {
        var bad = _registry.Define("bad", 0, "return +");
        var batch = _scripts.CreateBatch();
        batch.Run(bad, [], []);
        batch.Run(_push, ["l"], ["a"]);
        var replies = await batch.ExecuteAsync();
        replies[0].ErrorMessage.ShouldNotBeNull().ShouldContain("compiling");
        replies[1].AsInteger().ShouldBe(1);

        var transaction = _scripts.CreateTransaction();
        transaction.Run(bad, [], []);
        transaction.Run(_push, ["l"], ["b"]);
        replies = (await transaction.ExecuteAsync()).ShouldNotBeNull();
        replies[0].ErrorMessage.ShouldNotBeNull().ShouldContain("compiling");
        replies[1].AsInteger().ShouldBe(2);
    }

    [Fact]
    public async Task An_empty_batch_sends_nothing() => (await _scripts.CreateBatch().ExecuteAsync()).ShouldBeEmpty();

    private async ValueTask FlushAsync(string before) => await _connection.SendAsync("SCRIPT", "FLUSH");

    private async Task<string> ListAsync() => string.Concat((await _connection.SendAsync("LRANGE", "l", 0, -1)).Items.Select(item => item.AsText()));
}
