// Defects seen in real queues and in the scripts this project replaces, each as a test that fails if it comes back.
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Evalsha.Client;
using Referee.Records;
using Referee.Work;
using static Referee.Tests.Sample;

namespace Referee.Tests.Work;

public abstract partial class SeedDefectTests(StoreFixture store)
{
    private static EvidenceRequest Built(long? fence, string json = "true") => new("a", "built", Json(json)) { Fence = fence };

    [Fact]
    public async Task Keys_expired_and_took_the_audit_trail_with_them__here_no_key_ever_expires()
    {
        var project = await UseEverythingAsync();

        foreach (var key in await StoredKeysAsync(project))
        {
            (await project.SendAsync("PTTL", key)).AsInteger().ShouldBe(-1, key);
        }
    }

    [Fact]
    public async Task Keys_were_built_inside_scripts_without_a_common_tag__here_nothing_lies_outside_the_declared_keys()
    {
        var project = await UseEverythingAsync();

        var stored = await StoredKeysAsync(project);
        stored.ShouldBeSubsetOf(project.Shards[0].All);
        stored.Count.ShouldBe(11, "all but the audit stream, which only decisions write");
    }

    [Fact]
    public async Task Every_call_sent_the_whole_script__here_only_digests_travel_once_loaded()
    {
        var project = await UseEverythingAsync();
        var before = await CallsAsync(project);
        for (var i = 0; i < 10; i++)
        {
            await project.ClaimAsync(Ann, new ClaimRequest());
        }

        var after = await CallsAsync(project);
        (after.GetValueOrDefault("evalsha") - before.GetValueOrDefault("evalsha")).ShouldBe(10);
        after.GetValueOrDefault("eval").ShouldBe(0);
        after.GetValueOrDefault("script|load").ShouldBe(before.GetValueOrDefault("script|load"));
    }

