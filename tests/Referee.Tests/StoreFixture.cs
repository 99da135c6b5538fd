// The store that a test class runs on. Test classes are abstract over it and have one sealed subclass per store, so the same tests run on every store.
// Always: each test takes a project of its own, so tests of one class share a server without meeting; tokens and data come from fixed seeds.
using System.Text.Json;
using Evalsha.Client;
using Evalsha.Resp;
using Evalsha.Server;
using Evalsha.Tests.Support;
using Referee.Fleet;
using Referee.Records;
using Referee.Scripts;
using Referee.Work;

namespace Referee.Tests;

public abstract class StoreFixture : IAsyncLifetime
{
    private readonly List<IRedisExecutor> _connections = [];
    private int _projects;

    /// <summary>One connection that most tests share.</summary>
    public IRedisExecutor Executor { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await StartAsync();
        Executor = await ConnectAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await StopAsync();
    }

    /// <summary>Another connection to the same store; the fixture disposes it.</summary>
    public async Task<IRedisExecutor> ConnectAsync()
    {
        var connection = await OpenAsync();
        lock (_connections)
        {
            _connections.Add(connection);
        }

        return connection;
    }

    /// <summary>A coordinator over a project that no other test uses.</summary>
    public Coordinator NewProject(int shardCount = 1) => new(Executor, $"p{Interlocked.Increment(ref _projects)}", shardCount);

    /// <summary>The server's clock, in milliseconds. It is the only clock tests compare with.</summary>
    public async Task<long> NowAsync()
    {
        var time = await Executor.SendAsync(new RedisRequest("TIME"));
        return (time[0].AsInteger() * 1000) + (time[1].AsInteger() / 1000);
    }

    /// <summary>Waits until the server's clock has passed a moment: the way to let a short lease run out.</summary>
    public async Task PassAsync(long milliseconds)
    {
        while (await NowAsync() <= milliseconds)
        {
            await Task.Yield();
        }
    }

    protected abstract Task StartAsync();

    protected abstract Task StopAsync();

    protected abstract Task<IRedisExecutor> OpenAsync();
}

/// <summary>A real redis-server.</summary>
public sealed class RealRedisStore : StoreFixture
{
    private RealRedis _redis = null!;

    protected override async Task StartAsync() => _redis = await RealRedis.StartAsync();

    protected override async Task StopAsync() => await _redis.DisposeAsync();

    protected override async Task<IRedisExecutor> OpenAsync() =>
        await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port }, CancellationToken.None);
}

/// <summary>Our own server in this process, over in-memory pipes.</summary>
public sealed class EmbeddedStore : StoreFixture
{
    private RedisServer _server = null!;

    protected override async Task StartAsync() => _server = await RedisServer.StartAsync();

    protected override async Task StopAsync() => await _server.DisposeAsync();

    protected override async Task<IRedisExecutor> OpenAsync() =>
        await RedisConnection.OpenAsync(_ => ValueTask.FromResult(_server.OpenPipe()), new RedisOptions(), CancellationToken.None);
}

/// <summary>A real redis-server as the only node of a cluster: every script must keep to one slot and to the keys it declares.</summary>
public sealed class ClusterNodeStore : StoreFixture
{
    private RealRedis _redis = null!;

    protected override async Task StartAsync()
    {
        _redis = await RealRedis.StartAsync("--cluster-enabled", "yes");
        await using var connection = await OpenAsync();
        await connection.SendAsync(new RedisRequest("CLUSTER", "ADDSLOTSRANGE", 0, 16383));
        while (!(await connection.SendAsync(new RedisRequest("CLUSTER", "INFO"))).AsText().Contains("cluster_state:ok", StringComparison.Ordinal))
        {
            await Task.Yield();
        }
    }

    protected override async Task StopAsync() => await _redis.DisposeAsync();

    protected override async Task<IRedisExecutor> OpenAsync() =>
        await RedisConnection.ConnectAsync(new RedisOptions { Port = _redis.Port }, CancellationToken.None);
}

