// referee bench: what a decision costs the server, and how long everything takes to start; a redis-server stands beside in the same run.
using System.CommandLine;
using System.Globalization;
using Evalsha.Client;
using Referee.Cli.Bench;
using Referee.Hosting;

namespace Referee.Cli.Verbs;

internal static class BenchVerb
{
    private const int FewItems = 100_000;
    private const int CountMax = 10_000_000;
    private static readonly PromoteBenchCase WarmUp = new(1_000, 200, Paced: false) { Calls = 8_000 };

    public static Command Create(VerbFactory verbs)
    {
        var quick = new Option<bool>("--quick") { Description = $"Fewer calls, and only the rows with at most {FewItems:N0} items" };
        var only = new Option<string?>("--only") { Description = "Only one store: redis or embedded" };
        only.AcceptOnlyFromAmong("redis", "embedded");
        var items = new Option<int?>("--items") { Description = "One row of one's own, back to back, with this many items", HelpName = "N" };
        var calls = new Option<int>("--calls") { Description = "With --items: how many calls of each kind", DefaultValueFactory = _ => 2_000, HelpName = "N" };
        var starts = new Option<int>("--starts") { Description = "How often each thing is started", DefaultValueFactory = _ => 7, HelpName = "N" };
        foreach (var count in (Option[])[items, calls, starts])
        {
            count.Validators.Add(result =>
            {
                if (result.Tokens is [var token] && (!int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var given) || given is < 1 or > CountMax))
                {
                    result.AddError($"{count.Name} is a number of 1 to {CountMax}");
                }
            });
        }

        var promote = verbs.Create("promote", "Server-side cost of one promotion, against return 1 with the same keys and arguments", [quick, only, items, calls], call => PromoteAsync(
            call,
            Cases(call.Get(quick), call.Get(items), call.Get(calls)),
            call.Get(items) is { } own ? Own(own, call.Get(calls)) : WarmUp,
            call.Get(only)));
        var startup = verbs.Create("startup", "From the start of a process, or of a server in this one, to its first answer", [starts], call => StartupAsync(call, call.Get(starts)));
        return verbs.Create("bench", "Measure: promote, startup", [promote, startup], _ => throw new CliException(ExitCodes.Usage, "promote or startup?"));
    }

    private static List<PromoteBenchCase> Cases(bool quick, int? items, int calls) => items is { } own
        ? [Own(own, calls)]
        : [.. PromoteBench.Cases.Where(row => !quick || row.Items <= FewItems).Select(row => quick ? row with { Calls = 2_000, BlockCalls = 500 } : row)];

    // A block promotes an item once, so it is no larger than the project.
    private static PromoteBenchCase Own(int items, int calls) => new(items, 200, Paced: false) { Calls = calls, BlockCalls = Math.Min(Math.Min(calls, items), 1_000) };

    private static async Task<int> StartupAsync(VerbCall call, int starts)
    {
        var rows = await new StartupBench(call.Environment, call.Terminal.Line).RunAsync(starts, call.Cancellation);
        var peer = rows.FirstOrDefault(row => row.IsPeer);
        call.Terminal.Table(
            ["TO THE FIRST ANSWER", "MIN ms", "MEDIAN ms", "× REDIS-SERVER", "BUDGET ms", ""],
            rows.Select(row => (string[])
            [
                row.What,
                Milliseconds(row.Minimum),
                Milliseconds(row.Median),
                peer is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{row.Median / peer.Median:0.00}"),
                row.Budget is { } budget ? Terminal.Number(budget) : "",
                row.Budget is null ? "" : row.WithinBudget ? "ok" : "OVER",
            ]));
        return rows.All(row => row.WithinBudget) ? ExitCodes.Done : ExitCodes.Refused;
    }

    private static string Milliseconds(double value) => value.ToString(value < 10 ? "0.00" : "0", CultureInfo.InvariantCulture);

    private static async Task<int> PromoteAsync(VerbCall call, List<PromoteBenchCase> cases, PromoteBenchCase warmUp, string? only)
    {
        await using var redis = only == "embedded" ? null : await RedisProcess.TryStartAsync(call.Environment.Time, call.Cancellation);
        if (redis is null && only != "embedded")
        {
            call.Terminal.Line("no redis-server on this machine: only the embedded server is measured");
        }

        var folder = Directory.CreateTempSubdirectory("referee-bench-").FullName;
        try
        {
            await using var store = only == "redis" ? null : await RefereeStore.OpenAsync(new RefereeStoreOptions { Directory = folder, TimeProvider = call.Environment.Time }, call.Cancellation);
            // Both warm up before anything counts: the embedded server's code is compiled while it runs, and Redis's caches fill.
            if (redis is not null)
            {
                await new PromoteBench(async ct => await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port }, ct), call.Environment.Time).RunAsync(warmUp, call.Cancellation);
            }

            if (store is not null)
            {
                await new PromoteBench(async ct => await store.ConnectAsync(ct), call.Environment.Time).RunAsync(warmUp, call.Cancellation);
            }

            var over = 0;
            foreach (var row in cases)
            {
                var theirs = redis is null ? null : await MeasureAsync(call, "redis   ", row, async ct => await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port }, ct));
                var ours = store is null ? null : await MeasureAsync(call, "embedded", row, async ct => await store.ConnectAsync(ct));
                if (theirs is not null && ours is not null)
                {
                    call.Terminal.Line(string.Create(CultureInfo.InvariantCulture, $"  embedded / redis: {ours.Mean / theirs.Mean:0.00} x (best blocks {ours.Best / theirs.Best:0.00} x)   gate 1 x, aim 0.5 x"));
                }

                over += (theirs is { WithinGate: false } ? 1 : 0) + (ours is { WithinGate: false } ? 1 : 0);
            }

            call.Terminal.Line(over == 0 ? "every row is within its gate" : $"{over} rows are over their gate");
            return over == 0 ? ExitCodes.Done : ExitCodes.Refused;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<PromoteBenchRow> MeasureAsync(VerbCall call, string store, PromoteBenchCase row, Func<CancellationToken, ValueTask<IRedisExecutor>> connect)
    {
        var measured = await new PromoteBench(connect, call.Environment.Time).RunAsync(row, call.Cancellation);
        call.Terminal.Line($"{store} {measured}");
        return measured;
    }
}
