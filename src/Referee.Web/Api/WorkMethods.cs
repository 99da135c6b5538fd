// The work side of the method table: items, claims, evidence, orphans.
using Referee.Work;

namespace Referee.Web.Api;

internal static class WorkMethods
{
    public static readonly RpcMethod[] Rows =
    [
        RpcMethod.Of("task.create", "Submits a work item into the first stage of its workflow.", () => WorkJson.Default.SubmitRequest, () => WorkJson.Default.SubmittedResult,
            (c, caller, request, ct) => c.SubmitAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.claim", "Claims the next item, or one by name; answers with the number of the claim.", () => WorkJson.Default.ClaimRequest, () => WorkJson.Default.ClaimResult,
            (c, caller, request, ct) => c.ClaimAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.renew", "Extends the lease of a claim.", () => WorkJson.Default.RenewRequest, () => WorkJson.Default.RenewalResult,
            (c, caller, request, ct) => c.RenewAsync(caller, request, ct).AsTask(), repeatable: true),
        RpcMethod.Of("task.release", "Gives a claimed item back to its queue.", () => WorkJson.Default.ReleaseRequest, () => WorkJson.Default.ReleasedResult,
            (c, caller, request, ct) => c.ReleaseAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.evidence", "Submits a fact about an item; issuer, roles and tier are the caller's.", () => WorkJson.Default.EvidenceRequest, () => WorkJson.Default.EvidenceAcceptedResult,
            (c, caller, request, ct) => c.SubmitEvidenceAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.subject", "Says what the work is now, such as the git tree of the last commit.", () => WorkJson.Default.SubjectRequest, () => WorkJson.Default.SubjectSetResult,
            (c, caller, request, ct) => c.SetSubjectAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.park", "Puts an item aside for a person, or back into its queue.", () => WorkJson.Default.ParkRequest, () => WorkJson.Default.ParkAnswerResult,
            (c, caller, request, ct) => c.ParkAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("task.show", "An item with all that is known of it.", () => ApiJson.Default.ItemQuery, () => WorkJson.Default.ItemViewResult,
            (c, _, request, ct) => c.ShowAsync(request.Item, ct).AsTask(), reads: true),
        RpcMethod.Of("task.position", "How many items stand before this one.", () => ApiJson.Default.ItemQuery, () => WorkJson.Default.QueuePositionResult,
            (c, _, request, ct) => c.PositionAsync(request.Item, ct).AsTask(), reads: true),
        RpcMethod.Of("task.list", "A page of items by stage, state or label.", () => WorkJson.Default.ListRequest, () => WorkJson.Default.ItemPageResult,
            (c, _, request, ct) => c.ListAsync(request, ct).AsTask(), reads: true),
        RpcMethod.Of("task.orphans", "Results that came after their claim was lost.", () => ApiJson.Default.OrphanQuery, () => WorkJson.Default.OrphanPageResult,
            (c, _, request, ct) => c.OrphansAsync(request.Item, request.Cursor, request.Limit, ct).AsTask(), reads: true),
        RpcMethod.Of("task.decide_orphan", "Accepts or rejects a result that came too late.", () => WorkJson.Default.OrphanDecision, () => WorkJson.Default.OrphanDecidedResult,
            (c, caller, request, ct) => c.DecideOrphanAsync(caller, request, ct).AsTask()),
        RpcMethod.Of("system.status", "How many items are where.", () => ApiJson.Default.NoParameters, () => WorkJson.Default.ProjectStatusResult,
            (c, _, _, ct) => c.StatusAsync(ct).AsTask(), reads: true),
    ];
}
