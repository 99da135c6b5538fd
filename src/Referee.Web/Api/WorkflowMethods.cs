// The workflow side of the method table: moves, approvals, the chain, the policies.
using Referee.Workflows;

namespace Referee.Web.Api;

internal static class WorkflowMethods
{
    public static readonly RpcMethod[] Rows =
    [
        RpcMethod.Of("task.promote", "Moves an item along an edge of its policy, or says everything that stands against it.", () => WorkflowJson.Default.PromoteRequest, () => WorkflowJson.Default.DecisionResult,
            (c, caller, request, ct) => c.PromoteAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.explain", "What promote would say now, without writing anything.", () => WorkflowJson.Default.ExplainRequest, () => WorkflowJson.Default.ExplanationResult,
            (c, caller, request, ct) => c.ExplainAsync(caller, request, ct).AsTask(), reads: true),
        RpcMethod.Of("task.send_back", "Moves an item back to an earlier stage, with a reason.", () => WorkflowJson.Default.SendBackRequest, () => WorkflowJson.Default.SentBackResult,
            (c, caller, request, ct) => c.SendBackAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.approve", "Gives, changes or takes back the caller's word on a move.", () => WorkflowJson.Default.ApproveRequest, () => WorkflowJson.Default.HeardResult,
            (c, caller, request, ct) => c.ApproveAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.approvals", "Who said what about an item's moves.", () => ApiJson.Default.ItemQuery, () => WorkflowJson.Default.ApprovalListResult,
            (c, _, request, ct) => c.ApprovalsAsync(request.Item, ct).AsTask(), reads: true),
        RpcMethod.Of("task.history", "An item's passes, send-backs and overrides, the newest first.", () => ApiJson.Default.ItemQuery, () => WorkflowJson.Default.ItemHistoryResult,
            (c, _, request, ct) => c.HistoryAsync(request.Item, ct).AsTask(), reads: true),
        RpcMethod.Of("system.audit", "A page of a shard's chain, the newest first.", () => WorkflowJson.Default.AuditRequest, () => WorkflowJson.Default.AuditPageResult,
            (c, _, request, ct) => c.AuditAsync(request, ct).AsTask(), reads: true),
        RpcMethod.Of("system.verify", "Recomputes a shard's chain and compares every item with it.", () => ApiJson.Default.ShardQuery, () => WorkflowJson.Default.VerificationResult,
            (c, _, request, ct) => c.VerifyAsync(request.Shard, ct).AsTask(), reads: true),
        RpcMethod.Of("workflow.list", "The current version of every workflow.", () => ApiJson.Default.NoParameters, () => WorkflowJson.Default.WorkflowListResult,
            (c, _, _, ct) => c.ListWorkflowsAsync(ct).AsTask(), reads: true),
        RpcMethod.Of("workflow.add", "Makes a document's version of a workflow the current one.", () => ApiJson.Default.WorkflowDocument, () => WorkflowJson.Default.WorkflowAddedResult,
            (c, _, request, ct) => AddAsync(c, request, ct), forOperators: true, repeatable: true),
    ];

    private static async Task<Records.Result<WorkflowAdded>> AddAsync(Coordinator coordinator, WorkflowDocument document, CancellationToken ct)
    {
        WorkflowPolicy policy;
        try
        {
            policy = document.Name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
                ? PolicyReader.FromJson(document.Text, document.Name)
                : PolicyReader.FromYaml(document.Text, document.Name);
        }
        catch (PolicyException e)
        {
            return new Records.Refusal(Records.RefusalCodes.Policy, document.Name, "a policy document", e.Message, "whoever wrote it");
        }

        return await coordinator.AddWorkflowAsync(policy, ct);
    }
}
