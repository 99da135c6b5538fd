// Submitting, renewing, releasing, parking; dependencies; and what can be read of a queue.
using System.Text.Json;
using Evalsha.Client;
using Referee.Records;
using Referee.Work;
using static Referee.Tests.Sample;

namespace Referee.Tests.Work;

public abstract class QueueTests(StoreFixture store)
{
    [Fact]
    public async Task A_new_item_is_ready_in_the_first_stage_and_shows_all_it_was_given()
    {
        var project = await store.NewProject().WithWorkflowAsync();

        var submitted = (await project.SubmitAsync(Ann, Item("a", 7) with { Body = "text", Labels = ["lua"], AcceptanceCriteria = ["one", "two"] })).OrThrow();

        submitted.ShouldBe(new Submitted("a", "ready", WorkState.Ready, 1, 0));
        var view = (await project.ShowAsync("a")).OrThrow();
        view.ShouldSatisfyAllConditions(
            () => view.Title.ShouldBe("Item a"),
            () => view.Body.ShouldBe("text"),
            () => view.Labels.ShouldBe(["lua"]),
            () => view.AcceptanceCriteria.ShouldBe(["one", "two"]),
            () => view.Workflow.ShouldBe("plain"),
            () => view.Policy.ShouldBe(PolicyDigest),
            () => view.Priority.ShouldBe(7),
            () => view.Fence.ShouldBe(0),
            () => view.Holder.ShouldBeEmpty());
        (await project.ScoreAsync("a")).ShouldBe(IndexScore.Of(0, WorkState.Ready, 7, 1));
    }

    [Fact]
    public async Task A_name_is_given_once_and_a_retry_is_no_duplicate()
    {
        var project = await store.NewProject().WithWorkflowAsync();
        var request = Item("a") with { RequestId = "s-1" };

        var first = (await project.SubmitAsync(Ann, request)).OrThrow();

        (await project.SubmitAsync(Ann, request)).OrThrow().ShouldBe(first);
        (await project.SubmitAsync(Ann, Item("a"))).Code.ShouldBe(RefusalCodes.Duplicate);
        (await project.SubmitAsync(Ann, request with { RequestId = "s-2" })).Code.ShouldBe(RefusalCodes.Duplicate);
    }

    [Fact]
    public async Task What_cannot_be_an_item_is_refused_with_its_path()
    {
        var project = await store.NewProject().WithWorkflowAsync();
        var bad = new Dictionary<string, SubmitRequest>
        {
            ["BAD_NAME item"] = Item("a b"),
            ["BAD_NAME workflow"] = Item("a") with { Workflow = PolicyDigest },
            ["NOT_FOUND workflow"] = Item("a") with { Workflow = "nothing" },
            ["MISSING title"] = Item("a") with { Title = " " },
            ["LIMIT title"] = Item("a") with { Title = new string('x', 257) },
            ["LIMIT body"] = Item("a") with { Body = new string('ä', 40_000) },
            ["VALUE priority"] = Item("a", 256),
            ["LIMIT dependsOn"] = Item("a", 1, [.. Enumerable.Range(0, 33).Select(i => $"d{i}")]),
            ["BAD_NAME dependsOn"] = Item("a", 1, "x\ny"),
            ["VALUE dependsOn"] = Item("a", 1, "a"),
            ["NOT_FOUND dependsOn"] = Item("a", 1, "nobody"),
            ["VALUE labels"] = Item("a") with { Labels = ["x", "x"] },
            ["BAD_NAME requestId"] = Item("a") with { RequestId = "a/b" },
        };

        foreach (var (wanted, request) in bad)
        {
            var answer = await project.SubmitAsync(Ann, request);
            answer.Ok.ShouldBeFalse(wanted);
            $"{answer.Code} {answer.Refusals[0].Path}".ShouldBe(wanted);
        }

        (await project.ShowAsync("a")).Code.ShouldBe(RefusalCodes.NotFound);
    }

