// Claiming: one winner, order, fences, leases that run out, retries, filters.
using Evalsha.Client;
using Referee.Records;
using Referee.Work;
using static Referee.Tests.Sample;

namespace Referee.Tests.Work;

public abstract class ClaimTests(StoreFixture store)
{
    [Fact]
    public async Task The_next_item_is_the_most_urgent_and_among_equals_the_oldest()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a", 100), Item("b", 200), Item("c", 200), Item("d", 0), Item("e", 255));

        var order = new List<string>();
        for (var claim = await project.ClaimAsync(Ann, new ClaimRequest()); claim.Ok; claim = await project.ClaimAsync(Ann, new ClaimRequest()))
        {
            order.Add(claim.Value.Item);
        }

        order.ShouldBe(["e", "b", "c", "a", "d"]);
        (await project.ClaimAsync(Ann, new ClaimRequest())).Code.ShouldBe(RefusalCodes.Empty);
    }

    [Fact]
    public async Task A_claim_says_all_a_worker_needs()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a") with { Body = "Do it.", AcceptanceCriteria = ["it works"] });
        var before = await store.NowAsync();

        var claim = (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 60_000 })).OrThrow();

        claim.ShouldSatisfyAllConditions(
            () => claim.Item.ShouldBe("a"),
            () => claim.Fence.ShouldBe(1),
            () => claim.Version.ShouldBe(2),
            () => claim.Stage.ShouldBe("ready"),
            () => claim.Policy.ShouldBe(PolicyDigest),
            () => claim.Title.ShouldBe("Item a"),
            () => claim.Body.ShouldBe("Do it."),
            () => claim.AcceptanceCriteria.ShouldBe(["it works"]),
            () => claim.Attempts.ShouldBe(1),
            () => claim.LeaseUntil.ShouldBeInRange(before + 60_000, before + 120_000));
        var record = await project.RecordAsync("a");
        record.Holder.ShouldBe("ann");
        record.Authors.ShouldBe(["ann"]);
        record.WorkedAt.ShouldBe(claim.LeaseUntil - 60_000);
    }

    [Fact]
    public async Task A_second_worker_is_refused_while_the_lease_is_live()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        await project.ClaimAsync(Ann, new ClaimRequest { Item = "a" });

        var second = await project.ClaimAsync(Bob, new ClaimRequest { Item = "a" });

        second.Code.ShouldBe(RefusalCodes.Claimed);
        second.Refusals[0].Got.ShouldStartWith("ann until ");
        (await project.ClaimAsync(Bob, new ClaimRequest())).Code.ShouldBe(RefusalCodes.Empty);
    }

    [Fact]
    public async Task A_claim_whose_lease_ran_out_goes_to_the_next_worker_with_a_larger_fence()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        var first = (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 1 })).OrThrow();
        await store.PassAsync(first.LeaseUntil);

        var second = (await project.ClaimAsync(Bob, new ClaimRequest())).OrThrow();

        second.Item.ShouldBe("a");
        second.Fence.ShouldBe(first.Fence + 1);
        var expiries = await project.SendAsync("XRANGE", project.Shards[0].Refusals, "-", "+");
        var entry = expiries[0][1].AsMap();
        (entry["kind"].AsText(), entry["item"].AsText(), entry["principal"].AsText(), entry["fence"].AsInteger()).ShouldBe(("expired", "a", "ann", 1));
    }

    [Fact]
    public async Task An_item_by_name_is_taken_over_once_its_lease_ran_out_even_behind_many_others()
    {
        var project = await store.NewProject().WithItemsAsync([.. Enumerable.Range(0, 10).Select(i => Item($"i{i}"))]);
        await LetAllRunOutAsync(project, 10);

        (await project.ClaimAsync(Bob, new ClaimRequest { Item = "i9" })).OrThrow().Fence.ShouldBe(2);
    }

    [Fact]
    public async Task One_call_takes_back_at_most_four_leases_that_ran_out()
    {
        var project = await store.NewProject().WithItemsAsync([.. Enumerable.Range(0, 9).Select(i => Item($"i{i}"))]);
        await LetAllRunOutAsync(project, 9);
        (await project.ClaimAsync(Bob, new ClaimRequest { LeaseMilliseconds = 60_000 })).OrThrow();

        var ready = (await project.StatusAsync()).OrThrow().Stages.Single(stage => stage.Stage == "ready");
        ready.Ready.ShouldBe(3);
        ready.Claimed.ShouldBe(6); // 9 ran out, 4 were taken back, 1 of those was given to bob.
    }

    /// <summary>Ann claims so many items, then all their leases end at one moment.</summary>
    private async Task LetAllRunOutAsync(Coordinator project, int count)
    {
        for (var i = 0; i < count; i++)
        {
            (await project.ClaimAsync(Ann, new ClaimRequest { Item = $"i{i}" })).OrThrow();
        }

        var renewed = (await project.RenewAllAsync(Ann, [.. Enumerable.Range(0, count).Select(i => new RenewRequest($"i{i}", 1) { LeaseMilliseconds = 1 })])).OrThrow();
        await store.PassAsync(renewed.Answers.Max(answer => answer.Renewed!.LeaseUntil));
    }

    [Fact]
    public async Task A_retried_claim_next_gets_the_same_item()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("b"));
        var request = new ClaimRequest { RequestId = "req-1" };

        var first = (await project.ClaimAsync(Ann, request)).OrThrow();
        var retried = (await project.ClaimAsync(Ann, request)).OrThrow();

        (retried.Item, retried.Fence, retried.Version, retried.LeaseUntil).ShouldBe((first.Item, first.Fence, first.Version, first.LeaseUntil));
        (await project.ClaimAsync(Bob, request)).OrThrow().Item.ShouldNotBe(first.Item, "another principal's request with the same id is another request");
    }

    [Fact]
    public async Task The_shard_remembers_1024_requests_and_no_more()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        for (var i = 0; i < 1030; i++)
        {
            var claim = (await project.ClaimAsync(Ann, new ClaimRequest { RequestId = $"r{i}" })).OrThrow();
            (await project.ReleaseAsync(Ann, new ReleaseRequest("a", claim.Fence))).OrThrow();
        }

        var length = await project.SendAsync("HLEN", project.Shards[0].Requests);
        length.AsInteger().ShouldBe((2 * 1024) + 1);
        (await project.ClaimAsync(Ann, new ClaimRequest { RequestId = "r6" })).OrThrow().Fence.ShouldBe(7, "kept");
        (await project.ClaimAsync(Ann, new ClaimRequest { RequestId = "r5" })).OrThrow().Fence.ShouldBe(1031, "forgotten, so a new claim");
    }

    [Fact]
    public async Task Only_the_asked_stage_and_labels_are_given()
    {
        var project = await store.NewProject().WithItemsAsync(
            Item("a"), Item("b") with { Labels = ["lua"] }, Item("c") with { Labels = ["lua", "urgent"] }, Item("d") with { Labels = ["urgent"] });

        (await project.ClaimAsync(Ann, new ClaimRequest { Stages = ["review"] })).Code.ShouldBe(RefusalCodes.Empty);
        (await project.ClaimAsync(Ann, new ClaimRequest { Stages = ["nowhere"] })).Code.ShouldBe(RefusalCodes.NotFound);
        (await project.ClaimAsync(Ann, new ClaimRequest { Labels = ["lua", "urgent"] })).OrThrow().Item.ShouldBe("c");
        (await project.ClaimAsync(Ann, new ClaimRequest { Stages = ["ready"], Labels = ["urgent"] })).OrThrow().Item.ShouldBe("d");
        (await project.ClaimAsync(Ann, new ClaimRequest { Labels = ["none"] })).Code.ShouldBe(RefusalCodes.Empty);
    }

    [Fact]
    public async Task Blocked_parked_done_and_unknown_items_are_refused_by_their_own_codes()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"), Item("b", 100, "a"), Item("c"), Item("d"));
        (await project.ParkAsync(Olga, new ParkRequest("c"))).OrThrow();
        await project.FinishAsync("d");

        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "b" })).Code.ShouldBe(RefusalCodes.Blocked);
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "c" })).Code.ShouldBe(RefusalCodes.Parked);
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "d" })).Code.ShouldBe(RefusalCodes.Done);
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "nobody" })).Code.ShouldBe(RefusalCodes.NotFound);
        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "no such/name" })).Code.ShouldBe(RefusalCodes.BadName);
        (await project.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 0 })).Code.ShouldBe(RefusalCodes.Limit);
    }

    [Fact]
    public async Task A_record_of_a_newer_program_is_refused_and_not_written_over()
    {
        var project = await store.NewProject().WithItemsAsync(Item("a"));
        var bytes = (await project.RecordAsync("a")).ToBytes();
        bytes[0] = 2;
        await project.SendAsync("HSET", project.Shards[0].Items, "r:a", bytes);

        (await project.ClaimAsync(Ann, new ClaimRequest { Item = "a" })).Code.ShouldBe(RefusalCodes.FormatNewer);
        (await project.ClaimAsync(Ann, new ClaimRequest())).Code.ShouldBe(RefusalCodes.Empty);
        (await project.ShowAsync("a")).Code.ShouldBe(RefusalCodes.FormatNewer);
        (await project.SendAsync("HGET", project.Shards[0].Items, "r:a")).AsBytes().ToArray().ShouldBe(bytes);
    }

    [Fact]
    public async Task Sixty_four_connections_race_for_one_item_and_one_wins_in_each_of_1000_rounds()
    {
        const int racers = 64, rounds = 1000;
        var project = await store.NewProject().WithItemsAsync([.. Enumerable.Range(0, rounds).Select(round => Item($"r{round}"))]);
        var doors = new List<Coordinator>();
        for (var i = 0; i < racers; i++)
        {
            doors.Add(new Coordinator(await store.ConnectAsync(), project.Project));
        }

        for (var round = 0; round < rounds; round++)
        {
            var request = new ClaimRequest { Item = $"r{round}" };
            var answers = await Task.WhenAll(doors.Select((door, i) => door.ClaimAsync(Ann with { Principal = $"racer{i}" }, request).AsTask()));

            answers.Count(answer => answer.Ok).ShouldBe(1, $"round {round}");
            answers.Where(answer => !answer.Ok).ShouldAllBe(answer => answer.Code == RefusalCodes.Claimed);
        }
    }

    [Fact]
    public async Task Sixty_four_workers_that_ask_for_the_next_item_get_different_ones()
    {
        var project = await store.NewProject().WithItemsAsync([.. Enumerable.Range(0, 64).Select(i => Item($"i{i}"))]);

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(i => project.ClaimAsync(Ann with { Principal = $"w{i}" }, new ClaimRequest()).AsTask()));

        answers.Select(answer => answer.OrThrow().Item).Distinct().Count().ShouldBe(64);
    }

    [Fact]
    public async Task Several_shards_give_every_item_once_and_a_retry_its_own_answer()
    {
        var project = await store.NewProject(shardCount: 4).WithItemsAsync([.. Enumerable.Range(0, 12).Select(i => Item($"i{i}"))]);

        var seen = new List<string>();
        for (var i = 0; i < 12; i++)
        {
            var request = new ClaimRequest { RequestId = $"q{i}" };
            var first = (await project.ClaimAsync(Ann, request)).OrThrow();
            (await project.ClaimAsync(Ann, request)).OrThrow().Item.ShouldBe(first.Item);
            seen.Add(first.Item);
        }

        seen.Distinct().Count().ShouldBe(12);
        (await project.ClaimAsync(Ann, new ClaimRequest())).Code.ShouldBe(RefusalCodes.Empty);
        (await project.StatusAsync()).OrThrow().Stages[0].Claimed.ShouldBe(12);
    }
}

public sealed class ClaimOnRedisTests(RealRedisStore store) : ClaimTests(store), IClassFixture<RealRedisStore>;

public sealed class ClaimOnEmbeddedTests(EmbeddedStore store) : ClaimTests(store), IClassFixture<EmbeddedStore>;
