// Reading many items: pages of a stage, a state or a label, and how deep every stage is. Every page costs its own length, never the queue's.
using Evalsha.Client;
using Evalsha.Resp;
using Referee.Records;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    private static readonly WorkState[] QueueStates = [WorkState.Ready, WorkState.Claimed, WorkState.Blocked, WorkState.Parked];

    /// <summary>A page of items in the order of their queues, stage by stage, what is done last. A page may be short, or empty, and still have a cursor.</summary>
    public async ValueTask<Result<ItemPage>> ListAsync(ListRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Limit is < 1 or > WorkLimits.PageMax)
        {
            return Refusals.Limit("limit", $"1 to {WorkLimits.PageMax}", $"{request.Limit}");
        }

        if (!PageCursor.TryRead(request.Cursor, _shards.Length, out var shard, out var place))
        {
            return new Refusal(RefusalCodes.Value, "cursor", "a cursor from the page before", request.Cursor, "the caller");
        }

        if (request.Label is not null && !Names.IsName(request.Label))
        {
            return Refusals.BadName("label", request.Label);
        }

        for (; shard < _shards.Length; shard++, place = "")
        {
            var keys = _shards[shard];
            var stage = request.Stage is null ? -1 : await _shapes.StageNumberAsync(keys, request.Stage, ct);
            if (request.Stage is not null && stage < 0)
            {
                return new Refusal(RefusalCodes.NotFound, "stage", "a stage of this project", request.Stage, "the caller", "referee status");
            }

            var (ids, next) = request.Label is { } label
                ? await LabelPageAsync(keys, label, place, request.Limit, ct)
                : await IndexPageAsync(keys, stage, request.State, place, request.Limit, ct);
            var items = ids.Count == 0 ? [] : await SummariesAsync(keys, ids, stage, request.State, ct);
            var cursor = next.Length > 0 ? PageCursor.Print(shard, next) : shard + 1 < _shards.Length ? PageCursor.Print(shard + 1, "") : "";
            if (items.Count > 0 || next.Length > 0)
            {
                return new ItemPage(items, cursor);
            }
        }

        return new ItemPage([], "");
    }

    /// <summary>How many items are in each stage and state of the whole project.</summary>
    public async ValueTask<Result<ProjectStatus>> StatusAsync(CancellationToken ct = default)
    {
        var depths = new Dictionary<string, long[]>(StringComparer.Ordinal);
        var order = new List<string>();
        long done = 0, refusals = 0, orphans = 0, audit = 0;
        foreach (var keys in _shards)
        {
            var stages = await _shapes.StagesAsync(keys, fresh: true, ct);
            var requests = new List<RedisRequest>();
            for (var stage = 0; stage < stages.Names.Count; stage++)
            {
                requests.AddRange(QueueStates.Select(state => Count(keys, IndexScore.Band(stage, state))));
            }

            requests.Add(Count(keys, IndexScore.DoneBand));
            requests.AddRange(new[] { keys.Refusals, keys.Orphans, keys.Audit }.Select(stream => new RedisRequest("XLEN", stream) { Repeatable = true }));
            var replies = await BatchAsync(requests, ct);
            for (var stage = 0; stage < stages.Names.Count; stage++)
            {
                if (!depths.TryGetValue(stages.Names[stage], out var depth))
                {
                    depths[stages.Names[stage]] = depth = new long[QueueStates.Length];
                    order.Add(stages.Names[stage]);
                }

                for (var state = 0; state < QueueStates.Length; state++)
                {
                    depth[state] += replies[(stage * QueueStates.Length) + state].AsInteger();
                }
            }

            var rest = stages.Names.Count * QueueStates.Length;
            done += replies[rest].AsInteger();
            refusals += replies[rest + 1].AsInteger();
            orphans += replies[rest + 2].AsInteger();
            audit += replies[rest + 3].AsInteger();
        }

        return new ProjectStatus(
            Project,
            [.. order.Select(stage => new StageDepth(stage, depths[stage][0], depths[stage][1], depths[stage][2], depths[stage][3]))],
            done,
            refusals,
            orphans,
            audit);
    }

    private static RedisRequest Count(ShardKeys keys, int band) =>
        new("ZCOUNT", keys.Index, IndexScore.Low(band), IndexScore.High(band)) { Repeatable = true };

    /// <summary>The bands that a filter asks for, lowest first, neighbours joined.</summary>
    private static List<(long Low, long High)> Ranges(int stage, WorkState? state, int stageCount)
    {
        if (stage < 0 && state is null)
        {
            return [(0, IndexScore.High(255))];
        }

        if (state == WorkState.Done)
        {
            return [(IndexScore.Low(IndexScore.DoneBand), IndexScore.High(IndexScore.DoneBand))];
        }

        var ranges = new List<(long, long)>();
        foreach (var number in stage >= 0 ? [stage] : Enumerable.Range(0, stageCount))
        {
            ranges.Add(state is { } one
                ? (IndexScore.Low(IndexScore.Band(number, one)), IndexScore.High(IndexScore.Band(number, one)))
                : (IndexScore.Low(number * 4), IndexScore.High((number * 4) + 3)));
        }

        if (state is null)
        {
            ranges.Add((IndexScore.Low(IndexScore.DoneBand), IndexScore.High(IndexScore.DoneBand)));
        }

        return ranges;
    }

    private async ValueTask<(IReadOnlyList<string> Ids, string Next)> IndexPageAsync(
        ShardKeys keys, int stage, WorkState? state, string place, int limit, CancellationToken ct)
    {
        var after = long.TryParse(place, System.Globalization.CultureInfo.InvariantCulture, out var score) ? score : -1;
        var ids = new List<string>();
        var stages = await _shapes.StagesAsync(keys, fresh: false, ct);
        foreach (var (low, high) in Ranges(stage, state, stages.Names.Count))
        {
            if (high <= after)
            {
                continue;
            }

            var reply = await Executor.SendAsync(
                new RedisRequest("ZRANGEBYSCORE", keys.Index, Math.Max(low, after + 1), high, "WITHSCORES", "LIMIT", 0, limit - ids.Count) { Repeatable = true }, ct);
            after = Math.Max(after, AddScored(reply, ids));
            if (ids.Count == limit)
            {
                return (ids, after.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return (ids, "");
    }

    /// <summary>Adds the members and returns the last score. RESP3 answers pairs, RESP2 a flat list.</summary>
    private static long AddScored(RespValue reply, List<string> ids)
    {
        var last = -1L;
        var flat = reply.Count > 0 && !reply[0].IsAggregate;
        for (var i = 0; i < reply.Count; i += flat ? 2 : 1)
        {
            ids.Add(flat ? reply[i].AsText() : reply[i][0].AsText());
            last = flat ? reply[i + 1].AsInteger() : reply[i][1].AsInteger();
        }

        return last;
    }

    private async ValueTask<(IReadOnlyList<string> Ids, string Next)> LabelPageAsync(ShardKeys keys, string label, string place, int limit, CancellationToken ct)
    {
        var low = Names.IsName(place) ? $"({label}\0{place}" : $"[{label}\0";
        var reply = await Executor.SendAsync(
            new RedisRequest("ZRANGEBYLEX", keys.Tags, low, $"({label}\u0001", "LIMIT", 0, limit) { Repeatable = true }, ct);
        var ids = reply.Items.Select(member => member.AsText()[(label.Length + 1)..]).ToList();
        return (ids, ids.Count == limit ? ids[^1] : "");
    }

    private async ValueTask<IReadOnlyList<ItemSummary>> SummariesAsync(ShardKeys keys, IReadOnlyList<string> ids, int stage, WorkState? state, CancellationToken ct)
    {
        var replies = await BatchAsync(
            [
                new RedisRequest("HMGET", [keys.Items, .. ids.Select(id => (RedisArg)$"r:{id}")]) { Repeatable = true },
                new RedisRequest("HMGET", [keys.Details, .. ids.Select(id => (RedisArg)id)]) { Repeatable = true },
            ],
            ct);
        var summaries = new List<ItemSummary>(ids.Count);
        for (var i = 0; i < ids.Count; i++)
        {
            if (replies[0][i].IsNull || WorkItemRecord.TryRead(replies[0][i].AsBytes().Span, out var record) != RecordReading.Ok)
            {
                continue; // Moved away meanwhile, or of a newer program: `show` says which.
            }

            if ((stage < 0 || record.Stage == stage) && (state is null || record.State == state))
            {
                summaries.Add(new ItemSummary(
                    ids[i],
                    ItemDetails.Read(replies[1][i].AsTextOrNull()).Title,
                    await _shapes.StageNameAsync(keys, record.Stage, ct),
                    record.State,
                    record.Priority,
                    record.Version,
                    HolderShown(record),
                    record.State == WorkState.Claimed ? record.LeaseUntil : 0,
                    record.EnteredAt));
            }
        }

        return summaries;
    }
}
