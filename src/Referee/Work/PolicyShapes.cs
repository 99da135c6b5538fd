// The shapes of pinned policies and the stage numbers of each shard, kept in memory.
// Always: a policy under a digest never changes and a stage's number never changes, so what is remembered is never wrong, only incomplete.
using System.Collections.Concurrent;
using Evalsha.Client;
using Referee.Records;

namespace Referee.Work;

internal sealed class PolicyShapes(IRedisExecutor executor)
{
    private const int RememberedMax = 4096;

    private readonly ConcurrentDictionary<string, PolicyShape> _byDigest = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(int Shard, string Name), string> _current = new();
    private readonly ConcurrentDictionary<int, StageNumbers> _stages = new();

    /// <summary>The digest this process last saw in use for a shard: a guess that the script checks. Empty when there is none.</summary>
    public string Guess(ShardKeys keys) => _current.GetValueOrDefault((keys.Shard, ""), "");

    public void Guess(ShardKeys keys, string digest) => _current[(keys.Shard, "")] = digest;

    /// <summary>The policy under a digest; null when the shard does not hold it.</summary>
    /// <exception cref="InvalidDataException">What is stored there is no policy.</exception>
    public async ValueTask<PolicyShape?> ByDigestAsync(ShardKeys keys, string digest, CancellationToken ct)
    {
        if (_byDigest.TryGetValue(digest, out var known))
        {
            return known;
        }

        var json = await executor.SendAsync(new RedisRequest("HGET", keys.Workflows, digest) { Repeatable = true }, ct);
        return json.IsNull ? null : Remember(PolicyShape.Parse(json.AsText(), digest));
    }

    /// <summary>The current policy of a workflow; null when there is no such workflow. Fresh reads the store even if one is remembered.</summary>
    public async ValueTask<PolicyShape?> ByNameAsync(ShardKeys keys, string name, bool fresh, CancellationToken ct)
    {
        if (!fresh && _current.TryGetValue((keys.Shard, name), out var digest) && _byDigest.TryGetValue(digest, out var known))
        {
            return known;
        }

        var reply = await executor.SendAsync(new RedisRequest("HGET", keys.Workflows, name) { Repeatable = true }, ct);
        if (reply.IsNull)
        {
            return null;
        }

        if (_current.Count > RememberedMax)
        {
            _current.Clear();
        }

        _current[(keys.Shard, name)] = reply.AsText();
        return await ByDigestAsync(keys, reply.AsText(), ct);
    }

    /// <summary>The stage numbers of a shard; fresh reads the store, after a name or number that nobody knew.</summary>
    public async ValueTask<StageNumbers> StagesAsync(ShardKeys keys, bool fresh, CancellationToken ct)
    {
        if (!fresh && _stages.TryGetValue(keys.Shard, out var known))
        {
            return known;
        }

        var reply = await executor.SendAsync(new RedisRequest("HGET", keys.Workflows, StageNumbers.Field) { Repeatable = true }, ct);
        return reply.IsNull ? StageNumbers.None : _stages[keys.Shard] = StageNumbers.Parse(reply.AsText());
    }

    /// <summary>The number of a stage, or -1; asks the store once when it is not remembered.</summary>
    public async ValueTask<int> StageNumberAsync(ShardKeys keys, string stage, CancellationToken ct)
    {
        var number = (await StagesAsync(keys, fresh: false, ct))[stage];
        return number >= 0 ? number : (await StagesAsync(keys, fresh: true, ct))[stage];
    }

    /// <summary>The name of a stage's number; asks the store once when it is not remembered.</summary>
    public async ValueTask<string> StageNameAsync(ShardKeys keys, int number, CancellationToken ct)
    {
        var stages = await StagesAsync(keys, fresh: false, ct);
        return (number < stages.Names.Count ? stages : await StagesAsync(keys, fresh: true, ct)).NameOf(number);
    }

    private PolicyShape Remember(PolicyShape shape)
    {
        if (_byDigest.Count > RememberedMax)
        {
            _byDigest.Clear();
        }

        return _byDigest[shape.Digest] = shape;
    }
}
