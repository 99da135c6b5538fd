// referee bench promote: what a decision costs the server, on a redis-server and on the embedded one in the same run.
using System.CommandLine;
using System.Globalization;
using Evalsha.Client;
using Referee.Cli.Bench;
using Referee.Hosting;

namespace Referee.Cli.Verbs;

internal static class BenchVerb
{
    private const int FewItems = 100_000;
    private static readonly PromoteBenchCase WarmUp = new(1_000, 200, Paced: false) { Calls = 8_000 };

    public static Command Create(VerbFactory verbs)
    {
        var quick = new Option<bool>("--quick") { Description = $"Fewer calls, and only the rows with at most {FewItems:N0} items" };
        var only = new Option<string?>("--only") { Description = "Only one store: redis or embedded" };
        only.AcceptOnlyFromAmong("redis", "embedded");
        var promote = verbs.Create("promote", "Server-side cost of one promotion, against return 1 with the same keys and arguments", [quick, only], call => PromoteAsync(call, call.Get(quick), call.Get(only)));
        return verbs.Create("bench", "Measure; promote is what there is to measure", [promote], _ => throw new CliException(ExitCodes.Usage, "promote?"));
    }

    private static async Task<int> PromoteAsync(VerbCall call, bool quick, string? only)
    {
        var cases = PromoteBench.Cases
            .Where(row => !quick || row.Items <= FewItems)
            .Select(row => quick ? row with { Calls = 2_000, BlockCalls = 500 } : row)
            .ToList();
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
                await new PromoteBench(async ct => await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port }, ct), call.Environment.Time).RunAsync(WarmUp, call.Cancellation);
            }

            if (store is not null)
            {
                await new PromoteBench(async ct => await store.ConnectAsync(ct), call.Environment.Time).RunAsync(WarmUp, call.Cancellation);
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
