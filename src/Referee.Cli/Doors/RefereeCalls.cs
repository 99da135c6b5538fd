// The operations that programs of ours call through a door, by name and type: the story of the demo and the stop hook read like sentences.
using System.Text.Json.Nodes;
using Referee.Records;
using Referee.Web.Api;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Cli.Doors;

internal static class RefereeCalls
{
    public static async Task<Result<Submitted>> SubmitAsync(this IDoor door, SubmitRequest request, CancellationToken ct) =>
        (await door.CallAsync("task.create", request, WorkJson.Default.SubmitRequest, WorkJson.Default.SubmittedResult, ct)).Result;

    public static async Task<Result<Claim>> ClaimAsync(this IDoor door, ClaimRequest request, CancellationToken ct) =>
        (await door.CallAsync("task.claim", request, WorkJson.Default.ClaimRequest, WorkJson.Default.ClaimResult, ct)).Result;

    public static async Task<Result<SubjectSet>> SubjectAsync(this IDoor door, SubjectRequest request, CancellationToken ct) =>
        (await door.CallAsync("task.subject", request, WorkJson.Default.SubjectRequest, WorkJson.Default.SubjectSetResult, ct)).Result;

    public static async Task<Result<EvidenceAccepted>> EvidenceAsync(this IDoor door, string item, string kind, JsonNode value, long? fence, string subject, CancellationToken ct) =>
        (await door.CallAsync(
            "task.evidence",
            new EvidenceRequest(item, kind, System.Text.Json.JsonSerializer.Deserialize(value.ToJsonString(), CliJson.Default.JsonElement)) { Fence = fence, Subject = subject },
            WorkJson.Default.EvidenceRequest,
            WorkJson.Default.EvidenceAcceptedResult,
            ct)).Result;

    public static async Task<Result<Decision>> PromoteAsync(this IDoor door, PromoteRequest request, CancellationToken ct) =>
        (await door.CallAsync("task.promote", request, WorkflowJson.Default.PromoteRequest, WorkflowJson.Default.DecisionResult, ct)).Result;

    public static async Task<Result<Heard>> ApproveAsync(this IDoor door, string item, CancellationToken ct) =>
        (await door.CallAsync("task.approve", new ApproveRequest(item, ApprovalVerb.Approve), WorkflowJson.Default.ApproveRequest, WorkflowJson.Default.HeardResult, ct)).Result;

    public static async Task<Result<ItemPage>> ListAsync(this IDoor door, ListRequest request, CancellationToken ct) =>
        (await door.CallAsync("task.list", request, WorkJson.Default.ListRequest, WorkJson.Default.ItemPageResult, ct)).Result;

    public static async Task<Result<OrphanPage>> OrphansAsync(this IDoor door, string item, CancellationToken ct) =>
        (await door.CallAsync("task.orphans", new OrphanQuery { Item = item }, ApiJson.Default.OrphanQuery, WorkJson.Default.OrphanPageResult, ct)).Result;

    public static async Task<Result<ProjectStatus>> StatusAsync(this IDoor door, CancellationToken ct) =>
        (await door.CallAsync("system.status", new NoParameters(), ApiJson.Default.NoParameters, WorkJson.Default.ProjectStatusResult, ct)).Result;

    public static async Task<Result<Verification>> VerifyAsync(this IDoor door, CancellationToken ct) =>
        (await door.CallAsync("system.verify", new ShardQuery(), ApiJson.Default.ShardQuery, WorkflowJson.Default.VerificationResult, ct)).Result;
}
