// Each defect seen in the promotion scripts that this replaces, as a test that it cannot come back. The first words name the defect.
using Evalsha.Client;
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Tests.Workflows;

public sealed class PredecessorDefectOnRedisTests(RealRedisStore store) : PredecessorDefectTests(store), IClassFixture<RealRedisStore>;

public sealed class PredecessorDefectOnEmbeddedTests(EmbeddedStore store) : PredecessorDefectTests(store), IClassFixture<EmbeddedStore>;

public abstract class PredecessorDefectTests(StoreFixture store)
{
    private static readonly Caller Vera = new("vera", ["validator"], Tier.Human, Verified: true);
    private static readonly Caller Ivan = new("ivan", ["integrator"], Tier.SelfReported, Verified: true);

    [Fact]
    public async Task Gate_bypass__evidence_for_the_first_move_opens_the_first_move_only()
    {
        var desk = await PendingAsync("P-1");
        await desk.EvidenceAsync(Sample.Olga, "P-1", "requirements_analysis", "\"done\"");
        await desk.EvidenceAsync(Sample.Olga, "P-1", "acceptance_criteria", "\"it works\"");

        foreach (var stage in (string[])["integration", "validate", "complete"])
        {
            Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", stage))).ShouldBe(["NO_EDGE"]);
        }

        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "development"))).OrThrow();
        (await desk.ExplainAsync(Sample.Ann, new ExplainRequest("P-1", null))).OrThrow().From.ShouldBe("development");
    }

    [Fact]
    public async Task Current_stage_unchecked__the_same_move_cannot_be_made_twice()
    {
        var desk = await PendingAsync("P-1");
        await desk.EvidenceAsync(Sample.Olga, "P-1", "requirements_analysis", "\"done\"");
        await desk.EvidenceAsync(Sample.Olga, "P-1", "acceptance_criteria", "\"it works\"");
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "development"))).OrThrow();

        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "development"))).ShouldBe(["NO_EDGE"]);
        (await desk.SendAsync("XLEN", desk.Shards[0].Audit)).AsInteger().ShouldBe(1);
    }

    [Theory]
    [InlineData("\"true\"")]
    [InlineData("\"false\"")]
    [InlineData("\"no\"")]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("[]")]
    public async Task Truthiness__only_the_boolean_true_is_true(string json)
    {
        var desk = await InDevelopmentAsync("P-1");

        var refused = await desk.SubmitEvidenceAsync(Sample.Ann, new EvidenceRequest("P-1", "implementation_complete", Sample.Json(json)) { Fence = 1 });

        refused.Code.ShouldBe("TYPE");
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "integration") { Fence = 1 })).ShouldContain("MISSING");
    }

    [Fact]
    public async Task Truthiness__a_false_written_past_the_front_door_opens_nothing_either()
    {
        var policy = PolicyReader.FromYaml("workflow: flag\nstages: [a, b]\nevidence: { ok: boolean }\nedges: [ { from: a, to: b, claim: optional, require: [ { evidence: ok, eq: true } ] } ]");
        var desk = await store.NewProject().WithPolicyAsync(policy);
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("F", "F", "flag"))).OrThrow();
        foreach (var value in (Scalar[])[Scalar.Of("false"), Scalar.Of("true"), Scalar.Of(0), Scalar.Of(1), Scalar.Null, Scalar.Missing, Scalar.Of(false)])
        {
            foreach (var mark in "bsnz")
            {
                var slot = new EvidenceSlot { Mark = mark, Value = value, Issuer = "mallory", At = 1 };
                await desk.SendAsync("HSET", desk.Shards[0].Items, "e:F", EvidenceField.Write([slot]));
                (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("F", "b"))).Refusals.ShouldHaveSingleItem($"{mark} {value}");
            }
        }
    }

    [Fact]
    public async Task Presence_tests__false_zero_null_missing_and_the_text_false_are_told_apart()
    {
        var policy = PolicyReader.FromYaml(
            "workflow: apart\nstages: [a, b]\nevidence: { x: { fields: { v: number? } } }\nedges: [ { from: a, to: b, claim: optional, require: [ { evidence: x, where: [ { field: v, ge: 1 } ] } ] } ]");
        var desk = await store.NewProject().WithPolicyAsync(policy);
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("X", "X", "apart"))).OrThrow();
        var told = new List<string>();
        foreach (var value in (Scalar[])[Scalar.Of(false), Scalar.Of(0), Scalar.Null, Scalar.Missing, Scalar.Of("false")])
        {
            await desk.SendAsync("HSET", desk.Shards[0].Items, "e:X", EvidenceField.Write([new EvidenceSlot { Mark = 'r', Value = Scalar.Of(""), Issuer = "i", At = 1, Fields = [value] }]));
            var refusal = (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("X", "b"))).Refusals.ShouldHaveSingleItem();
            told.Add($"{refusal.Code} {refusal.Got}");
        }

        told.ShouldBe(["TYPE false", "VALUE 0", "TYPE null", "MISSING missing", "TYPE \"false\""]);
    }

    [Fact]
    public async Task Self_validation__the_author_cannot_validate_whatever_name_the_payload_carries()
    {
        var desk = await InDevelopmentAsync("P-1");
        await ThroughValidateAsync(desk, "P-1");
        var ann = Sample.Ann with { Roles = ["validator"], Tier = Tier.Human };
        await desk.EvidenceAsync(ann, "P-1", "validator_approval", "true", "tree-1");
        await desk.EvidenceAsync(Sample.Ci, "P-1", "quality_gates_passed", "true", "tree-1");

        var refused = await desk.PromoteAsync(ann, new PromoteRequest("P-1", "complete"));
        refused.Refusals.Select(refusal => $"{refusal.Code} {refusal.Path}").ShouldBe(["SELF evidence.validator_approval.issuer", "APPROVALS approvals.validator"]);
        Codes(await desk.ApproveAsync(ann, new ApproveRequest("P-1", ApprovalVerb.Approve))).ShouldBe(["SELF"]);

        await desk.EvidenceAsync(Vera, "P-1", "validator_approval", "true", "tree-1");
        (await desk.ApproveAsync(Vera, new ApproveRequest("P-1", ApprovalVerb.Approve))).OrThrow();
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "complete"))).OrThrow();
        (await desk.RecordAsync("P-1")).State.ShouldBe(WorkState.Done);
    }

    [Fact]
    public async Task Self_voted_quorum__one_principal_is_one_voice_however_often_it_speaks()
    {
        var policy = PolicyReader.FromYaml("workflow: quorum\nstages: [a, b]\nedges: [ { from: a, to: b, claim: optional, require: [ { approvals: { role: validator, count: 3 } } ] } ]");
        var desk = await store.NewProject().WithPolicyAsync(policy);
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("Q", "Q", "quorum"))).OrThrow();
        for (var i = 0; i < 20; i++)
        {
            (await desk.ApproveAsync(Vera, new ApproveRequest("Q", ApprovalVerb.Approve) { RequestId = $"vote-{i}" })).OrThrow().Approvals.ShouldBe(1);
        }

        (await desk.PromoteAsync(Vera, new PromoteRequest("Q", "b"))).Refusals.ShouldHaveSingleItem().Got.ShouldBe("1");
    }

    [Fact]
    public async Task Audit_lost__moves_in_one_moment_are_all_kept_and_nothing_expires()
    {
        var desk = await store.NewProject().WithPolicyAsync(Policies.Open);
        for (var i = 0; i < 20; i++)
        {
            (await desk.SubmitAsync(Sample.Olga, new SubmitRequest($"I-{i}", "I", "open"))).OrThrow();
            (await desk.PromoteAsync(Sample.Ann, new PromoteRequest($"I-{i}", "middle"))).OrThrow();
            (await desk.PromoteAsync(Sample.Ann, new PromoteRequest($"I-{i}", "end"))).OrThrow();
        }

        (await desk.AuditAsync(new AuditRequest { Limit = 100 })).OrThrow().Records.Count.ShouldBe(40);
        foreach (var key in desk.Shards[0].All)
        {
            (await desk.SendAsync("PTTL", key)).AsInteger().ShouldBeLessThan(0);
        }
    }

    [Fact]
    public async Task Empty_history_rows__every_field_of_every_record_comes_back()
    {
        var desk = await InDevelopmentAsync("P-1");

        var record = (await desk.HistoryAsync("P-1")).OrThrow().Records.ShouldHaveSingleItem();

        record.ShouldSatisfyAllConditions(
            () => (record.Number, record.Kind, record.Item, record.From, record.To, record.Principal).ShouldBe((1L, "pass", "P-1", "pending", "development", "olga")),
            () => record.Policy.ShouldBe(BuiltInPolicies.Prp.Digest),
            () => record.Evidence.Length.ShouldBe(40),
            () => record.Previous.ShouldBe(ChainRecord.Beginning),
            () => record.Verified.ShouldBeTrue());
    }

    [Fact]
    public async Task Batch_fallback__evidence_of_one_item_never_counts_for_another()
    {
        var desk = await PendingAsync("P-1");
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("P-2", "P", "prp"))).OrThrow();
        await desk.EvidenceAsync(Sample.Olga, "P-1", "requirements_analysis", "\"done\"");
        await desk.EvidenceAsync(Sample.Olga, "P-1", "acceptance_criteria", "\"it works\"");

        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-2", "development"))).ShouldBe(["MISSING", "MISSING"]);
    }

    [Fact]
    public async Task Error_strings__a_refusal_is_a_result_with_code_and_the_next_call_and_is_kept()
    {
        var desk = await PendingAsync("P-1");

        var refused = await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "development") { RequestId = "r" });

        refused.Refusals[0].ShouldBe(new Refusal(
            "MISSING", "evidence.requirements_analysis", "requirements_analysis (text), value 1 bytes or more", "nothing", "whoever claims it", "referee evidence P-1 requirements_analysis <value>"));
        var kept = (await desk.SendAsync("XRANGE", desk.Shards[0].Refusals, "-", "+"))[0][1];
        (kept["kind"].AsText(), kept["item"].AsText(), kept["principal"].AsText()).ShouldBe(("refused", "P-1", "ann"));
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("nobody", "development"))).Code.ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task Refusals_without_end__a_looping_agent_does_not_fill_the_store()
    {
        var desk = await PendingAsync("P-1");
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "development"))).Ok.ShouldBeFalse();
        var before = await desk.RecordAsync("P-1");
        var script = PolicyCompiler.Compile(BuiltInPolicies.Prp, new StageNumbers(BuiltInPolicies.Prp.Stages));
        var sha = (await desk.SendAsync("SCRIPT", "LOAD", script.PromoteSource)).AsText();
        var keys = desk.Shards[0];
        var call = new RedisRequest("EVALSHA", sha, 5, keys.Items, keys.Index, keys.Audit, keys.Refusals, keys.Dependencies, "promote", "P-1", "development", "", "", "ann", "1", "", "", "");
        for (var i = 0; i < 60; i++)
        {
            await store.Executor.SendBatchAsync([.. Enumerable.Repeat(call, 250)]);
        }

        (await desk.SendAsync("XLEN", keys.Refusals)).AsInteger().ShouldBeInRange(10_000, 10_200);
        (await desk.SendAsync("XLEN", keys.Audit)).AsInteger().ShouldBe(0);
        (await desk.RecordAsync("P-1")).ShouldBe(before);
    }

    [Fact]
    public async Task Schema_without_versions__an_item_is_judged_by_the_policy_it_entered_under()
    {
        var desk = await PendingAsync("P-1");
        var stricter = PolicyReader.FromYaml(BuiltInPolicies.Document("prp").Replace("version: 1", "version: 2", StringComparison.Ordinal)
            .Replace("{ evidence: acceptance_criteria, minLength: 1 }", "{ evidence: acceptance_criteria, minLength: 50 }", StringComparison.Ordinal));
        await desk.WithPolicyAsync(stricter);
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("P-2", "P", "prp"))).OrThrow();
        foreach (var item in (string[])["P-1", "P-2"])
        {
            await desk.EvidenceAsync(Sample.Olga, item, "requirements_analysis", "\"done\"");
            await desk.EvidenceAsync(Sample.Olga, item, "acceptance_criteria", "\"it works\"");
        }

        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "development"))).OrThrow();
        Codes(await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-2", "development"))).ShouldBe(["VALUE"]);
        (await desk.ListWorkflowsAsync()).OrThrow().Workflows.ShouldHaveSingleItem().Version.ShouldBe(2);
    }

    [Fact]
    public async Task Stage_names_parsed_from_keys__hyphens_dots_and_lua_words_are_names_like_any_other()
    {
        var policy = PolicyReader.FromYaml(
            """
            workflow: names
            stages: [in-review.v2, "end", nil-or_true, "0"]
            edges:
              - { from: in-review.v2, to: "end", claim: optional }
              - { from: "end", to: nil-or_true, claim: optional }
              - { from: nil-or_true, to: "0", claim: optional }
            """);
        var desk = await store.NewProject().WithPolicyAsync(policy);
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("n.1-x_Y", "N", "names"))).OrThrow();
        foreach (var stage in policy.Stages.Skip(1))
        {
            (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("n.1-x_Y", stage))).OrThrow();
        }

        (await desk.HistoryAsync("n.1-x_Y")).OrThrow().Records.Select(record => record.To).ShouldBe(["0", "nil-or_true", "end"]);
    }

    [Fact]
    public async Task Keys_across_slots__all_keys_of_a_shard_carry_one_tag_and_scripts_build_none()
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.Prp);
        desk.Shards[0].All.ShouldAllBe(key => key.StartsWith($"ref:{desk.Shards[0].Tag}:", StringComparison.Ordinal));
        var compiled = PolicyCompiler.Compile(BuiltInPolicies.Prp, new StageNumbers(BuiltInPolicies.Prp.Stages));
        foreach (var source in (string[])[compiled.PromoteSource, compiled.SendBackSource, compiled.ApproveSource])
        {
            source.ShouldNotContain("'ref:");
        }
    }

    [Fact]
    public async Task Callers_clock__the_only_time_in_a_record_is_the_servers()
    {
        var before = await store.NowAsync();
        var desk = await InDevelopmentAsync("P-1");
        var after = await store.NowAsync();

        (await desk.HistoryAsync("P-1")).OrThrow().Records[0].At.ShouldBeInRange(before, after);
        typeof(PromoteRequest).GetProperties().ShouldAllBe(property => !property.Name.EndsWith("At", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Format_newer__an_item_of_a_later_program_is_left_untouched()
    {
        var desk = await PendingAsync("P-1");
        (await desk.ExplainAsync(Sample.Ann, new ExplainRequest("P-1", null))).OrThrow();
        var bytes = (await desk.RecordAsync("P-1")).ToBytes();
        bytes[0] = 2;
        await desk.SendAsync("HSET", desk.Shards[0].Items, "r:P-1", bytes);

        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest("P-1", "development"))).Code.ShouldBe("FORMAT_NEWER");
        (await desk.SendBackAsync(Sample.Ann, new SendBackRequest("P-1", "pending", "x"))).Code.ShouldBe("FORMAT_NEWER");
        (await desk.SendAsync("HGET", desk.Shards[0].Items, "r:P-1")).AsBytes().ToArray().ShouldBe(bytes);
    }

    private async Task<Coordinator> PendingAsync(string item)
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.Prp);
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest(item, $"Item {item}", "prp"))).OrThrow();
        return desk;
    }

    private async Task<Coordinator> InDevelopmentAsync(string item)
    {
        var desk = await PendingAsync(item);
        await desk.EvidenceAsync(Sample.Olga, item, "requirements_analysis", "\"done\"");
        await desk.EvidenceAsync(Sample.Olga, item, "acceptance_criteria", "\"it works\"");
        (await desk.PromoteAsync(Sample.Olga, new PromoteRequest(item, "development"))).OrThrow();
        (await desk.ClaimAsync(Sample.Ann, new ClaimRequest { Item = item })).OrThrow().Fence.ShouldBe(1);
        return desk;
    }

    private static async Task ThroughValidateAsync(Coordinator desk, string item)
    {
        await desk.SubjectAsync(item, 1, "tree-1");
        await desk.EvidenceAsync(Sample.Ann, item, "implementation_complete", "true", "tree-1", 1);
        await desk.EvidenceAsync(Sample.Ann, item, "local_validation", "true", "tree-1", 1);
        await desk.EvidenceAsync(Sample.Ann, item, "branch_name", "\"work/p-1\"", "tree-1", 1);
        (await desk.PromoteAsync(Sample.Ann, new PromoteRequest(item, "integration") { Fence = 1 })).OrThrow();
        var claim = (await desk.ClaimAsync(Ivan, new ClaimRequest { Item = item })).OrThrow();
        await desk.EvidenceAsync(Sample.Ci, item, "smoke_ci_passed", "true", "tree-1");
        await desk.EvidenceAsync(Ivan, item, "merge_commit", "\"0123abcd\"", "tree-1", claim.Fence);
        (await desk.PromoteAsync(Ivan, new PromoteRequest(item, "validate") { Fence = claim.Fence })).OrThrow();
    }

    private static IEnumerable<string> Codes<T>(Result<T> result)
        where T : class => result.Refusals.Select(refusal => refusal.Code);
}
