// Measures what one promotion costs the server: the compiled script with chain, fence and typed policy against `return 1` with the same KEYS and ARGV.
// Always: data is seeded first and outside the measurement, statistics are reset before each block, a block sends only what it measures,
// promotions and floor alternate block by block, every reply is checked when it comes and the chain is recomputed at the end.
// Server-side means come from INFO commandstats, percentiles from INFO latencystats (Redis 7); a server without them gives no p99.
using System.Globalization;
using Evalsha.Client;
using Evalsha.Resp;
using Referee.Records;
using Referee.Workflows;

namespace Referee.Cli.Bench;

/// <param name="Items">How many work items the project holds.</param>
/// <param name="EvidenceBytes">About how large an item's evidence is.</param>
/// <param name="Paced">1,000 calls a second, so that caches are cold between calls; else one call after the other.</param>
public sealed record PromoteBenchCase(int Items, int EvidenceBytes, bool Paced)
{
    /// <summary>Calls of each kind: this many promotions and this many floors, in blocks of <see cref="BlockCalls"/>.</summary>
    public int Calls { get; init; } = 10_000;

    /// <summary>At most as many as there are items: a block promotes an item once.</summary>
    public int BlockCalls { get; init; } = 1_000;

    /// <summary>The edge has a limit on work in progress too, which counts the stage's items in the index.</summary>
    public bool Wip { get; init; }

    /// <summary>The budget, in microseconds of server time.</summary>
    public double Gate => Paced ? Items >= 1_000_000 ? 70 : 50 : Items >= 1_000_000 ? 49 : 35;

    /// <summary>What it should come down to: paced, so many times the floor of the same run; back to back, microseconds.</summary>
    public double Aim => Paced ? 5 : Items >= 1_000_000 ? 30 : 25;
}

/// <summary>One measured row; microseconds of server time. Best is the mean of the quietest block, for machines that others use too.</summary>
/// <param name="P99">Median over the blocks of each block's 99th percentile; null when the server does not tell.</param>
public sealed record PromoteBenchRow(
    PromoteBenchCase Case, double Mean, double Floor, double Best, double FloorBest, double? P99, double? FloorP99, double SeedSeconds, long Checked)
{
    public double Ratio => Floor > 0 ? Mean / Floor : 0;

    public bool WithinGate => Mean <= Case.Gate;

    /// <summary>Paced, in floors, because how cold the caches are between calls is the machine's doing and strikes both alike.</summary>
    public bool WithinAim => (Case.Paced ? Ratio : Mean) <= Case.Aim;

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Case.Items,9:N0} items  {Case.EvidenceBytes,5} B {(Case.Wip ? "wip" : "   ")} {(Case.Paced ? "paced  " : "back-to-back")}  mean {Mean,6:0.0} us (best {Best,5:0.0})  floor {Floor,5:0.0} (best {FloorBest,5:0.0})  x{Ratio:0.0}  p99 {P99?.ToString("0", CultureInfo.InvariantCulture) ?? "-"} / {FloorP99?.ToString("0", CultureInfo.InvariantCulture) ?? "-"}  gate {Case.Gate:0} {(WithinGate ? "ok" : "OVER")}  aim {(Case.Paced ? "x" : "")}{Case.Aim:0} {(WithinAim ? "ok" : "over")}");
}

/// <param name="connect">Opens a connection to an empty store; the bench disposes it. What the project held before is deleted.</param>
/// <param name="seed">Chooses which items are promoted.</param>
/// <param name="rewrite">Makes another form of the compiled script, to measure the two against each other; null for the script itself.</param>
public sealed class PromoteBench(Func<CancellationToken, ValueTask<IRedisExecutor>> connect, TimeProvider time, int seed = 1, Func<string, string>? rewrite = null)
{
    /// <summary>The rows that the budget names.</summary>
    public static IReadOnlyList<PromoteBenchCase> Cases { get; } =
    [
        new(1_000, 200, Paced: false), new(1_000, 4096, Paced: false), new(1_000, 200, Paced: false) { Wip = true },
        new(1_000, 200, Paced: true), new(1_000, 4096, Paced: true),
        new(1_000_000, 200, Paced: false), new(1_000_000, 200, Paced: true),
    ];

