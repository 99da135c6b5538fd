// The front door's workflow side: promote, explain, send back, approve, the chain, and the policies themselves.
// Always: each method is one question to Gatekeeper, ChainReader or ChainVerifier; what a request must look like is checked there.
using Evalsha.Client;
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee;

public sealed partial class Coordinator
{
    private const int HistoryMax = 500;

    private Gatekeeper _gatekeeper = null!;
    private ChainReader _chain = null!;

    partial void BindWorkflowScripts() => (_gatekeeper, _chain) = (new Gatekeeper(Executor, Shards), new ChainReader(Executor));

    /// <summary>Moves an item along an edge of its policy, or says everything that stands against it.</summary>
    public ValueTask<Result<Decision>> PromoteAsync(Caller caller, PromoteRequest request, CancellationToken ct = default) => _gatekeeper.PromoteAsync(caller, request, ct);

    /// <summary>What <see cref="PromoteAsync"/> would say now, by the same script, without writing anything.</summary>
    public ValueTask<Result<Explanation>> ExplainAsync(Caller caller, ExplainRequest request, CancellationToken ct = default) => _gatekeeper.ExplainAsync(caller, request, ct);

    /// <summary>Moves an item back to an earlier stage, with a reason; what was proven from there on is void.</summary>
    public ValueTask<Result<SentBack>> SendBackAsync(Caller caller, SendBackRequest request, CancellationToken ct = default) => _gatekeeper.SendBackAsync(caller, request, ct);

    /// <summary>Gives, changes or takes back the caller's word on a move.</summary>
    public ValueTask<Result<Heard>> ApproveAsync(Caller caller, ApproveRequest request, CancellationToken ct = default) => _gatekeeper.ApproveAsync(caller, request, ct);

    /// <summary>Who said what about an item's moves, and which of it still counts.</summary>
    public ValueTask<Result<ApprovalList>> ApprovalsAsync(string item, CancellationToken ct = default) => _gatekeeper.ApprovalsAsync(item, ct);

    /// <summary>A page of a shard's chain, the newest first.</summary>
    public async ValueTask<Result<AuditPage>> AuditAsync(AuditRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Shard < 0 || request.Shard >= ShardCount || request.Limit is < 1 or > ChainReader.PageMax || request.Before < 0)
        {
            return Refusals.Limit("audit", $"a shard of 0..{ShardCount - 1} and a limit of 1..{ChainReader.PageMax}", $"shard {request.Shard}, limit {request.Limit}");
        }

        var entries = await _chain.BackwardAsync(Shards[request.Shard], request.Before, request.Limit, ct);
        var oldest = entries.Count == 0 ? 0 : entries[^1].Number;
        return new AuditPage([.. entries.Select(entry => entry.Record).OfType<ChainRecord>()], entries.Count < request.Limit || oldest <= 1 ? 0 : oldest);
    }

    /// <summary>An item's passes, send-backs and overrides, the newest first, at most 500.</summary>
    public async ValueTask<Result<ItemHistory>> HistoryAsync(string item, CancellationToken ct = default)
    {
        var (record, refused) = await ReadRecordAsync(item, ct);
        return record is null ? refused! : new ItemHistory(item, await _chain.OfItemAsync(ShardOf(item), item, record.LastAudit, HistoryMax, ct));
    }

    /// <summary>Recomputes a shard's chain and compares every item with it; see <see cref="ChainVerifier"/>. Reads all of it, in pages.</summary>
    public async ValueTask<Result<Verification>> VerifyAsync(int shard = 0, CancellationToken ct = default) => shard < 0 || shard >= ShardCount
        ? Refusals.Limit("shard", $"0..{ShardCount - 1}", $"{shard}")
        : await new ChainVerifier(Executor, _gatekeeper).VerifyAsync(Shards[shard], ct);

    /// <summary>Makes a version of a workflow the current one. Items that entered under another version keep it.</summary>
    public async ValueTask<Result<WorkflowAdded>> AddWorkflowAsync(WorkflowPolicy policy, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return await RegisterPolicyAsync(policy.Workflow, policy.Digest, policy.CanonicalJson, policy.Stages, ct) is { } refusal
            ? refusal
            : new WorkflowAdded(policy.Workflow, policy.Version, policy.Digest, policy.Stages);
    }

    /// <summary>The current version of every workflow of the project.</summary>
    public async ValueTask<Result<WorkflowList>> ListWorkflowsAsync(CancellationToken ct = default)
    {
        var workflows = new List<WorkflowAdded>();
        var cursor = "0";
        do
        {
            var page = await Executor.SendAsync(new RedisRequest("HSCAN", Shards[0].Workflows, cursor, "COUNT", ChainReader.PageMax) { Repeatable = true }, ct);
            cursor = page[0].AsText();
            for (var i = 0; i + 1 < page[1].Count; i += 2)
            {
                var name = page[1][i].AsText();
                if (Names.IsWorkflowName(name) && await FindWorkflowAsync(page[1][i + 1].AsText(), ct) is { } policy && !workflows.Exists(known => known.Workflow == name))
                {
                    workflows.Add(new WorkflowAdded(name, policy.Version, policy.Digest, policy.Stages));
                }
            }
        }
        while (cursor != "0");
        return new WorkflowList([.. workflows.OrderBy(workflow => workflow.Workflow, StringComparer.Ordinal)]);
    }

    /// <summary>Those of the names that no workflow of the project has. Reads no policy: a store asks this each time it opens.</summary>
    public async ValueTask<IReadOnlyList<string>> UnknownWorkflowsAsync(IReadOnlyList<string> names, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(names);
        var known = await Executor.SendAsync(new RedisRequest("HMGET", [Shards[0].Workflows, .. names.Select(name => (RedisArg)name)]) { Repeatable = true }, ct);
        return [.. names.Where((_, i) => known[i].IsNull)];
    }

    /// <summary>The policy under a digest; null when the project does not hold it.</summary>
    /// <exception cref="InvalidDataException">What is stored there is not that policy.</exception>
    public async ValueTask<WorkflowPolicy?> FindWorkflowAsync(string digest, CancellationToken ct = default) =>
        (await _gatekeeper.FindPolicyAsync(Shards[0], digest, ct))?.Policy;
}
