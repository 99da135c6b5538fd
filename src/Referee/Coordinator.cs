// The front door of the referee: one asynchronous method per operation, request record in, result record out. One file per verb: Coordinator.Claim.cs …
// Always: an expected refusal is a result, never an exception; who calls comes as a Caller from the host; no time is ever sent.
// Exceptions are RedisException (the store said no), RedisConnectionException (the connection broke) and the CLR's own for misuse.
// Thread-safe. It owns neither the executor nor anything else that must be disposed.
using System.Collections.Concurrent;
using Evalsha.Client;
using Evalsha.Client.Scripts;
using Evalsha.Resp;
using Referee.Fleet;
using Referee.Records;
using Referee.Scripts;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    private readonly ScriptRegistry _registry = new();
    private readonly ScriptClient _client;
    private readonly ConcurrentDictionary<string, BoundScript> _bound = new(StringComparer.Ordinal);
    private readonly ShardKeys[] _shards;
    private readonly PolicyShapes _shapes;

    /// <param name="executor">How the store is reached; stays the caller's.</param>
    /// <param name="shardCount">As the project was created; 1 unless it was made for more.</param>
    /// <param name="tokens">Where new tokens come from; the system's random numbers when null.</param>
    /// <exception cref="ArgumentException">The project's name is no name, or the number of shards is outside 1..1024.</exception>
    public Coordinator(IRedisExecutor executor, string project, int shardCount = 1, TokenSource? tokens = null)
    {
        ArgumentNullException.ThrowIfNull(executor);
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shardCount, ShardKeys.ShardsMax);
        Executor = executor;
        Project = project;
        _client = new ScriptClient(executor, _registry);
        _shards = [.. Enumerable.Range(0, shardCount).Select(shard => new ShardKeys(project, shard))];
        _shapes = new PolicyShapes(executor);
        Principals = new PrincipalRegistry(executor, _shards[0], Bind("Fleet/Scripts/principal_add.lua", k => [k.Principals]), tokens ?? TokenSource.System);
        BindWorkScripts();
        BindWorkflowScripts();
    }

    public string Project { get; }

    public int ShardCount => _shards.Length;

    /// <summary>Who may call, with their roles and tokens. One list for the whole project.</summary>
    public PrincipalRegistry Principals { get; }

    internal IRedisExecutor Executor { get; }

    internal IReadOnlyList<ShardKeys> Shards => _shards;

    internal PolicyShapes Shapes => _shapes;

    /// <summary>Loads every script ahead of its first use, and checks the digests against the server's.</summary>
    public ValueTask<PreloadReport> PreloadAsync(CancellationToken ct = default) => _client.PreloadAsync(ct);

    /// <summary>Defines a script once for all shards; <paramref name="keys"/> prints its KEYS in their fixed order.</summary>
    internal BoundScript Bind(string path, Func<ShardKeys, string[]> keys) => BindSource(path, ScriptSource.Load(path), keys);

    internal BoundScript BindSource(string name, string lua, Func<ShardKeys, string[]> keys)
    {
        var perShard = _shards.Select(shard => (RedisArg[])[.. keys(shard).Select(key => (RedisArg)key)]).ToArray();
        var script = new BoundScript(_client, _registry.Define(name, perShard[0].Length, lua), perShard);
        _bound[name] = script;
        return script;
    }

    /// <summary>Every script bound so far, by name.</summary>
    internal IEnumerable<BoundScript> BoundScripts => _bound.Values;

    internal ShardKeys ShardOf(string item) => _shards[ShardKeys.ShardOf(item, _shards.Length)];

    /// <summary>A request id as scripts keep it: another verb or another principal with the same id is another request.</summary>
    internal static string RequestKey(string verb, Caller caller, string requestId) =>
        requestId.Length == 0 ? "" : $"{verb}/{caller.Principal}/{requestId}";

    /// <summary>Sends commands in one write; throws <see cref="RedisException"/> for the first that failed.</summary>
    internal async ValueTask<RespValue[]> BatchAsync(IReadOnlyList<RedisRequest> requests, CancellationToken ct)
    {
        var replies = await Executor.SendBatchAsync(requests, ct);
        foreach (var reply in replies)
        {
            if (reply.IsError)
            {
                throw new RedisException(reply.AsText());
            }
        }

        return replies;
    }

    /// <summary>Reads one record; the refusal says why there is none.</summary>
    internal async ValueTask<(WorkItemRecord? Record, Refusal? Refused)> ReadRecordAsync(string item, CancellationToken ct)
    {
        if (!Names.IsName(item))
        {
            return (null, Refusals.BadName("item", item));
        }

        var reply = await Executor.SendAsync(new RedisRequest("HGET", ShardOf(item).Items, $"r:{item}") { Repeatable = true }, ct);
        return reply.IsNull ? (null, Refusals.NotFound(item)) : Decode(item, reply.AsBytes().Span);
    }

    internal static (WorkItemRecord? Record, Refusal? Refused) Decode(string item, ReadOnlySpan<byte> bytes) =>
        WorkItemRecord.TryRead(bytes, out var record) switch
        {
            RecordReading.Ok => (record, null),
            RecordReading.Newer => (null, Refusals.Explain(new Refusal(RefusalCodes.FormatNewer, "item", $"format {WorkItemRecord.Format}", "a newer format"), item)),
            _ => throw new InvalidDataException($"The record of {item} is damaged: it is not what this program writes."),
        };
}
