// The benchmarks with counts so small that they take a second: rows are printed and checked, and no time is looked at.
using Evalsha.Tests.Support;
using Referee.Cli.Bench;

namespace Referee.Cli.Tests.Verbs;

public sealed class BenchVerbTests(EmbeddedFolder world) : IClassFixture<EmbeddedFolder>
{
    private static readonly int[] Exits = [ExitCodes.Done, ExitCodes.Refused]; // within the gates or not: that is no test's business

    [Fact]
    public async Task Promote_measures_both_stores_and_prints_a_row_for_each()
    {
        var project = await world.NewAsync();
        var run = await project.RunAsync("bench", "promote", "--items", "40", "--calls", "120");
        Exits.ShouldContain(run.Exit, run.Error);
        run.Error.ShouldBe("");
        var lines = run.Out.TrimEnd().Split('\n');
        lines.Length.ShouldBe(4);
        lines[0].ShouldStartWith("redis ");
        lines[1].ShouldStartWith("embedded ");
        lines[..2].ShouldAllBe(line => line.Contains(" 40 items ") && line.Contains("back-to-back"));
        lines[2].ShouldStartWith("  embedded / redis: ");
        lines[3].ShouldContain("gate");
    }

    [Fact]
    public async Task Promote_on_one_store_checks_what_it_has_measured()
    {
        await using var redis = await RealRedis.StartAsync();
        var bench = new PromoteBench(async ct => await Evalsha.Client.RedisConnection.ConnectAsync(new Evalsha.Client.RedisOptions { Port = redis.Port }, ct), TimeProvider.System);
        var row = await bench.RunAsync(new PromoteBenchCase(60, 4096, Paced: false) { Calls = 100, BlockCalls = 50 });
        row.Checked.ShouldBe(150); // two blocks that count and one that warms up, all of them in the chain
        (row.Mean > 0 && row.Floor > 0).ShouldBeTrue();
    }

    [Fact]
    public async Task A_promotion_that_is_refused_measures_nothing()
    {
        await using var redis = await RealRedis.StartAsync();
        var bench = new PromoteBench(
            async ct => await Evalsha.Client.RedisConnection.ConnectAsync(new Evalsha.Client.RedisOptions { Port = redis.Port }, ct), TimeProvider.System, rewrite: _ => "return {'NO'}");
        await Should.ThrowAsync<InvalidOperationException>(() => bench.RunAsync(new PromoteBenchCase(60, 200, Paced: false) { Calls = 50, BlockCalls = 50 }));
    }

    [Fact]
    public async Task Startup_starts_everything_once_and_prints_a_row_for_each()
    {
        var project = await world.NewAsync();
        var run = await project.RunAsync("bench", "startup", "--starts", "1");
        Exits.ShouldContain(run.Exit, run.Error);
        foreach (var row in (string[])["TO THE FIRST ANSWER", "referee up, a folder of 300 items", "referee up, a new folder", "referee status", "redis-server", "RedisServer in this warm process, by pipe", "RedisServer in this warm process, by TCP"])
        {
            run.Out.ShouldContain(row);
        }
    }

    [Theory]
    [InlineData("promote", "--items", "0")]
    [InlineData("promote", "--items", "many")]
    [InlineData("startup", "--starts", "-1")]
    [InlineData("startup", "--starts", "99999999999")]
    public async Task Counts_that_are_none_are_refused(params string[] arguments)
    {
        var project = await world.NewAsync();
        (await project.RunAsync(["bench", .. arguments])).ShouldExit(ExitCodes.Usage);
    }

    [Fact]
    public void A_row_knows_its_median_and_its_budget()
    {
        var row = new StartupRow("x", 400, false, [500, 390, 100]);
        (row.Minimum, row.Median, row.WithinBudget).ShouldBe((100, 390, true));
        (row with { Times = [401] }).WithinBudget.ShouldBeFalse();
        (row with { Budget = null, Times = [9000] }).WithinBudget.ShouldBeTrue();
    }
}