    private const int SeedBatch = 256;
    private const int SeedWindows = 4;
    private const int CheckedMax = 500;
    private static readonly TimeSpan QuietPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan QuietWaitMax = TimeSpan.FromMinutes(2);
    private const string Subject = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    // The first edge of code-change; the report only takes room, as evidence that this edge does not ask for does.
    private static readonly string Document =
        """
        workflow: bench
        stages: [ready, review, complete]
        evidence:
          baseline: { fields: { total: integer } }
          report: { fields: { a: text?, b: text?, c: text?, d: text?, e: text?, f: text?, g: text?, h: text?, i: text?, j: text?, k: text?, l: text?, m: text?, n: text?, o: text?, p: text? } }
          summary: text
          tests: { fields: { total: integer, failed: integer, skipped: integer } }
        edges:
          - from: ready
            to: review
            require:
              - evidence: tests
                tier: observed
                subject: current
                newerThanWork: true
                where:
                  - { field: failed, eq: 0 }
                  - { field: total, ge: 1 }
                  - { field: skipped, le: 5 }
                  - { field: total, geField: baseline.total }
              - { evidence: summary, minLength: 1 }
          - { from: review, to: complete }
        """;

    private static readonly WorkflowPolicy Plain = PolicyReader.FromYaml(Document, "bench.yaml");
    private static readonly WorkflowPolicy Limited = PolicyReader.FromYaml(Document.Replace("to: review\n", "to: review\n    wip: 1000000\n", StringComparison.Ordinal), "bench.yaml");

    public async Task<IReadOnlyList<PromoteBenchRow>> RunAsync(IEnumerable<PromoteBenchCase> cases, Action<PromoteBenchRow>? progress = null, CancellationToken ct = default)
    {
        var rows = new List<PromoteBenchRow>();
        foreach (var each in cases)
        {
            var row = await RunAsync(each, ct);
            progress?.Invoke(row);
            rows.Add(row);
        }

        return rows;
    }

    /// <exception cref="InvalidOperationException">A promotion was refused or the chain does not hold: then nothing was measured.</exception>
    public async Task<PromoteBenchRow> RunAsync(PromoteBenchCase what, CancellationToken ct = default)
    {
        await using var redis = await connect(ct);
        var run = new Run(redis, what, time, new Random(seed), rewrite ?? (source => source));
        try
        {
            return await run.MeasureAsync(ct);
        }
        finally
        {
            await run.CleanAsync(CancellationToken.None);
        }
    }

    private sealed class Run(IRedisExecutor redis, PromoteBenchCase what, TimeProvider time, Random random, Func<string, string> rewrite)
    {
        private readonly ShardKeys _keys = new("bench-promote", 0);
        private readonly WorkflowPolicy _policy = what.Wip ? Limited : Plain;
        private readonly StageNumbers _numbers = new(Plain.Stages);
        private readonly byte[] _evidence = Evidence(what.EvidenceBytes);
        private readonly List<(double Mean, double? P99)> _promotions = [];
        private readonly List<(double Mean, double? P99)> _floors = [];
        private RedisArg[] _head = [];
        private string _promote = "";
        private string _floor = "";
        private long _promoted;

        public async Task<PromoteBenchRow> MeasureAsync(CancellationToken ct)
        {
            await CleanAsync(ct);
            var began = time.GetTimestamp();
            await SeedAsync([.. Enumerable.Range(0, what.Items)], ct);
            var seeding = time.GetElapsedTime(began).TotalSeconds;
            await WaitUntilQuietAsync(ct);
            _promote = await LoadAsync(rewrite(PolicyCompiler.Compile(_policy, _numbers).PromoteSource), ct);
            _floor = await LoadAsync("return 1", ct);
            _head = [5, _keys.Items, _keys.Index, _keys.Audit, _keys.Refusals, _keys.Dependencies];
            var order = Enumerable.Range(0, what.Items).ToArray();
            random.Shuffle(order);

            // The first block of each warms the server up and is not counted.
            await BlockAsync(_promote, order, 0, ct);
            await BlockAsync(_floor, order, 0, ct);
            for (var at = what.BlockCalls; at <= what.Calls; at += what.BlockCalls)
            {
                _promotions.Add(await BlockAsync(_promote, order, at, ct));
                _floors.Add(await BlockAsync(_floor, order, at, ct));
            }

            var looked = await CheckAsync(ct);
            return new PromoteBenchRow(
                what,
                _promotions.Average(block => block.Mean),
                _floors.Average(block => block.Mean),
                _promotions.Min(block => block.Mean),
                _floors.Min(block => block.Mean),
                Median(_promotions),
                Median(_floors),
                seeding,
                looked);
        }