/// <summary>Callers and requests that many tests need.</summary>
public static class Sample
{
    public static readonly Caller Ann = new("ann", ["developer"], Tier.SelfReported, Verified: true);
    public static readonly Caller Bob = new("bob", ["developer"], Tier.SelfReported, Verified: true);
    public static readonly Caller Ci = new("ci", ["validator"], Tier.Ci, Verified: true);
    public static readonly Caller Runner = new("runner", [], Tier.Observed, Verified: true);
    public static readonly Caller Olga = new("olga", ["reviewer", "operator"], Tier.Human, Verified: true);

    /// <summary>A policy with one kind of evidence of each type, in three stages.</summary>
    public const string PolicyJson = """
        {"workflow":"plain","version":1,"stages":["ready","review","complete"],
         "evidence":{"tests":{"type":"record","fields":{"total":"integer","failed":"integer","note":"text?"}},
                     "summary":{"type":"text"},"score":{"type":"number"},"built":{"type":"boolean"},"seen":{"type":"null"},"count":{"type":"integer"}},
         "edges":[]}
        """;

    public const string PolicyDigest = "0123456789abcdef0123456789abcdef01234567";

    public static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    public static SubmitRequest Item(string id, int priority = 100, params string[] dependsOn) =>
        new(id, $"Item {id}", "plain") { Priority = priority, DependsOn = dependsOn };

    /// <summary>A project that knows the workflow <c>plain</c>.</summary>
    public static async Task<Coordinator> WithWorkflowAsync(this Coordinator coordinator)
    {
        (await coordinator.RegisterPolicyAsync("plain", PolicyDigest, PolicyJson, ["ready", "review", "complete"])).ShouldBeNull();
        return coordinator;
    }

    /// <summary>Submits items in order, all of priority 100 unless said.</summary>
    public static async Task<Coordinator> WithItemsAsync(this Coordinator coordinator, params SubmitRequest[] items)
    {
        await coordinator.WithWorkflowAsync();
        foreach (var item in items)
        {
            (await coordinator.SubmitAsync(Olga, item)).OrThrow();
        }

        return coordinator;
    }

    /// <summary>The record as the store holds it.</summary>
    public static async Task<WorkItemRecord> RecordAsync(this Coordinator coordinator, string item)
    {
        var (record, refused) = await coordinator.ReadRecordAsync(item, CancellationToken.None);
        refused.ShouldBeNull();
        return record!;
    }

    /// <summary>Ends an item as its last promotion does: done, out of every queue, its children freed.</summary>
    public static async Task FinishAsync(this Coordinator coordinator, string item)
    {
        var finish = coordinator.BindSource(
            "tests/finish",
            ScriptSource.Expand(
                """
                --- @include record
                --- @include unblock
                local r = open(redis.call('HGET', KEYS[1], 'r:' .. ARGV[1]), ARGV[1])
                r[STATE], r[HOLDER], r[STAGE], r[VERSION] = DONE, '', 2, r[VERSION] + 1
                redis.call('HSET', KEYS[1], 'r:' .. ARGV[1], pack(r))
                redis.call('ZADD', KEYS[2], score(2, DONE, r[PRIORITY], r[SEQ]), ARGV[1])
                unblock(KEYS[1], KEYS[2], KEYS[3], ARGV[1])
                return 'OK'
                """),
            keys => [keys.Items, keys.Index, keys.Dependencies]);
        await finish.RunAsync(coordinator.ShardOf(item), new RedisArg[] { item }, CancellationToken.None);
    }

    /// <summary>The score the index holds for an item; null when it has none.</summary>
    public static async Task<long?> ScoreAsync(this Coordinator coordinator, string item)
    {
        var score = await coordinator.Executor.SendAsync(new RedisRequest("ZSCORE", coordinator.ShardOf(item).Index, item));
        return score.IsNull ? null : score.AsInteger();
    }

    public static async Task<RespValue> SendAsync(this Coordinator coordinator, string command, params RedisArg[] args) =>
        await coordinator.Executor.SendAsync(new RedisRequest(command, args));
}
