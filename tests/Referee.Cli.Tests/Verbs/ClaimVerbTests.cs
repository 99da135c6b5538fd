// Claims at the command line: the next item, one by name, leases, giving back, and who is refused.
namespace Referee.Cli.Tests.Verbs;

public abstract class ClaimVerbTests(CliWorld world)
{
    [Fact]
    public async Task A_claim_has_a_number_and_a_second_worker_is_refused()
    {
        var project = await WithItemAsync("a");
        var ann = await project.AddAsync("ann");
        var bob = await project.AddAsync("bob");

        (await ann.RunAsync("claim")).ShouldBeDone().Out.ShouldStartWith("a: claim no. 1, in ready, until ");
        (await bob.RunAsync("claim", "a")).ShouldExit(ExitCodes.Refused).Out.ShouldContain("CLAIMED");
        (await bob.RunAsync("claim", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["EMPTY"]);
        (await project.RunAsync("show", "a")).ShouldBeDone().Out.ShouldContain("held by   ann, claim no. 1");
    }

    [Fact]
    public async Task A_lease_is_written_as_people_write_it()
    {
        var project = await WithItemAsync("a");
        var until = (await project.RunAsync("claim", "--lease", "2h", "--json")).ShouldBeDone().Value.GetProperty("leaseUntil").GetInt64();
        var renewed = (await project.RunAsync("renew", "a", "-f", "1", "--lease", "3h", "--json")).ShouldBeDone().Value.GetProperty("leaseUntil").GetInt64();
        (renewed - until).ShouldBeInRange(3_600_000, 3_600_000 + 600_000);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1s")]
    [InlineData("25h")]
    [InlineData("soon")]
    [InlineData("")]
    public async Task A_lease_that_is_no_time_is_wrong_usage(string lease)
    {
        var project = await WithItemAsync("a");
        (await project.RunAsync("claim", "--lease", lease)).ShouldExit(ExitCodes.Usage).Error.ShouldContain("is no time");
    }

    [Fact]
    public async Task Giving_back_with_an_old_number_is_refused_and_with_the_right_one_leaves_a_note()
    {
        var project = await WithItemAsync("a");
        var ann = await project.AddAsync("ann");
        (await ann.RunAsync("claim")).ShouldBeDone();

        (await ann.RunAsync("release", "a", "-f", "9", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["STALE_FENCE"]);
        (await ann.RunAsync("renew", "a", "-f", "9", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["STALE_FENCE"]);
        (await ann.RunAsync("release", "a", "-f", "1", "--note", "half done")).ShouldBeDone();

        (await ann.RunAsync("claim")).ShouldBeDone().Out.ShouldContain("note: half done");
    }

    [Fact]
    public async Task Labels_and_stages_choose()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A", "--label", "x")).ShouldBeDone();
        (await project.RunAsync("submit", "--id", "b", "--title", "B", "--label", "y")).ShouldBeDone();
        (await project.RunAsync("claim", "--label", "y", "--stage", "ready")).ShouldBeDone().Out.ShouldStartWith("b: claim no. 1");
        (await project.RunAsync("claim", "--stage", "review", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["EMPTY"]);
    }

    [Fact]
    public async Task A_retry_with_the_same_id_gets_the_same_item()
    {
        var project = await WithItemAsync("a");
        (await project.RunAsync("submit", "--id", "b", "--title", "B")).ShouldBeDone();
        var first = (await project.RunAsync("claim", "--request-id", "r1", "--json")).ShouldBeDone();
        (await project.RunAsync("claim", "--request-id", "r1", "--json")).ShouldBeDone().Out.ShouldBe(first.Out);
    }

    [Fact]
    public async Task Parked_items_wait_for_a_person_and_come_back()
    {
        var project = await WithItemAsync("a");
        (await project.RunAsync("park", "a", "--reason", "which colour?")).ShouldBeDone().Out.ShouldContain("a: Parked");
        (await project.RunAsync("claim", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["EMPTY"]);
        (await project.RunAsync("list", "--state", "Parked")).ShouldBeDone().Out.ShouldContain("a");
        (await project.RunAsync("park", "a", "--back")).ShouldBeDone().Out.ShouldContain("a: Ready");
        (await project.RunAsync("claim")).ShouldBeDone();
    }

    [Fact]
    public async Task A_result_after_the_claim_was_lost_is_kept_and_decided_by_a_person()
    {
        var project = await WithItemAsync("a");
        var ann = await project.AddAsync("ann");
        (await ann.RunAsync("claim")).ShouldBeDone();
        (await ann.RunAsync("release", "a", "-f", "1")).ShouldBeDone();
        (await project.RunAsync("claim")).ShouldBeDone();

        (await ann.RunAsync("evidence", "a", "summary", "too late", "-f", "1")).ShouldExit(ExitCodes.Refused).Out.ShouldContain("STALE_FENCE");
        var orphans = (await project.RunAsync("orphans", "--json")).ShouldBeDone().Value.GetProperty("orphans");
        orphans.GetArrayLength().ShouldBe(1);
        var orphan = orphans[0].GetProperty("orphan").GetString()!;
        (await project.RunAsync("orphans", "--item", "a")).ShouldBeDone().Out.ShouldContain("too late");

        (await project.RunAsync("orphans", "accept", "a", orphan, "--reason", "it is good")).ShouldBeDone().Out.ShouldContain("accepted");
        (await project.RunAsync("orphans", "reject", "a", orphan)).ShouldExit(ExitCodes.Refused);
        (await project.RunAsync("show", "a")).ShouldBeDone().Out.ShouldContain("too late");
    }

    private async Task<CliProject> WithItemAsync(string item)
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", item, "--title", $"Item {item}")).ShouldBeDone();
        return project;
    }
}

public sealed class ClaimVerbInTrustedModeTests(TrustedRedis world) : ClaimVerbTests(world), IClassFixture<TrustedRedis>;

public sealed class ClaimVerbThroughTheGatewayTests(GatewayOverRedis world) : ClaimVerbTests(world), IClassFixture<GatewayOverRedis>;

public sealed class ClaimVerbOnTheEmbeddedServerTests(EmbeddedGateway world) : ClaimVerbTests(world), IClassFixture<EmbeddedGateway>;

public sealed class ClaimVerbInTheFolderTests(EmbeddedFolder world) : ClaimVerbTests(world), IClassFixture<EmbeddedFolder>;