        public async Task CleanAsync(CancellationToken ct)
        {
            // UNLINK frees a million items in the background; DEL would hold the server for as long as it takes.
            await redis.SendAsync(new RedisRequest("UNLINK", [.. _keys.All.Select(key => (RedisArg)key)]), ct);
        }

        private async Task<(double Mean, double? P99)> BlockAsync(string sha, int[] order, int at, CancellationToken ct)
        {
            var promotes = ReferenceEquals(sha, _promote);
            var ids = Enumerable.Range(at, what.BlockCalls).Select(i => order[i % order.Length]).ToArray();
            if (promotes)
            {
                // Back to the state in which an item can be promoted: needed when there are fewer items than calls.
                await SeedAsync(ids.Distinct().ToArray(), ct);
            }

            await redis.SendAsync(new RedisRequest("CONFIG", "RESETSTAT"), ct);
            var began = time.GetTimestamp();
            for (var i = 0; i < ids.Length; i++)
            {
                if (what.Paced)
                {
                    WaitUntil(began + (i * time.TimestampFrequency / 1000));
                }

                var reply = await redis.SendAsync(
                    new RedisRequest("EVALSHA", [sha, .. _head, "promote", Name(ids[i]), "review", 1, "", "ann", "1", "\ndeveloper\n", $"promote/ann/{at + i}", ""]), ct);
                if (promotes && (reply.Count < 1 || reply[0].AsText() != "PASS"))
                {
                    throw new InvalidOperationException($"Item {Name(ids[i])} was not promoted: {reply}");
                }
            }

            _promoted += promotes ? ids.Length : 0;
            return await ReadStatisticsAsync(ids.Length, ct);
        }

        // A timer's millisecond is not a millisecond; with calls this short, only looking at the clock paces them.
        private void WaitUntil(long timestamp)
        {
            while (time.GetTimestamp() < timestamp)
            {
                Thread.SpinWait(50);
            }
        }

        private async Task<(double Mean, double? P99)> ReadStatisticsAsync(int calls, CancellationToken ct)
        {
            var stats = (await redis.SendAsync(new RedisRequest("INFO", "commandstats"), ct)).AsText();
            var line = Line(stats, "cmdstat_evalsha:");
            if ((long)Field(line, "calls=") != calls)
            {
                throw new InvalidOperationException($"{calls} calls were sent and the server counted {line}: somebody else is using it.");
            }

            var latency = Line((await redis.SendAsync(new RedisRequest("INFO", "latencystats"), ct)).AsText(), "latency_percentiles_usec_evalsha:");
            return (Field(line, "usec=") / calls, latency.Length == 0 ? null : Field(latency, "p99="));
        }

        private async Task SeedAsync(int[] ids, CancellationToken ct)
        {
            var sent = new Queue<Task<RespValue[]>>();
            foreach (var part in ids.Chunk(SeedBatch))
            {
                var fields = new List<RedisArg>(1 + (part.Length * 4)) { _keys.Items };
                var members = new List<RedisArg>(1 + (part.Length * 2)) { _keys.Index };
                foreach (var id in part)
                {
                    fields.Add($"r:{Name(id)}");
                    fields.Add(Record(id).ToBytes());
                    fields.Add($"e:{Name(id)}");
                    fields.Add(_evidence);
                    members.Add(IndexScore.Of(0, WorkState.Claimed, 100, id + 1));
                    members.Add(Name(id));
                }

                sent.Enqueue(redis.SendBatchAsync([new RedisRequest("HSET", [.. fields]), new RedisRequest("ZADD", [.. members])], ct).AsTask());
                if (sent.Count >= SeedWindows)
                {
                    Check(await sent.Dequeue());
                }
            }

            while (sent.TryDequeue(out var last))
            {
                Check(await last);
            }

            static void Check(RespValue[] replies)
            {
                if (Array.Find(replies, reply => reply.IsError) is { IsError: true } error)
                {
                    throw new RedisException(error.AsText());
                }
            }
        }