    [Fact]
    public async Task An_item_waits_for_all_it_depends_on_and_not_for_what_is_done()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("b"), Item("old"));
        await project.FinishAsync("old");
        (await project.SubmitAsync(Ann, Item("c", 255, "a", "b", "old"))).OrThrow().ShouldBe(new Submitted("c", "ready", WorkState.Blocked, 1, 2));

        (await project.ShowAsync("c")).OrThrow().BlockedBy.ShouldBe(["a", "b"]);
        await project.FinishAsync("a");
        (await project.ShowAsync("c")).OrThrow().ShouldSatisfyAllConditions(c => c.State.ShouldBe(WorkState.Blocked), c => c.BlockedBy.ShouldBe(["b"]));
        await project.FinishAsync("b");

        (await project.ShowAsync("c")).OrThrow().State.ShouldBe(WorkState.Ready);
        (await project.ClaimAsync(Ann, new ClaimRequest())).OrThrow().Item.ShouldBe("c");
    }

    [Fact]
    public async Task More_than_64_children_are_freed_by_the_claims_that_follow()
    {
        var project = await store.NewProject().WithItemsAsync([Item("a"), .. Enumerable.Range(0, 150).Select(i => Item($"c{i}", 10, "a"))]);

        await project.FinishAsync("a");
        (await ReadyAsync(project)).ShouldBe(64);
        await project.ClaimAsync(Ann, new ClaimRequest());
        (await ReadyAsync(project)).ShouldBe(127);
        await project.ClaimAsync(Ann, new ClaimRequest());

        (await ReadyAsync(project)).ShouldBe(148);
        (await project.SendAsync("ZCARD", project.Shards[0].Dependencies)).AsInteger().ShouldBe(0);
    }

    [Fact]
    public async Task Renewing_moves_the_end_and_leaves_the_version()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        var claim = (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 1000 })).OrThrow();

        var renewed = (await project.RenewAsync(Ann, new RenewRequest("a", 1) { LeaseMilliseconds = 60_000 })).OrThrow();

        renewed.LeaseUntil.ShouldBeGreaterThan(claim.LeaseUntil);
        (await project.RecordAsync("a")).Version.ShouldBe(claim.Version);
        (await project.SendAsync("ZSCORE", project.Shards[0].Leases, "a")).AsInteger().ShouldBe(renewed.LeaseUntil);
    }

    [Fact]
    public async Task A_batch_of_renewals_answers_each_on_its_own()
    {
        var project = await store.NewProject(shardCount: 3).WithItemsAsync(Item("a"), Item("b"), Item("c"), Item("d"));
        foreach (var (caller, item) in new[] { (Ann, "a"), (Ann, "b"), (Bob, "c") })
        {
            (await project.ClaimAsync(caller, new ClaimRequest { Item = item })).OrThrow();
        }

        var answers = (await project.RenewAllAsync(
            Ann, [new("a", 1), new("b", 7), new("c", 1), new("d", 0), new("e", 1), new("x y", 1), new("a", 1) { LeaseMilliseconds = -5 }])).OrThrow().Answers;

        answers.Select(answer => answer.Refused?.Code ?? "OK").ShouldBe(["OK", "STALE_FENCE", "NOT_HOLDER", "NOT_CLAIMED", "NOT_FOUND", "BAD_NAME", "LIMIT"]);
        (await project.RenewAllAsync(Ann, [.. Enumerable.Range(0, 65).Select(i => new RenewRequest($"i{i}", 1))])).Code.ShouldBe(RefusalCodes.Limit);
    }

    [Fact]
    public async Task A_lease_that_ran_out_and_was_swept_is_renewed_as_long_as_nobody_took_the_item()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("z", 0));
        var claim = (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 1 })).OrThrow();
        await store.PassAsync(claim.LeaseUntil);
        (await project.ClaimAsync(Bob, new ClaimRequest { Item = "z" })).OrThrow();
        (await project.RecordAsync("a")).State.ShouldBe(WorkState.Ready);

        (await project.RenewAsync(Ann, new RenewRequest("a", 1))).OrThrow();

        (await project.RecordAsync("a")).State.ShouldBe(WorkState.Claimed);
        (await project.ScoreAsync("a")).ShouldBe(IndexScore.Of(0, WorkState.Claimed, 100, 1));
        (await project.ClaimAsync(Bob, new ClaimRequest { Item = "a" })).Code.ShouldBe(RefusalCodes.Claimed);
    }

    [Fact]
    public async Task A_released_item_goes_back_to_its_old_place_with_a_note_for_the_next()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("b"));
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "a" })).OrThrow();
        (await project.ReleaseAsync(Bob, new ReleaseRequest("a", 1))).Code.ShouldBe(RefusalCodes.NotHolder);
        var request = new ReleaseRequest("a", 1) { Note = "half done", RequestId = "rel-1" };

        var released = (await project.ReleaseAsync(Ann, request)).OrThrow();

        (await project.ReleaseAsync(Ann, request)).OrThrow().ShouldBe(released, "a retry");
        (await project.ReleaseAsync(Ann, request with { RequestId = "rel-2" })).Code.ShouldBe(RefusalCodes.NotClaimed);
        var next = (await project.ClaimAsync(Bob, new ClaimRequest())).OrThrow();
        (next.Item, next.Fence, next.Note, next.Attempts).ShouldBe(("a", 2, "half done", 2));
        (await project.RecordAsync("a")).Authors.ShouldBe(["ann", "bob"]);
    }

    [Fact]
    public async Task An_operator_parks_and_gives_back_and_a_holder_parks_only_its_own()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("b"), Item("c", 1, "b"));
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "a" })).OrThrow();

        (await project.ParkAsync(Bob, new ParkRequest("a") { Fence = 1 })).Code.ShouldBe(RefusalCodes.NotHolder);
        (await project.ParkAsync(Bob, new ParkRequest("b"))).Code.ShouldBe(RefusalCodes.Forbidden);
        (await project.ParkAsync(Ann, new ParkRequest("a") { Fence = 1, Reason = "which key?" })).OrThrow().State.ShouldBe(WorkState.Parked);
        (await project.ParkAsync(Ann, new ParkRequest("a") { Unpark = true, Fence = 1 })).Code.ShouldBe(RefusalCodes.Forbidden);
        (await project.RenewAsync(Ann, new RenewRequest("a", 1))).Code.ShouldBe(RefusalCodes.NotClaimed, "parking ends the claim");
        (await project.ShowAsync("a")).OrThrow().Note.ShouldBe("which key?");
        (await project.ParkAsync(Olga, new ParkRequest("a") { Unpark = true })).OrThrow().State.ShouldBe(WorkState.Ready);

        (await project.ParkAsync(Olga, new ParkRequest("c"))).OrThrow();
        (await project.ParkAsync(Olga, new ParkRequest("c") { Unpark = true })).OrThrow().State.ShouldBe(WorkState.Blocked, "b is still open");
        await project.FinishAsync("b");
        (await project.ParkAsync(Olga, new ParkRequest("b"))).Code.ShouldBe(RefusalCodes.Done);
    }

    [Fact]
    public async Task An_item_parked_while_blocked_becomes_ready_when_given_back_after_its_blocker_was_done()
    {
        var project = await store.NewProject().WithItemsAsync(Item("b"), Item("c", 1, "b"));
        (await project.ParkAsync(Olga, new ParkRequest("c"))).OrThrow();
        await project.FinishAsync("b");

        (await project.RecordAsync("c")).State.ShouldBe(WorkState.Parked);
        (await project.ParkAsync(Olga, new ParkRequest("c") { Unpark = true })).OrThrow().State.ShouldBe(WorkState.Ready);
    }

    [Fact]
    public async Task Pages_of_a_list_hold_every_item_once_in_the_order_of_the_queue()
    {
        var project = await store.NewProject(shardCount: 2).WithItemsAsync([.. Enumerable.Range(0, 23).Select(i => Item($"i{i:00}", i % 3))]);
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "i05" })).OrThrow();
        await project.FinishAsync("i06");

        foreach (var (request, count) in new[]
        {
            (new ListRequest { Limit = 4 }, 23), (new ListRequest { Limit = 4, Stage = "ready" }, 22), (new ListRequest { Limit = 4, State = WorkState.Ready }, 21),
            (new ListRequest { Limit = 4, State = WorkState.Claimed, Stage = "ready" }, 1), (new ListRequest { State = WorkState.Done }, 1), (new ListRequest { Stage = "complete" }, 1),
        })
        {
            var items = new List<string>();
            var cursor = "";
            do
            {
                var page = (await project.ListAsync(request with { Cursor = cursor })).OrThrow();
                page.Items.Count.ShouldBeLessThanOrEqualTo(request.Limit);
                items.AddRange(page.Items.Select(item => item.Item));
                cursor = page.Cursor;
            }
            while (cursor.Length > 0);

            items.Distinct().Count().ShouldBe(items.Count);
            items.Count.ShouldBe(count, request.ToString());
        }

        (await project.ListAsync(new ListRequest { Stage = "nowhere" })).Code.ShouldBe(RefusalCodes.NotFound);
        (await project.ListAsync(new ListRequest { Limit = 501 })).Code.ShouldBe(RefusalCodes.Limit);
        (await project.ListAsync(new ListRequest { Cursor = "9:1" })).Code.ShouldBe(RefusalCodes.Value);
    }

    [Fact]
    public async Task A_label_lists_its_items_page_by_page()
    {
        var project = await store.NewProject().WithItemsAsync(
            [.. Enumerable.Range(0, 5).Select(i => Item($"i{i}") with { Labels = ["lua"] }), Item("x") with { Labels = ["lua2"] }, Item("y")]);

        var first = (await project.ListAsync(new ListRequest { Label = "lua", Limit = 3 })).OrThrow();
        var second = (await project.ListAsync(new ListRequest { Label = "lua", Limit = 3, Cursor = first.Cursor })).OrThrow();

        first.Items.Concat(second.Items).Select(item => item.Item).ShouldBe(["i0", "i1", "i2", "i3", "i4"]);
        second.Cursor.ShouldBeEmpty();
    }

    [Fact]
    public async Task Depth_and_position_are_counted_from_the_index()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("b", 200), Item("c"), Item("d", 1, "a"), Item("e"));
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "e" })).OrThrow();
        await project.FinishAsync("b");

        var status = (await project.StatusAsync()).OrThrow();

        status.Stages[0].ShouldBe(new StageDepth("ready", 2, 1, 1, 0));
        status.Done.ShouldBe(1);
        (await project.PositionAsync("a")).OrThrow().ShouldBe(new QueuePosition("a", "ready", WorkState.Ready, 0));
        (await project.PositionAsync("c")).OrThrow().Ahead.ShouldBe(1);
        (await project.PositionAsync("nobody")).Code.ShouldBe(RefusalCodes.NotFound);
    }

    [Fact]
    public async Task Answers_print_as_json_and_read_back()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        var claim = await project.ClaimAsync(Ann, new ClaimRequest());
        var refused = await project.ClaimAsync(Ann, new ClaimRequest());

        var json = JsonSerializer.Serialize(claim, WorkJson.Default.ClaimResult);
        json.ShouldContain("\"item\":\"a\"");
        var read = JsonSerializer.Deserialize(json, WorkJson.Default.ClaimResult)!;
        read.OrThrow().Fence.ShouldBe(1);
        JsonSerializer.Serialize(refused, WorkJson.Default.ClaimResult).ShouldContain("\"code\":\"EMPTY\"");
        JsonSerializer.Serialize(await project.ShowAsync("a"), WorkJson.Default.ItemViewResult).ShouldContain("\"state\":\"Claimed\"");
        var submit = JsonSerializer.Deserialize("""{"item":"a","title":"t","workflow":"w"}""", WorkJson.Default.SubmitRequest)!;
        (submit.Priority, submit.Body, submit.RequestId, submit.DependsOn.Count).ShouldBe((100, "", "", 0), "what is left out has its default");
        JsonSerializer.Deserialize("{}", WorkJson.Default.ClaimRequest)!.LeaseMilliseconds.ShouldBe(WorkLimits.LeaseMillisecondsUsual);
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize("""{"item":"a"}""", WorkJson.Default.SubmitRequest));
    }

    private static async Task<long> ReadyAsync(Coordinator project) => (await project.StatusAsync()).OrThrow().Stages[0].Ready;
}

public sealed class QueueOnRedisTests(RealRedisStore store) : QueueTests(store), IClassFixture<RealRedisStore>;

public sealed class QueueOnEmbeddedTests(EmbeddedStore store) : QueueTests(store), IClassFixture<EmbeddedStore>;
