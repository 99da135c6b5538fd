// Policies and short ways to the states that many workflow tests begin from.
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Tests.Workflows;

internal static class Policies
{
    /// <summary>Three stages whose edges ask nothing.</summary>
    public static readonly WorkflowPolicy Open = PolicyReader.FromYaml(
        """
        workflow: open
        stages: [start, middle, end]
        edges:
          - { from: start, to: middle, claim: optional }
          - { from: middle, to: end, claim: optional }
        override: { role: operator }
        """);

    public static async Task<Coordinator> WithPolicyAsync(this Coordinator desk, WorkflowPolicy policy)
    {
        (await desk.AddWorkflowAsync(policy)).OrThrow();
        return desk;
    }

    public static async Task<Claim> SubmitAndClaimAsync(this Coordinator desk, string item, string workflow)
    {
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest(item, $"Item {item}", workflow))).OrThrow();
        return (await desk.ClaimAsync(Sample.Ann, new ClaimRequest { Item = item })).OrThrow();
    }

    public static async Task EvidenceAsync(this Coordinator desk, Caller caller, string item, string kind, string json, string subject = "", long? fence = null) =>
        (await desk.SubmitEvidenceAsync(caller, new EvidenceRequest(item, kind, Sample.Json(json)) { Subject = subject, Fence = fence })).OrThrow();

    public static async Task SubjectAsync(this Coordinator desk, string item, long fence, string subject) =>
        (await desk.SetSubjectAsync(Sample.Ann, new SubjectRequest(item, fence, subject))).OrThrow();

    /// <summary>All that code-change asks between ready and review, for Ann's claim.</summary>
    public static async Task ProveCodeChangeAsync(this Coordinator desk, string item, long fence)
    {
        await desk.SubjectAsync(item, fence, "tree-1");
        await desk.EvidenceAsync(Sample.Runner, item, "baseline", """{"total":100}""", "tree-1");
        await desk.EvidenceAsync(Sample.Runner, item, "tests", """{"total":120,"failed":0,"skipped":1,"exitCode":0}""", "tree-1");
        await desk.EvidenceAsync(Sample.Ann, item, "summary", "\"done\"", "tree-1", fence);
    }
}