        // A seeding makes the server rewrite its append-only file in a child; until that ends, every first write to a page copies it.
        private async Task WaitUntilQuietAsync(CancellationToken ct)
        {
            for (var waited = TimeSpan.Zero; waited < QuietWaitMax; waited += QuietPoll)
            {
                var persistence = (await redis.SendAsync(new RedisRequest("INFO", "persistence"), ct)).AsText();
                if (!persistence.Contains("_in_progress:1", StringComparison.Ordinal) && !persistence.Contains("_scheduled:1", StringComparison.Ordinal))
                {
                    return;
                }

                await Task.Delay(QuietPoll, time, ct);
            }
        }

        private async Task<long> CheckAsync(CancellationToken ct)
        {
            var length = (await redis.SendAsync(new RedisRequest("XLEN", _keys.Audit), ct)).AsInteger();
            if (length != _promoted)
            {
                throw new InvalidOperationException($"{_promoted} promotions were answered PASS and the chain holds {length} records.");
            }

            var coordinator = new Coordinator(redis, _keys.Project);
            var page = (await coordinator.AuditAsync(new AuditRequest { Limit = CheckedMax }, ct)).OrThrow();
            for (var i = 0; i + 1 < page.Records.Count; i++)
            {
                if (page.Records[i].Previous != page.Records[i + 1].Link || page.Records[i].Number != page.Records[i + 1].Number + 1)
                {
                    throw new InvalidOperationException($"Record {page.Records[i].Number} of the chain does not follow its neighbour.");
                }
            }

            return page.Records.Count;
        }

        private async Task<string> LoadAsync(string lua, CancellationToken ct) => (await redis.SendAsync(new RedisRequest("SCRIPT", "LOAD", lua), ct)).AsText();

        private static string Name(int id) => $"item-{id:D7}";

        private WorkItemRecord Record(int id) => new()
        {
            Version = 5,
            Fence = 1,
            Stage = 0,
            State = WorkState.Claimed,
            Priority = 100,
            Sequence = id + 1,
            Policy = _policy.Digest,
            Subject = Subject,
            WorkedAt = 1_700_000_000_000,
            Holder = "ann",
            LeaseUntil = 4_000_000_000_000,
            EnteredAt = 1_700_000_000_000,
            CreatedAt = 1_700_000_000_000,
            Authors = ["ann"],
            Attempts = 1,
            Replies = [new RememberedReply("claim/ann/0", new byte[40]), new RememberedReply("evidence/ann/0", new byte[20])],
        };

        private static byte[] Evidence(int bytes)
        {
            var summary = new EvidenceSlot { Mark = 's', Issuer = "ann", Roles = ["developer"], Subject = Subject, At = 1_700_000_000_001, Value = Scalar.Of("done") };
            var page = Scalar.Of(new string('n', 240));
            var report = summary with { Mark = 'r', Value = Scalar.Of(""), Fields = [.. Enumerable.Range(0, 16).Select(_ => page)] };
            return EvidenceField.Write(
            [
                .. Plain.Evidence.Kinds.Select(kind => kind.Name switch
                {
                    "tests" => Facts(1, 120, 0),
                    "baseline" => Facts(110),
                    "summary" => summary,
                    _ => bytes >= 4096 ? report : null,
                }),
            ]);

            // In the order of the names: failed, skipped, total.
            static EvidenceSlot Facts(params double[] values) => new()
            {
                Mark = 'r',
                Value = Scalar.Of(""),
                Issuer = "runner",
                Roles = ["runner"],
                Tier = Tier.Observed,
                Subject = Subject,
                At = 1_700_000_000_001,
                Fields = values is [_, var total, _] ? [Scalar.Of(0), Scalar.Of(1), Scalar.Of(total)] : [Scalar.Of(values[0])],
            };
        }

        private static double? Median(List<(double Mean, double? P99)> blocks)
        {
            var known = blocks.Select(block => block.P99).OfType<double>().Order().ToList();
            return known.Count == 0 ? null : known[known.Count / 2];
        }

        private static string Line(string text, string prefix)
        {
            var at = text.IndexOf(prefix, StringComparison.Ordinal);
            return at < 0 ? "" : text[at..text.IndexOf('\n', at)];
        }

        private static double Field(string line, string name)
        {
            var at = line.IndexOf(name, StringComparison.Ordinal);
            if (at < 0)
            {
                return 0;
            }

            var rest = line[(at + name.Length)..];
            var end = rest.IndexOfAny([',', '\r', '\n']);
            return double.Parse(end < 0 ? rest : rest[..end], CultureInfo.InvariantCulture);
        }
    }
}
