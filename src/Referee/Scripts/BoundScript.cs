// A script of the referee and the keys it runs with: what Coordinator binds and every room below it runs.
// Always: KEYS are the same for every run on a shard, all declared, in the order of the script's header.
using Evalsha.Client;
using Evalsha.Client.Scripts;
using Evalsha.Resp;
using Referee.Records;

namespace Referee.Scripts;

/// <summary>A script with its KEYS for each shard.</summary>
internal sealed class BoundScript(ScriptClient client, ScriptDefinition definition, RedisArg[][] keys)
{
    public ScriptDefinition Definition => definition;

    public IReadOnlyList<RedisArg> Keys(ShardKeys shard) => keys[shard.Shard];

    public ValueTask<RespValue> RunAsync(ShardKeys shard, ReadOnlyMemory<RedisArg> args, CancellationToken ct) =>
        client.RunAsync(definition, keys[shard.Shard], args, ct);
}
