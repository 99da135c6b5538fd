// A store opened by its options: in memory, in a folder, on a Redis; and what is there from the first moment.
using Evalsha.Client;
using Evalsha.Tests.Support;
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Hosting.Tests;

public sealed class RefereeStoreTests : IDisposable
{
    private static readonly Caller Ann = new("ann", [], Tier.Human, Verified: true);
    private readonly string _folder = Directory.CreateTempSubdirectory("store-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_new_store_knows_the_policies_that_come_with_the_program_and_opens_no_port()
    {
        await using var store = await RefereeStore.OpenAsync(new RefereeStoreOptions(), CancellationToken.None);
        (await store.Coordinator.ListWorkflowsAsync()).OrThrow().Workflows.Select(workflow => workflow.Workflow).ShouldBe(BuiltInPolicies.Names);
        store.IsEmbedded.ShouldBeTrue();
        store.RespPort.ShouldBeNull();
    }

    [Fact]
    public async Task What_was_written_is_there_after_opening_the_folder_again()
    {
        var options = new RefereeStoreOptions { Directory = _folder };
        await using (var first = await RefereeStore.OpenAsync(options, CancellationToken.None))
        {
            (await first.Coordinator.SubmitAsync(Ann, new SubmitRequest("a", "A", "code-change"))).OrThrow();
        }

        await using var second = await RefereeStore.OpenAsync(options, CancellationToken.None);
        (await second.Coordinator.ShowAsync("a")).OrThrow().Title.ShouldBe("A");
    }

    [Fact]
    public async Task A_version_of_ones_own_under_a_built_in_name_stays()
    {
        var own = PolicyReader.FromYaml(BuiltInPolicies.Document("prp").Replace("version: 1", "version: 7", StringComparison.Ordinal), "prp.yaml");
        var options = new RefereeStoreOptions { Directory = _folder };
        await using (var first = await RefereeStore.OpenAsync(options, CancellationToken.None))
        {
            (await first.Coordinator.AddWorkflowAsync(own)).OrThrow();
        }

        await using var second = await RefereeStore.OpenAsync(options, CancellationToken.None);
        (await second.Coordinator.ListWorkflowsAsync()).OrThrow().Workflows.Single(workflow => workflow.Workflow == "prp").Version.ShouldBe(7);
    }

    [Fact]
    public async Task Two_projects_of_one_store_do_not_meet()
    {
        await using var redis = await RealRedis.StartAsync();
        var options = new RefereeStoreOptions { Redis = $"redis://127.0.0.1:{redis.Port}" };
        await using var one = await RefereeStore.OpenAsync(options with { Project = "one" }, CancellationToken.None);
        await using var two = await RefereeStore.OpenAsync(options with { Project = "two" }, CancellationToken.None);
        (await one.Coordinator.SubmitAsync(Ann, new SubmitRequest("a", "A", "code-change"))).OrThrow();
        (await two.Coordinator.ShowAsync("a")).Code.ShouldBe(RefusalCodes.NotFound);
        one.IsEmbedded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_port_that_was_asked_for_speaks_RESP_to_the_same_data()
    {
        await using var store = await RefereeStore.OpenAsync(new RefereeStoreOptions { RespPort = 0 }, CancellationToken.None);
        (await store.Coordinator.SubmitAsync(Ann, new SubmitRequest("a", "A", "code-change"))).OrThrow();
        await using var elsewhere = await RefereeStore.OpenAsync(new RefereeStoreOptions { Redis = $"redis://127.0.0.1:{store.RespPort}" }, CancellationToken.None);
        (await elsewhere.Coordinator.ShowAsync("a")).OrThrow().Title.ShouldBe("A");
    }

    [Fact]
    public async Task A_Redis_that_does_not_answer_is_an_error_and_nothing_is_left_open()
    {
        await Should.ThrowAsync<RedisConnectionException>(() => RefereeStore.OpenAsync(new RefereeStoreOptions { Redis = $"redis://127.0.0.1:{RealRedis.FreePort()}" }, CancellationToken.None));
    }

    // Leases end by the store's clock: with a clock that is moved, nobody waits for one.
    [Fact]
    public async Task The_embedded_store_keeps_the_time_it_is_given()
    {
        var clock = new ManualTime();
        await using var store = await RefereeStore.OpenAsync(new RefereeStoreOptions { TimeProvider = clock }, CancellationToken.None);
        (await store.Coordinator.SubmitAsync(Ann, new SubmitRequest("a", "A", "code-change"))).OrThrow();
        (await store.Coordinator.ClaimAsync(Ann, new ClaimRequest { LeaseMilliseconds = 60_000 })).OrThrow().Fence.ShouldBe(1);
        (await store.Coordinator.ClaimAsync(Ann, new ClaimRequest())).Code.ShouldBe(RefusalCodes.Empty);
        clock.Advance(TimeSpan.FromMinutes(2));
        (await store.Coordinator.ClaimAsync(Ann, new ClaimRequest())).OrThrow().Fence.ShouldBe(2);
    }
}
