// The compiled scripts of the policies this process has met, by shard and digest.
// Always: a policy under a digest never changes and a stage's number never changes, so what is remembered is never wrong.
// What the store holds under a digest is compiled only if its own digest is that: a policy changed by hand is refused, not run.
using System.Collections.Concurrent;
using Evalsha.Client;
using Evalsha.Client.Scripts;
using Referee.Records;

namespace Referee.Workflows;

internal sealed record PolicyScripts(CompiledPolicy Compiled, ScriptDefinition Promote, ScriptDefinition SendBack, ScriptDefinition Approve)
{
    public WorkflowPolicy Policy => Compiled.Policy;

    public static PolicyScripts Of(CompiledPolicy compiled)
    {
        var name = $"{compiled.Policy.Workflow}@{compiled.Policy.Digest[..8]}";
        return new PolicyScripts(
            compiled,
            new ScriptDefinition($"promote.{name}", 5, compiled.PromoteSource),
            new ScriptDefinition($"send_back.{name}", 4, compiled.SendBackSource),
            new ScriptDefinition($"approve.{name}", 2, compiled.ApproveSource));
    }
}

internal sealed class PolicyScriptCache(IRedisExecutor executor)
{
    private const int ScriptsMax = 1024;
    private const int ItemsMax = 16 * 1024;

    private readonly ConcurrentDictionary<(int Shard, string Digest), PolicyScripts> _scripts = new();
    private readonly ConcurrentDictionary<string, string> _pinned = new(StringComparer.Ordinal);

    /// <summary>The digest last seen on an item; empty when it is not remembered. The script checks it.</summary>
    public string Guess(string item) => _pinned.GetValueOrDefault(item, "");

    public void Remember(string item, string digest)
    {
        if (_pinned.Count >= ItemsMax)
        {
            _pinned.Clear();
        }

        _pinned[item] = digest;
    }

    /// <summary>The scripts of a policy; null when the shard does not hold it.</summary>
    /// <exception cref="InvalidDataException">What is stored there is not that policy.</exception>
    public async ValueTask<PolicyScripts?> FindAsync(ShardKeys keys, string digest, CancellationToken ct)
    {
        if (_scripts.TryGetValue((keys.Shard, digest), out var known))
        {
            return known;
        }

        var reply = await executor.SendAsync(new RedisRequest("HMGET", keys.Workflows, digest, StageNumbers.Field) { Repeatable = true }, ct);
        if (reply[0].IsNull || reply[1].IsNull)
        {
            return null;
        }

        WorkflowPolicy policy;
        try
        {
            policy = PolicyReader.FromJson(reply[0].AsText(), digest);
        }
        catch (PolicyException cause)
        {
            throw new InvalidDataException($"What is stored as policy {digest} is none: {cause.Message}", cause);
        }

        if (policy.Digest != digest)
        {
            throw new InvalidDataException($"What is stored as policy {digest} has the digest {policy.Digest}: it was changed by hand.");
        }

        var scripts = PolicyScripts.Of(PolicyCompiler.Compile(policy, StageNumbers.Parse(reply[1].AsText())));
        if (_scripts.Count >= ScriptsMax)
        {
            _scripts.Clear();
        }

        return _scripts[(keys.Shard, digest)] = scripts;
    }
}
