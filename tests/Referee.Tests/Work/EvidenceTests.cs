// Submitting evidence: types exact, stamped by the host, fenced, late results kept, the subject of the work.
using System.Text;
using Evalsha.Client;
using Referee.Records;
using Referee.Work;
using static Referee.Tests.Sample;

namespace Referee.Tests.Work;

public abstract class EvidenceTests(StoreFixture store)
{
    private async Task<Coordinator> ClaimedAsync(long lease = 600_000)
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "a", LeaseMilliseconds = lease })).OrThrow();
        return project;
    }

    private static EvidenceRequest Evidence(string kind, string json, long? fence = 1, string subject = "") =>
        new("a", kind, Json(json)) { Fence = fence, Subject = subject };

    [Fact]
    public async Task Every_type_is_kept_as_it_was_given()
    {
        var project = await ClaimedAsync();
        foreach (var (kind, json) in new[]
        {
            ("tests", """{"total":12,"failed":0}"""), ("summary", "\"false\""), ("score", "0.25"), ("built", "false"), ("seen", "null"), ("count", "0"),
        })
        {
            (await project.SubmitEvidenceAsync(Ann, Evidence(kind, json))).OrThrow();
        }

        var shown = (await project.ShowAsync("a")).OrThrow().Evidence.ToDictionary(evidence => evidence.Kind, evidence => evidence.Value?.ToJsonString());
        shown.ShouldBe(new Dictionary<string, string?>
        {
            ["built"] = "false", ["count"] = "0", ["score"] = "0.25", ["seen"] = null, ["summary"] = "\"false\"", ["tests"] = """{"failed":0,"total":12}""",
        });
    }

    [Fact]
    public async Task Every_type_is_kept_as_text_when_it_is_text_only()
    {
        var project = await ClaimedAsync();
        (await project.SubmitEvidenceAsync(Ann, Evidence("tests", """{"total":1,"failed":1,"note":"ä\u0000ö"}"""))).OrThrow();

        (await project.ShowAsync("a")).OrThrow().Evidence.Single().Value!["note"]!.GetValue<string>().ShouldBe("ä\0ö");
    }

    [Theory]
    [InlineData("built", "\"true\"", "TYPE")]
    [InlineData("built", "1", "TYPE")]
    [InlineData("built", "null", "TYPE")]
    [InlineData("count", "1.5", "TYPE")]
    [InlineData("count", "1e300", "TYPE")]
    [InlineData("score", "1e999", "TYPE")]
    [InlineData("score", "\"1\"", "TYPE")]
    [InlineData("seen", "false", "TYPE")]
    [InlineData("summary", "[]", "TYPE")]
    [InlineData("summary", "\"\\ud800\"", "TYPE")]
    [InlineData("tests", "12", "TYPE")]
    [InlineData("tests", "{\"total\":1}", "MISSING")]
    [InlineData("tests", "{\"total\":1,\"failed\":\"0\"}", "TYPE")]
    [InlineData("tests", "{\"total\":1,\"failed\":null}", "TYPE")]
    [InlineData("tests", "{\"total\":1,\"failed\":0,\"extra\":1}", "TYPE")]
    [InlineData("tests", "{\"total\":1,\"failed\":0,\"failed\":0}", "TYPE")]
    [InlineData("unheard", "1", "UNKNOWN_KIND")]
    [InlineData("bad kind", "1", "BAD_NAME")]
    public async Task What_the_policy_does_not_declare_is_refused_with_a_code(string kind, string json, string code)
    {
        var project = await ClaimedAsync();

        var answer = await project.SubmitEvidenceAsync(Ann, Evidence(kind, json));

        answer.Code.ShouldBe(code);
        answer.Refusals[0].Path.ShouldNotBeEmpty();
        (await project.ShowAsync("a")).OrThrow().Evidence.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_text_over_256_bytes_lies_in_the_details_with_its_digest_in_the_slot_and_over_64_KB_is_refused()
    {
        var project = await ClaimedAsync();
        var text = new string('ä', 200);

        var accepted = (await project.SubmitEvidenceAsync(Ann, Evidence("summary", $"\"{text}\""))).OrThrow();

        accepted.Digest.ShouldBe(Convert.ToHexStringLower(System.Security.Cryptography.SHA1.HashData(Encoding.UTF8.GetBytes(text))));
        var view = (await project.ShowAsync("a")).OrThrow().Evidence.Single();
        view.Value!.GetValue<string>().ShouldBe(text);
        view.Digest.ShouldBe(accepted.Digest);
        (await project.SendAsync("HSTRLEN", project.Shards[0].Items, "e:a")).AsInteger().ShouldBeLessThan(200);

        (await project.SubmitEvidenceAsync(Ann, Evidence("summary", "\"short\""))).OrThrow().Digest.ShouldBeEmpty();
        (await project.SendAsync("HEXISTS", project.Shards[0].Details, "a\0summary")).AsInteger().ShouldBe(0, "the old large value is gone");
        (await project.SubmitEvidenceAsync(Ann, Evidence("summary", $"\"{new string('x', 65_537)}\""))).Code.ShouldBe(RefusalCodes.Limit);
    }

    [Fact]
    public async Task Issuer_roles_tier_and_time_come_from_the_host_and_the_server_never_from_the_payload()
    {
        var project = await ClaimedAsync();
        var before = await store.NowAsync();

        (await project.SubmitEvidenceAsync(Ci, Evidence("tests", """{"total":1,"failed":0}""", fence: null, subject: "tree-1"))).OrThrow();

        var view = (await project.ShowAsync("a")).OrThrow().Evidence.Single();
        (view.Issuer, view.Tier, view.Subject).ShouldBe(("ci", Tier.Ci, "tree-1"));
        view.Roles.ShouldBe(["validator"]);
        view.At.ShouldBeInRange(before, await store.NowAsync());
        (await project.SubmitEvidenceAsync(Ann, Evidence("tests", """{"total":1,"failed":0,"tier":"ci"}"""))).Code.ShouldBe(RefusalCodes.Type);
    }

    [Fact]
    public async Task What_a_worker_reports_of_itself_needs_its_own_current_claim()
    {
        var project = await ClaimedAsync();

        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "true", fence: null))).Code.ShouldBe(RefusalCodes.NotClaimed);
        (await project.SubmitEvidenceAsync(Bob, Evidence("built", "true"))).Code.ShouldBe(RefusalCodes.NotHolder);
        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "true", fence: 2))).Code.ShouldBe(RefusalCodes.StaleFence);
        (await project.ReleaseAsync(Ann, new ReleaseRequest("a", 1))).OrThrow();
        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "true"))).Code.ShouldBe(RefusalCodes.NotClaimed);
    }

    [Fact]
    public async Task A_lower_tier_never_replaces_a_higher_one_about_the_same_subject()
    {
        var project = await ClaimedAsync();
        (await project.SubmitEvidenceAsync(Ci, Evidence("built", "false", fence: null, subject: "tree-1"))).OrThrow();

        var refused = await project.SubmitEvidenceAsync(Ann, Evidence("built", "true", subject: "tree-1"));

        refused.Code.ShouldBe(RefusalCodes.Tier);
        refused.Refusals[0].Path.ShouldBe("evidence.built");
        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "true", subject: "tree-2"))).OrThrow();
        (await project.SubmitEvidenceAsync(Ci, Evidence("built", "true", fence: null, subject: "tree-2"))).OrThrow();
    }

    [Fact]
    public async Task After_the_lease_ran_out_the_current_fence_still_counts_until_somebody_else_claims()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("z", 0));
        var claim = (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 1 })).OrThrow();
        await store.PassAsync(claim.LeaseUntil);

        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "true"))).OrThrow();
        (await project.ClaimAsync(Bob, new ClaimRequest { Item = "z" })).OrThrow(); // Sweeps a back to ready.
        (await project.ShowAsync("a")).OrThrow().State.ShouldBe(WorkState.Ready);
        (await project.SubmitEvidenceAsync(Ann, Evidence("count", "1"))).OrThrow();

        (await project.ClaimAsync(Bob, new ClaimRequest { Item = "a" })).OrThrow().Fence.ShouldBe(2);
        (await project.SubmitEvidenceAsync(Ann, Evidence("count", "2"))).Code.ShouldBe(RefusalCodes.StaleFence);
    }

    [Fact]
    public async Task A_result_of_a_lost_claim_is_kept_and_a_person_may_accept_it()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        var lost = (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 1 })).OrThrow();
        await store.PassAsync(lost.LeaseUntil);
        (await project.ClaimAsync(Bob, new ClaimRequest())).OrThrow();
        var text = new string('x', 300);

        var late = await project.SubmitEvidenceAsync(Ann, Evidence("summary", $"\"{text}\"", lost.Fence, "tree-1"));

        late.Code.ShouldBe(RefusalCodes.StaleFence);
        late.Refusals[0].Next.ShouldBe("referee orphans a");
        var orphan = (await project.OrphansAsync("a")).OrThrow().Orphans.Single();
        orphan.ShouldSatisfyAllConditions(
            () => orphan.Principal.ShouldBe("ann"),
            () => orphan.Kind.ShouldBe("summary"),
            () => orphan.Fence.ShouldBe(1),
            () => orphan.CurrentFence.ShouldBe(2),
            () => orphan.Subject.ShouldBe("tree-1"),
            () => orphan.Value!.GetValue<string>().ShouldBe(text),
            () => orphan.Digest.Length.ShouldBe(40),
            () => orphan.Acceptable.ShouldBeTrue());
        (await project.ShowAsync("a")).OrThrow().Evidence.ShouldBeEmpty();

        (await project.DecideOrphanAsync(Bob, new OrphanDecision("a", orphan.Orphan, Accept: true))).Code.ShouldBe(RefusalCodes.Forbidden);
        (await project.DecideOrphanAsync(Olga, new OrphanDecision("a", orphan.Orphan, Accept: true) { Reason = "good work" })).OrThrow().Accepted.ShouldBeTrue();

        var view = (await project.ShowAsync("a")).OrThrow().Evidence.Single();
        (view.Issuer, view.Tier, view.Value!.GetValue<string>()).ShouldBe(("ann", Tier.SelfReported, text));
        (await project.OrphansAsync()).OrThrow().Orphans.ShouldBeEmpty();
        (await project.DecideOrphanAsync(Olga, new OrphanDecision("a", orphan.Orphan, Accept: true))).Code.ShouldBe(RefusalCodes.Missing);
        (await project.SendAsync("XREVRANGE", project.Shards[0].Refusals, "+", "-", "COUNT", 1))[0][1].AsMap()["kind"].AsText().ShouldBe("orphan_accepted");
    }

    [Fact]
    public async Task Of_a_late_result_over_4_KB_only_the_digest_is_kept_and_it_can_only_be_sent_away()
    {
        var project = await ClaimedAsync();
        await project.SubmitEvidenceAsync(Ann, Evidence("summary", $"\"{new string('x', 5000)}\"", fence: 9));
        var orphan = (await project.OrphansAsync()).OrThrow().Orphans.Single();
        (orphan.Acceptable, orphan.Value, orphan.Digest.Length).ShouldBe((false, null, 40));

        (await project.DecideOrphanAsync(Olga, new OrphanDecision("a", orphan.Orphan, Accept: true))).Code.ShouldBe(RefusalCodes.Limit);
        (await project.DecideOrphanAsync(Olga, new OrphanDecision("b", orphan.Orphan, Accept: false))).Code.ShouldBe(RefusalCodes.Missing, "not this item's");
        (await project.DecideOrphanAsync(Olga, new OrphanDecision("a", "nonsense", Accept: false))).Code.ShouldBe(RefusalCodes.Missing);
        (await project.DecideOrphanAsync(Olga, new OrphanDecision("a", orphan.Orphan, Accept: false))).OrThrow().Accepted.ShouldBeFalse();
        (await project.OrphansAsync()).OrThrow().Orphans.ShouldBeEmpty();
    }

    [Fact]
    public async Task Orphans_come_in_pages()
    {
        var project = await ClaimedAsync();
        for (var i = 0; i < 5; i++)
        {
            await project.SubmitEvidenceAsync(Ann, Evidence("count", $"{i}", fence: 7));
        }

        var first = (await project.OrphansAsync(limit: 3)).OrThrow();
        var second = (await project.OrphansAsync(cursor: first.Cursor, limit: 3)).OrThrow();

        first.Orphans.Concat(second.Orphans).Select(orphan => orphan.Value!.GetValue<int>()).ShouldBe([0, 1, 2, 3, 4]);
        second.Cursor.ShouldBeEmpty();
        (await project.OrphansAsync(cursor: "x")).Code.ShouldBe(RefusalCodes.Value);
    }

    [Fact]
    public async Task The_holder_sets_what_the_work_is_and_becomes_an_author()
    {
        var project = await ClaimedAsync();

        var set = (await project.SetSubjectAsync(Ann, new SubjectRequest("a", 1, "tree-1"))).OrThrow();
        var again = (await project.SetSubjectAsync(Ann, new SubjectRequest("a", 1, "tree-1"))).OrThrow();

        again.ShouldBe(set, "the same subject again changes nothing, so it makes no evidence stale");
        (await project.SetSubjectAsync(Bob, new SubjectRequest("a", 1, "tree-2"))).Code.ShouldBe(RefusalCodes.NotHolder);
        (await project.SetSubjectAsync(Ann, new SubjectRequest("a", 9, "tree-2"))).Code.ShouldBe(RefusalCodes.StaleFence);
        (await project.SetSubjectAsync(Ann, new SubjectRequest("a", 1, ""))).Code.ShouldBe(RefusalCodes.Missing);
        (await project.SetSubjectAsync(Ann, new SubjectRequest("a", 1, "a b"))).Code.ShouldBe(RefusalCodes.Value);
        var record = await project.RecordAsync("a");
        (record.Subject, record.WorkedAt).ShouldBe(("tree-1", set.WorkedAt));
        record.Authors.ShouldBe(["ann"]);
    }

    [Fact]
    public async Task Evidence_that_sets_the_subject_is_as_new_as_the_work()
    {
        var project = await ClaimedAsync();

        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "true", subject: "tree-1") with { SetSubject = true })).OrThrow();

        var view = (await project.ShowAsync("a")).OrThrow();
        view.Subject.ShouldBe("tree-1");
        view.Evidence.Single().At.ShouldBe(view.WorkedAt);
        (await project.SubmitEvidenceAsync(Ci, Evidence("built", "true", fence: null, subject: "tree-2") with { SetSubject = true })).Code.ShouldBe(RefusalCodes.NotClaimed);
        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "true") with { SetSubject = true })).Code.ShouldBe(RefusalCodes.Missing);
    }

    [Fact]
    public async Task A_retried_submission_is_answered_and_not_done_again()
    {
        var project = await ClaimedAsync();
        var request = Evidence("count", "1") with { RequestId = "e-1" };

        var first = (await project.SubmitEvidenceAsync(Ann, request)).OrThrow();
        var retried = (await project.SubmitEvidenceAsync(Ann, request)).OrThrow();

        retried.ShouldBe(first);
        (await project.RecordAsync("a")).Version.ShouldBe(first.Version);
        for (var i = 0; i < 4; i++)
        {
            (await project.SubmitEvidenceAsync(Ann, Evidence("count", $"{i}") with { RequestId = $"later-{i}" })).OrThrow();
        }

        (await project.SubmitEvidenceAsync(Ann, request)).OrThrow().Version.ShouldBe(first.Version + 5, "a record remembers the last four");
    }

    [Fact]
    public async Task A_process_that_guesses_another_policy_finds_the_pinned_one()
    {
        var project = await ClaimedAsync();
        const string other = "ffffffffffffffffffffffffffffffffffffffff";
        (await project.RegisterPolicyAsync("plain", other, """{"workflow":"plain","stages":["ready"],"evidence":{"built":{"type":"text"}}}""", ["ready"])).ShouldBeNull();

        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "true"))).OrThrow();
        (await project.SubmitEvidenceAsync(Ann, Evidence("built", "\"text\""))).Code.ShouldBe(RefusalCodes.Type);
        (await project.SubmitEvidenceAsync(Ann, Evidence("score", "1"))).OrThrow();
        (await project.SubmitEvidenceAsync(Ann, new EvidenceRequest("nobody", "built", Json("true")) { Fence = 1 })).Code.ShouldBe(RefusalCodes.NotFound);
    }
}

public sealed class EvidenceOnRedisTests(RealRedisStore store) : EvidenceTests(store), IClassFixture<RealRedisStore>;

public sealed class EvidenceOnEmbeddedTests(EmbeddedStore store) : EvidenceTests(store), IClassFixture<EmbeddedStore>;
