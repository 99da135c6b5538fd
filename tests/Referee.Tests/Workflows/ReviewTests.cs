// Approvals, vetoes, send-backs and overrides on a real store: who may, what it is bound to, and what it leaves behind.
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Tests.Workflows;

public sealed class ReviewOnRedisTests(RealRedisStore store) : ReviewTests(store), IClassFixture<RealRedisStore>;

public sealed class ReviewOnEmbeddedTests(EmbeddedStore store) : ReviewTests(store), IClassFixture<EmbeddedStore>;

public abstract class ReviewTests(StoreFixture store)
{
    private static readonly WorkflowPolicy TwoEyes = PolicyReader.FromYaml(
        """
        workflow: two-eyes
        stages: [draft, review, released]
        evidence: { built: boolean }
        edges:
          - { from: draft, to: review, require: [ { evidence: built, eq: true } ] }
          - from: review
            to: released
            claim: optional
            require:
              - approvals: { role: reviewer, count: 2, notAuthor: true }
        sendBack:
          - { from: review, to: draft }
          - { from: released, to: draft, role: operator }
        override: { role: operator }
        """);

    private static readonly Caller Rita = new("rita", ["reviewer"], Tier.Human, Verified: true);
    private static readonly Caller Rolf = new("rolf", ["reviewer"], Tier.Human, Verified: true);
    private static readonly Caller AnnTheReviewer = new("ann", ["reviewer"], Tier.Human, Verified: true);