    [Fact]
    public async Task An_item_was_popped_and_then_pushed_elsewhere_and_a_crash_between_lost_it__here_a_claim_is_one_call()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("b"));
        await project.ClaimAsync(Ann, new ClaimRequest());
        var before = await CallsAsync(project);

        (await project.ClaimAsync(Bob, new ClaimRequest { RequestId = "one" })).OrThrow();

        var after = await CallsAsync(project);
        (after["evalsha"] - before["evalsha"]).ShouldBe(1);
    }

    [Fact]
    public async Task Cost_grew_with_the_depth_of_the_queue__here_a_claim_takes_the_same_commands_at_3000_items_as_at_3()
    {
        var small = await ClaimCostAsync(3);
        var large = await ClaimCostAsync(3000);

        large.ShouldBe(small);
    }

    [Fact]
    public async Task Priority_was_accepted_and_ignored__here_the_urgent_goes_first_and_a_requeued_item_keeps_its_place()
    {
        var project = await store.NewProject().WithItemsAsync(Item("low", 1), Item("mid1", 5), Item("mid2", 5), Item("high", 9));
        (await project.ClaimAsync(Ann, new ClaimRequest())).OrThrow().Item.ShouldBe("high");
        (await project.ClaimAsync(Ann, new ClaimRequest())).OrThrow().Item.ShouldBe("mid1");
        (await project.ReleaseAsync(Ann, new ReleaseRequest("mid1", 1))).OrThrow();

        (await project.ClaimAsync(Ann, new ClaimRequest())).OrThrow().Item.ShouldBe("mid1");
    }

    [Fact]
    public async Task Reassigned_work_still_belonged_to_the_dead_worker__here_only_the_new_holder_can_touch_it()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        var lost = (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 1 })).OrThrow();
        await store.PassAsync(lost.LeaseUntil);
        (await project.ClaimAsync(Bob, new ClaimRequest())).OrThrow();

        (await project.RenewAsync(Ann, new RenewRequest("a", lost.Fence))).Code.ShouldBe(RefusalCodes.StaleFence);
        (await project.ReleaseAsync(Ann, new ReleaseRequest("a", lost.Fence))).Code.ShouldBe(RefusalCodes.StaleFence);
        (await project.ReleaseAsync(Ann, new ReleaseRequest("a", 2))).Code.ShouldBe(RefusalCodes.NotHolder, "a guessed number does not help");
        (await project.SetSubjectAsync(Ann, new SubjectRequest("a", lost.Fence, "x"))).Code.ShouldBe(RefusalCodes.StaleFence);
        (await project.ParkAsync(Ann, new ParkRequest("a") { Fence = lost.Fence })).Code.ShouldBe(RefusalCodes.StaleFence);
        (await project.ShowAsync("a")).OrThrow().Holder.ShouldBe("bob");
        (await project.SendAsync("ZCARD", project.Shards[0].Leases)).AsInteger().ShouldBe(1);
    }

    [Fact]
    public async Task The_same_worker_back_with_its_old_number_was_let_in__here_a_name_is_no_fence()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        var lost = (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 1 })).OrThrow();
        await store.PassAsync(lost.LeaseUntil);
        (await project.ClaimAsync(Ann, new ClaimRequest())).OrThrow().Fence.ShouldBe(2);

        (await project.SubmitEvidenceAsync(Ann, Built(lost.Fence))).Code.ShouldBe(RefusalCodes.StaleFence);
    }

    [Fact]
    public async Task One_timeout_deleted_the_whole_inflight_list__here_each_lease_ends_alone()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("b"));
        (await project.ClaimAsync(Bob, new ClaimRequest { Item = "b" })).OrThrow();
        var lost = (await project.ClaimAsync(Ann, new ClaimRequest { Item = "a", LeaseMilliseconds = 1 })).OrThrow();
        await store.PassAsync(lost.LeaseUntil);

        (await project.ClaimAsync(Olga, new ClaimRequest())).OrThrow().Item.ShouldBe("a");

        (await project.RecordAsync("b")).Holder.ShouldBe("bob");
        (await project.RenewAsync(Bob, new RenewRequest("b", 1))).OrThrow();
    }

    [Fact]
    public async Task A_late_result_was_dropped__here_every_one_is_kept_even_two_in_one_instant()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => project.SubmitEvidenceAsync(Ann, new EvidenceRequest("a", "count", Json($"{i}")) { Fence = 3 }).AsTask()));

        (await project.OrphansAsync()).OrThrow().Orphans.Select(orphan => orphan.Value!.GetValue<int>()).Order().ShouldBe(Enumerable.Range(0, 20));
    }

    [Fact]
    public async Task A_lost_reply_made_a_second_item__here_a_retry_is_the_same_request()
    {
        var project = await store.NewProject().WithWorkflowAsync();
        var request = Item("a") with { RequestId = "once" };

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => project.SubmitAsync(Ann, request).AsTask()));

        answers.ShouldAllBe(answer => answer.Ok);
        (await project.SendAsync("ZCARD", project.Shards[0].Index)).AsInteger().ShouldBe(1);
    }

    [Fact]
    public async Task Done_ids_lay_in_one_set_whose_expiry_forgot_them_all__here_a_name_stays_taken_after_the_item_is_done()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        await project.FinishAsync("a");

        (await project.SubmitAsync(Ann, Item("a"))).Code.ShouldBe(RefusalCodes.Duplicate);
    }

    [Fact]
    public async Task Text_that_said_false_counted_as_true__here_it_is_no_boolean()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        foreach (var json in new[] { "\"false\"", "\"no\"", "0", "null", "\"true\"", "1" })
        {
            (await project.SubmitEvidenceAsync(Ci, Built(null, json))).Code.ShouldBe(RefusalCodes.Type, json);
        }
    }

    [Fact]
    public void Callers_sent_their_own_clock_and_their_own_identity__here_no_request_can_carry_either()
    {
        var requests = typeof(SubmitRequest).Assembly.GetTypes()
            .Where(type => type.Namespace == "Referee.Work" && (type.Name.EndsWith("Request", StringComparison.Ordinal) || type == typeof(OrphanDecision)));
        foreach (var property in requests.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)))
        {
            Forbidden().IsMatch(property.Name).ShouldBeFalse($"{property.DeclaringType!.Name}.{property.Name}");
        }
    }

    private static async Task<IReadOnlyList<string>> StoredKeysAsync(Coordinator project)
    {
        var all = await project.SendAsync("KEYS", $"*{project.Shards[0].Tag}*");
        return [.. all.Items.Select(key => key.AsText())];
    }

    private static async Task<Dictionary<string, long>> CallsAsync(Coordinator project)
    {
        var info = (await project.SendAsync("INFO", "commandstats")).AsText();
        return CommandCalls().Matches(info).ToDictionary(line => line.Groups[1].Value, line => long.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    private async Task<string> ClaimCostAsync(int depth)
    {
        var project = await store.NewProject().WithItemsAsync([.. Enumerable.Range(0, depth).Select(i => Item($"i{i}", i % 256))]);
        await project.ClaimAsync(Ann, new ClaimRequest());
        var before = await CallsAsync(project);
        (await project.ClaimAsync(Ann, new ClaimRequest())).OrThrow();
        var after = await CallsAsync(project);
        return string.Join(", ", after.Where(call => call.Key != "info" && call.Value != before.GetValueOrDefault(call.Key))
            .Select(call => $"{call.Key}={call.Value - before.GetValueOrDefault(call.Key)}").Order(StringComparer.Ordinal));
    }

    /// <summary>A project in which every script of the work side ran and wrote.</summary>
    private async Task<Coordinator> UseEverythingAsync()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a") with { Labels = ["x"], RequestId = "r1" }, Item("b", 1, "a"), Item("c"));
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "a", RequestId = "r2" })).OrThrow();
        (await project.RenewAsync(Ann, new RenewRequest("a", 1))).OrThrow();
        (await project.SetSubjectAsync(Ann, new SubjectRequest("a", 1, "tree"))).OrThrow();
        (await project.SubmitEvidenceAsync(Ann, new EvidenceRequest("a", "summary", Json($"\"{new string('x', 999)}\"")) { Fence = 1 })).OrThrow();
        (await project.SubmitEvidenceAsync(Ann, Built(7))).Code.ShouldBe(RefusalCodes.StaleFence);
        (await project.SubmitEvidenceAsync(Ann, Built(8))).Code.ShouldBe(RefusalCodes.StaleFence);
        (await project.DecideOrphanAsync(Olga, new OrphanDecision("a", (await project.OrphansAsync()).OrThrow().Orphans[0].Orphan, Accept: true))).OrThrow();
        (await project.ReleaseAsync(Ann, new ReleaseRequest("a", 1) { Note = "note" })).OrThrow();
        (await project.ParkAsync(Olga, new ParkRequest("c") { Reason = "why" })).OrThrow();
        (await project.Principals.AddAsync(new Referee.Fleet.Principal("ann", Referee.Fleet.PrincipalKind.Agent, []))).OrThrow();
        var lost = (await project.ClaimAsync(Ann, new ClaimRequest { Item = "a", LeaseMilliseconds = 1 })).OrThrow();
        await store.PassAsync(lost.LeaseUntil);
        (await project.ClaimAsync(Bob, new ClaimRequest { Item = "a" })).OrThrow();
        return project;
    }

    [GeneratedRegex(@"cmdstat_([^:]+):calls=(\d+)")]
    private static partial Regex CommandCalls();

    [GeneratedRegex("^(Now|At|Time|Timestamp|Clock|Principal|Agent|Worker|Holder|Role|Roles|Tier|Issuer|Verified|From|Source|Queue|Policy)$")]
    private static partial Regex Forbidden();
}

public sealed class SeedDefectOnRedisTests(RealRedisStore store) : SeedDefectTests(store), IClassFixture<RealRedisStore>;

public sealed class SeedDefectOnEmbeddedTests(EmbeddedStore store) : SeedDefectTests(store), IClassFixture<EmbeddedStore>;

public sealed class SeedDefectOnClusterTests(ClusterNodeStore store) : SeedDefectTests(store), IClassFixture<ClusterNodeStore>;
