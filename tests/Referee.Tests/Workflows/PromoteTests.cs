// What promote decides on a real store: each requirement alone, all unmet ones at once, and what a pass writes.
using Evalsha.Client;
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Tests.Workflows;

public sealed class PromoteOnRedisTests(RealRedisStore store) : PromoteTests(store), IClassFixture<RealRedisStore>;

public sealed class PromoteOnEmbeddedTests(EmbeddedStore store) : PromoteTests(store), IClassFixture<EmbeddedStore>;

public abstract class PromoteTests(StoreFixture store)
{
    [Fact]
    public async Task Work_that_meets_every_condition_moves_and_the_claim_ends()
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.CodeChange);
        var claim = await desk.SubmitAndClaimAsync("T-1", "code-change");
        await desk.ProveCodeChangeAsync("T-1", claim.Fence);

        var decision = (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review") { Fence = claim.Fence })).OrThrow();

        decision.ShouldBe(new Decision(DecisionKind.Pass, "T-1", "review", decision.Version, claim.Fence, 1, decision.At, Replayed: false));
        var record = await desk.RecordAsync("T-1");
        (record.State, record.Holder, record.LeaseUntil, record.LastAudit, record.EnteredAt).ShouldBe((WorkState.Ready, "", 0L, "1-0", decision.At));
        record.Stage.ShouldBe(1);
        (await desk.ScoreAsync("T-1")).ShouldBe(IndexScore.Of(1, WorkState.Ready, record.Priority, record.Sequence));
    }

    [Fact]
    public async Task Every_unmet_condition_is_told_at_once_with_who_can_fix_it()
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.CodeChange);
        var claim = await desk.SubmitAndClaimAsync("T-1", "code-change");
        await desk.SubjectAsync("T-1", claim.Fence, "tree-1");
        await desk.EvidenceAsync(Sample.Ann, "T-1", "tests", """{"total":0,"failed":2,"skipped":9,"exitCode":1}""", "tree-0", claim.Fence);

        var refused = await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review") { Fence = claim.Fence });

        refused.Refusals.Select(refusal => $"{refusal.Code} {refusal.Path}: wanted {refusal.Wanted}, got {refusal.Got}").ShouldBe(
        [
            "MISSING evidence.baseline: wanted baseline (record), total at least 1, tier observed or above, from nobody who worked on it, got nothing",
            "VALUE evidence.tests.exitCode: wanted = 0, got 1",
            "VALUE evidence.tests.failed: wanted = 0, got 2",
            "VALUE evidence.tests.total: wanted at least 1, got 0",
            "VALUE evidence.tests.skipped: wanted at most 5, got 9",
            "MISSING evidence.baseline.total: wanted to compare evidence.tests.total with, got nothing",
            "TIER evidence.tests.tier: wanted observed or above, got self-reported",
            "SUBJECT evidence.tests.subject: wanted tree-1, got tree-0",
            "SELF evidence.tests.issuer: wanted from somebody who did not work on it, got ann",
            "MISSING evidence.summary: wanted summary (text), value 1 bytes or more, got nothing",
        ]);
        refused.Refusals.ShouldAllBe(refusal => refusal.WhoCanFix.Length > 0);
        refused.Refusals[1].Next.ShouldBe("referee run T-1 --evidence tests -- <command>");
    }

    [Fact]
    public async Task Explain_gives_the_same_answer_as_promote_and_writes_nothing()
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.CodeChange);
        var claim = await desk.SubmitAndClaimAsync("T-1", "code-change");
        var before = await desk.RecordAsync("T-1");

        var explained = (await desk.ExplainAsync(Sample.Ann, new ExplainRequest("T-1", null) { Fence = claim.Fence })).OrThrow();
        (await desk.RecordAsync("T-1")).ShouldBe(before);
        (await desk.SendAsync("XLEN", desk.ShardOf("T-1").Refusals)).AsInteger().ShouldBe(0);
        var promoted = await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review") { Fence = claim.Fence });

        (explained.From, explained.To, explained.Open).ShouldBe(("ready", "review", false));
        explained.Unmet.ShouldBe(promoted.Refusals);
        await desk.ProveCodeChangeAsync("T-1", claim.Fence);
        (await desk.ExplainAsync(Sample.Ann, new ExplainRequest("T-1", "review") { Fence = claim.Fence })).OrThrow().Open.ShouldBeTrue();
    }

    [Fact]
    public async Task A_retry_with_the_same_request_id_gets_the_first_answer_and_moves_nothing()
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.CodeChange);
        var claim = await desk.SubmitAndClaimAsync("T-1", "code-change");
        await desk.ProveCodeChangeAsync("T-1", claim.Fence);
        var request = new PromoteRequest("T-1", "review") { Fence = claim.Fence, RequestId = "r-1" };

        var first = (await desk.PromoteAsync(Sample.Ann, request)).OrThrow();
        var after = await desk.RecordAsync("T-1");
        var again = (await desk.PromoteAsync(Sample.Ann, request)).OrThrow();

        again.ShouldBe(first with { Replayed = true });
        (await desk.RecordAsync("T-1")).ShouldBe(after);
        (await desk.PromoteAsync(Sample.Bob, request)).Ok.ShouldBeFalse(); // the id of somebody else's request is not one's own
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(120)]
    [InlineData(250)]
    public async Task Evidence_that_the_edge_does_not_ask_for_is_stepped_over_whatever_its_size(int characters)
    {
        var policy = PolicyReader.FromYaml(
            """
            workflow: stepping
            stages: [ready, done]
            evidence:
              a_note: text
              b_report: { fields: { one: text?, two: text?, three: text?, four: text? } }
              c_asked: boolean
              d_never: text
              e_asked: boolean
              f_last: text
            edges:
              - from: ready
                to: done
                require: [ { evidence: c_asked, eq: true }, { evidence: e_asked, eq: true } ]
            """);
        var desk = await store.NewProject().WithPolicyAsync(policy);
        var claim = await desk.SubmitAndClaimAsync("T-1", "stepping");
        var text = new string('x', characters);
        if (characters > 0)
        {
            await desk.EvidenceAsync(Sample.Ann, "T-1", "a_note", $"\"{text}\"", "", claim.Fence);
            await desk.EvidenceAsync(Sample.Ann, "T-1", "b_report", $$"""{"one":"{{text}}","two":"{{text}}","three":"{{text}}","four":"{{text}}"}""", "", claim.Fence);
            await desk.EvidenceAsync(Sample.Ann, "T-1", "d_never", $"\"{text}\"", "", claim.Fence);
            await desk.EvidenceAsync(Sample.Ann, "T-1", "f_last", $"\"{text}\"", "", claim.Fence);
        }

        await desk.EvidenceAsync(Sample.Ann, "T-1", "c_asked", "true", "", claim.Fence);
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "done") { Fence = claim.Fence })).ShouldBe(["MISSING"]);
        await desk.EvidenceAsync(Sample.Ann, "T-1", "e_asked", "true", "", claim.Fence);
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "done") { Fence = claim.Fence })).OrThrow();
    }

    [Fact]
    public async Task A_claim_that_was_lost_cannot_promote()
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.CodeChange);
        var claim = await desk.SubmitAndClaimAsync("T-1", "code-change");
        await desk.ProveCodeChangeAsync("T-1", claim.Fence);

        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review") { Fence = claim.Fence - 1 })).ShouldBe(["STALE_FENCE"]);
        Codes(await desk.PromoteAsync(Sample.Bob, new PromoteRequest("T-1", "review") { Fence = claim.Fence })).ShouldBe(["NOT_HOLDER"]);
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review"))).ShouldBe(["STALE_FENCE"]);
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review") { Fence = claim.Fence, Version = 1 })).ShouldBe(["CONFLICT"]);
        (await desk.ReleaseAsync(Sample.Ann, new ReleaseRequest("T-1", claim.Fence))).OrThrow();
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review") { Fence = claim.Fence })).ShouldBe(["NOT_CLAIMED"]);
    }

    [Fact]
    public async Task The_last_stage_is_done_and_frees_what_waited_for_it()
    {
        var desk = await store.NewProject().WithPolicyAsync(Policies.Open);
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("A", "A", "open"))).OrThrow();
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("B", "B", "open") { DependsOn = ["A"] })).OrThrow();
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("B", "middle"))).ShouldBe(["BLOCKED"]);

        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("A", "middle"))).OrThrow();
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("A", "end"))).OrThrow();

        (await desk.RecordAsync("A")).State.ShouldBe(WorkState.Done);
        (await desk.ScoreAsync("A")).ShouldBe(IndexScore.Of(2, WorkState.Done, 100, 1));
        (await desk.RecordAsync("B")).State.ShouldBe(WorkState.Ready);
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("A", "end"))).ShouldBe(["DONE"]);
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("B", "middle"))).Ok.ShouldBeTrue();
    }

    [Fact]
    public async Task A_full_stage_takes_nothing_more_and_a_soaking_item_waits()
    {
        var desk = await store.NewProject().WithPolicyAsync(PolicyReader.FromYaml(
            """
            workflow: limits
            stages: [a, b, c]
            edges:
              - { from: a, to: b, claim: optional, wip: 1 }
              - { from: b, to: c, claim: optional, soak: 1h }
            """));
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("A", "A", "limits"))).OrThrow();
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("B", "B", "limits"))).OrThrow();
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("A", "b"))).OrThrow();

        var full = (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("B", "b"))).Refusals.ShouldHaveSingleItem();
        (full.Code, full.Wanted, full.Got).ShouldBe(("WIP_FULL", "fewer than 1 items", "1"));
        var soaking = (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("A", "c"))).Refusals.ShouldHaveSingleItem();
        (soaking.Code, soaking.Wanted).ShouldBe(("SOAKING", "1h in b"));
        soaking.WhoCanFix.ShouldStartWith("time: open at ");
    }

    [Fact]
    public async Task Evidence_older_than_the_work_or_than_its_age_is_refused()
    {
        var desk = await store.NewProject().WithPolicyAsync(PolicyReader.FromYaml(
            """
            workflow: fresh
            stages: [a, b]
            evidence: { built: boolean, seen: boolean }
            edges:
              - from: a
                to: b
                require:
                  - { evidence: built, eq: true, newerThanWork: true }
                  - { evidence: seen, eq: true, maxAge: 1ms }
            """));
        var first = await desk.SubmitAndClaimAsync("T-1", "fresh");
        await desk.EvidenceAsync(Sample.Ann, "T-1", "built", "true", "", first.Fence);
        await desk.EvidenceAsync(Sample.Ann, "T-1", "seen", "true", "", first.Fence);
        (await desk.ReleaseAsync(Sample.Ann, new ReleaseRequest("T-1", first.Fence))).OrThrow();
        await store.PassAsync(await store.NowAsync() + 3);
        var second = (await desk.ClaimAsync(Sample.Bob, new ClaimRequest { Item = "T-1" })).OrThrow();

        Codes(await desk.PromoteAsync(Sample.Bob, new PromoteRequest("T-1", "b") { Fence = second.Fence })).ShouldBe(["STALE", "EXPIRED"]);
    }

    [Fact]
    public async Task Of_many_that_promote_at_once_each_item_has_one_winner_and_the_chain_holds()
    {
        var desk = await store.NewProject().WithPolicyAsync(Policies.Open);
        for (var i = 0; i < 8; i++)
        {
            (await desk.SubmitAsync(Sample.Olga, new SubmitRequest($"R-{i}", "R", "open"))).OrThrow();
        }

        var racers = new List<Task<Result<Decision>>>();
        for (var racer = 0; racer < 6; racer++)
        {
            var own = new Coordinator(await store.ConnectAsync(), desk.Project);
            var caller = new Caller($"racer-{racer}", [], Tier.SelfReported, Verified: true);
            racers.AddRange(Enumerable.Range(0, 8).Select(i => own.PromoteAsync(caller, new PromoteRequest($"R-{i}", "middle")).AsTask()));
        }

        var answers = await Task.WhenAll(racers);

        answers.Where(answer => answer.Ok).Select(answer => answer.Value!.Item).Order().ShouldBe(Enumerable.Range(0, 8).Select(i => $"R-{i}"));
        answers.Where(answer => !answer.Ok).ShouldAllBe(answer => answer.Code == "NO_EDGE");
        (await desk.VerifyAsync()).OrThrow().ShouldSatisfyAllConditions(
            verification => verification.Findings.ShouldBeEmpty(),
            verification => verification.Records.ShouldBe(8));
    }

    [Fact]
    public async Task A_pass_under_a_wip_limit_takes_six_commands()
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.CodeChange);
        var claim = await desk.SubmitAndClaimAsync("T-1", "code-change");
        await desk.ProveCodeChangeAsync("T-1", claim.Fence);
        (await desk.ExplainAsync(Sample.Ann, new ExplainRequest("T-1", "review") { Fence = claim.Fence })).OrThrow();
        await desk.SendAsync("CONFIG", "RESETSTAT");

        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("T-1", "review") { Fence = claim.Fence })).OrThrow();

        var stats = (await desk.SendAsync("INFO", "commandstats")).AsText();
        foreach (var command in (string[])["hmget", "time", "xadd", "hset", "zadd", "zcount"])
        {
            stats.ShouldContain($"cmdstat_{command}:calls=1,");
        }

        string[] outside = ["cmdstat_evalsha", "cmdstat_config", "cmdstat_info"];
        stats.Split('\n').Count(line => line.StartsWith("cmdstat_", StringComparison.Ordinal) && !outside.Any(line.StartsWith)).ShouldBe(6);
    }

    [Fact]
    public async Task A_policy_changed_by_hand_in_the_store_is_not_run()
    {
        var desk = await store.NewProject().WithPolicyAsync(Policies.Open);
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("A", "A", "open"))).OrThrow();
        var digest = (await desk.RecordAsync("A")).Policy;
        await desk.SendAsync("HSET", desk.ShardOf("A").Workflows, digest, Policies.Open.CanonicalJson.Replace("optional", "required", StringComparison.Ordinal));

        var caught = await Should.ThrowAsync<InvalidDataException>(async () => await desk.PromoteAsync(Sample.Ann, new PromoteRequest("A", "middle")));

        caught.Message.ShouldContain("changed by hand");
    }

    private static IEnumerable<string> Codes<T>(Result<T> result)
        where T : class => result.Refusals.Select(refusal => refusal.Code);
}