    [Fact]
    public async Task Two_reviewers_who_did_not_write_it_open_the_move_and_one_is_not_enough()
    {
        var desk = await InReviewAsync("T-1");
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "released"))).ShouldBe(["APPROVALS"]);

        (await desk.ApproveAsync(Rita, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow().Approvals.ShouldBe(1);
        (await desk.ApproveAsync(Rita, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow().Approvals.ShouldBe(1); // a second word of hers replaces the first
        var one = (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "released"))).Refusals.ShouldHaveSingleItem();
        (one.Wanted, one.Got, one.Next).ShouldBe(("2 of role reviewer, none of them an author", "1", "referee approve T-1 --to released"));
        (await desk.ApproveAsync(Rolf, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow().Approvals.ShouldBe(2);

        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "released"))).OrThrow().Kind.ShouldBe(DecisionKind.Pass);
    }

    [Fact]
    public async Task A_veto_blocks_however_many_approve_until_it_is_withdrawn()
    {
        var desk = await InReviewAsync("T-1");
        (await desk.ApproveAsync(Rita, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow();
        (await desk.ApproveAsync(Sample.Olga, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow();
        (await desk.ApproveAsync(Rolf, new ApproveRequest("T-1", ApprovalVerb.Veto) { Note = "it leaks" })).OrThrow().Vetoes.ShouldBe(1);

        var blocked = (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "released"))).Refusals.ShouldHaveSingleItem();
        (blocked.Code, blocked.Got).ShouldBe(("VETO", "a veto by rolf"));
        (await desk.ApprovalsAsync("T-1")).OrThrow().Rows.ShouldContain(row => row.Principal == "rolf" && row.Note == "it leaks" && row.Counts);
        (await desk.ApproveAsync(Rolf, new ApproveRequest("T-1", ApprovalVerb.Withdraw))).OrThrow().Vetoes.ShouldBe(0);
        Codes(await desk.ApproveAsync(Rolf, new ApproveRequest("T-1", ApprovalVerb.Withdraw))).ShouldBe(["MISSING"]);

        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "released"))).Ok.ShouldBeTrue();
    }

    [Fact]
    public async Task An_author_cannot_approve_and_a_stranger_to_the_role_cannot_either()
    {
        var desk = await InReviewAsync("T-1");

        Codes(await desk.ApproveAsync(AnnTheReviewer, new ApproveRequest("T-1", ApprovalVerb.Approve))).ShouldBe(["SELF"]);
        Codes(await desk.ApproveAsync(Sample.Bob, new ApproveRequest("T-1", ApprovalVerb.Approve))).ShouldBe(["FORBIDDEN"]);
        Codes(await desk.ApproveAsync(Rita, new ApproveRequest("T-1", ApprovalVerb.Approve) { To = "draft" })).ShouldBe(["NO_EDGE"]);
        (await desk.ApprovalsAsync("T-1")).OrThrow().Rows.ShouldBeEmpty();
    }

    [Fact]
    public async Task Approvals_are_bound_to_the_subject_and_to_the_stay()
    {
        var desk = await InReviewAsync("T-1");
        (await desk.ApproveAsync(Rita, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow();
        (await desk.ApproveAsync(Rolf, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow();
        var claim = (await desk.ClaimAsync(Sample.Ann, new ClaimRequest { Item = "T-1" })).OrThrow();
        await desk.SubjectAsync("T-1", claim.Fence, "tree-2");

        var gone = (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "released") { Fence = claim.Fence })).Refusals.ShouldHaveSingleItem();
        (gone.Code, gone.Got).ShouldBe(("APPROVALS", "0"));
        (await desk.ApprovalsAsync("T-1")).OrThrow().Rows.ShouldAllBe(row => !row.Counts);
    }

    [Fact]
    public async Task A_send_back_needs_a_reason_empties_what_was_proven_and_is_chained()
    {
        var desk = await InReviewAsync("T-1");
        (await desk.ApproveAsync(Rita, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow();
        (await desk.SendBackAsync(Rita, new SendBackRequest("T-1", "draft", ""))).Code.ShouldBe("MISSING");

        var request = new SendBackRequest("T-1", "draft", "no tests") { RequestId = "s-1" };
        var sent = (await desk.SendBackAsync(Rita, request)).OrThrow();

        (await desk.SendBackAsync(Rita, request)).OrThrow().ShouldBe(sent with { Replayed = true });
        var record = await desk.RecordAsync("T-1");
        (record.Stage, record.State, record.Holder, record.WorkedAt, record.EnteredAt, record.LastAudit).ShouldBe((0, WorkState.Ready, "", sent.At, sent.At, "2-0"));
        (await desk.ScoreAsync("T-1")).ShouldBe(IndexScore.Of(0, WorkState.Ready, record.Priority, record.Sequence));
        var claim = (await desk.ClaimAsync(Sample.Ann, new ClaimRequest { Item = "T-1" })).OrThrow();
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review") { Fence = claim.Fence })).ShouldBe(["MISSING"]);
        var history = (await desk.HistoryAsync("T-1")).OrThrow().Records;
        history.Select(entry => $"{entry.Number} {entry.Kind} {entry.From}>{entry.To} by {entry.Principal}: {entry.Note}").ShouldBe(["2 send_back review>draft by rita: no tests", "1 pass draft>review by ann: "]);
        (await desk.VerifyAsync()).OrThrow().Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_listed_moves_lead_back_and_only_for_their_role()
    {
        var desk = await InReviewAsync("T-1");
        (await desk.ApproveAsync(Rita, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow();
        (await desk.ApproveAsync(Rolf, new ApproveRequest("T-1", ApprovalVerb.Approve))).OrThrow();
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "released"))).OrThrow();

        Codes(await desk.SendBackAsync(Rita, new SendBackRequest("T-1", "review", "again"))).ShouldBe(["NO_EDGE"]);
        Codes(await desk.SendBackAsync(Rita, new SendBackRequest("T-1", "draft", "again"))).ShouldBe(["FORBIDDEN"]);
        (await desk.SendBackAsync(Sample.Olga, new SendBackRequest("T-1", "draft", "again"))).OrThrow();
        (await desk.RecordAsync("T-1")).State.ShouldBe(WorkState.Ready);
    }

    [Fact]
    public async Task An_override_needs_its_role_and_a_note_and_says_for_ever_what_it_stepped_over()
    {
        var desk = await InReviewAsync("T-1");
        var request = new PromoteRequest("T-1", "released") { Override = true, Note = "the building is on fire" };

        (await desk.PromoteAsync(Sample.Olga, request with { Note = "" })).Code.ShouldBe("MISSING");
        Codes(await desk.PromoteAsync(Rita, request)).ShouldBe(["APPROVALS", "FORBIDDEN"]);
        (await desk.PromoteAsync(Sample.Olga, request)).OrThrow().Kind.ShouldBe(DecisionKind.Override);

        var entry = (await desk.HistoryAsync("T-1")).OrThrow().Records[0];
        (entry.Kind, entry.Principal, entry.Note).ShouldBe(("override", "olga", "the building is on fire\n1 APPROVALS"));
        (await desk.VerifyAsync()).OrThrow().Findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_override_steps_over_no_claim_version_or_missing_edge()
    {
        var desk = await InReviewAsync("T-1");

        Codes(await desk.PromoteAsync(Sample.Olga, new PromoteRequest("T-1", "released") { Override = true, Note = "now", Version = 1 })).ShouldBe(["CONFLICT", "APPROVALS"]);
        Codes(await desk.PromoteAsync(Sample.Olga, new PromoteRequest("T-1", "draft") { Override = true, Note = "now" })).ShouldBe(["NO_EDGE"]);
    }

    private async Task<Coordinator> InReviewAsync(string item)
    {
        var desk = await store.NewProject().WithPolicyAsync(TwoEyes);
        var claim = await desk.SubmitAndClaimAsync(item, "two-eyes");
        await desk.SubjectAsync(item, claim.Fence, "tree-1");
        await desk.EvidenceAsync(Sample.Ann, item, "built", "true", "tree-1", claim.Fence);
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest(item, "review") { Fence = claim.Fence })).OrThrow();
        return desk;
    }

    private static IEnumerable<string> Codes<T>(Result<T> result)
        where T : class => result.Refusals.Select(refusal => refusal.Code);
}
