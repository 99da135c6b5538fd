// Results that came after their claim was lost: shown to people, then accepted or sent away by one of them.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evalsha.Client;
using Evalsha.Resp;
using Referee.Records;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    /// <summary>A page of orphans, oldest first, of one item or (empty) of all.</summary>
    public async ValueTask<Result<OrphanPage>> OrphansAsync(string item = "", string cursor = "", int limit = 50, CancellationToken ct = default)
    {
        if (item.Length > 0 && !Names.IsName(item))
        {
            return Refusals.BadName("item", item);
        }

        if (limit is < 1 or > WorkLimits.PageMax)
        {
            return Refusals.Limit("limit", $"1 to {WorkLimits.PageMax}", $"{limit}");
        }

        if (!PageCursor.TryRead(cursor, _shards.Length, out var shard, out var after))
        {
            return new Refusal(RefusalCodes.Value, "cursor", "a cursor from the page before", cursor, "the caller");
        }

        var last = item.Length > 0 ? ShardOf(item).Shard : _shards.Length - 1;
        shard = item.Length > 0 ? last : shard;
        for (; shard <= last; shard++, after = "")
        {
            var reply = await Executor.SendAsync(new RedisRequest("XRANGE", _shards[shard].Orphans, After(after), "+", "COUNT", limit) { Repeatable = true }, ct);
            if (reply.Count > 0)
            {
                var read = reply.Items.Select(ReadOrphan).Where(orphan => item.Length == 0 || orphan.Item == item).ToList();
                var next = reply.Count == limit
                    ? PageCursor.Print(shard, reply[reply.Count - 1][0].AsText())
                    : shard < last ? PageCursor.Print(shard + 1, "") : "";
                if (read.Count > 0 || next.Length > 0)
                {
                    return new OrphanPage(read, next);
                }
            }
        }

        return new OrphanPage([], "");
    }

    /// <summary>Accepts an orphan as evidence (its issuer and tier stay), or sends it away. Operators only.</summary>
    public async ValueTask<Result<OrphanDecided>> DecideOrphanAsync(Caller caller, OrphanDecision request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(request);
        if (!IsOperator(caller))
        {
            return Refusals.Explain(new Refusal(RefusalCodes.Forbidden, "principal", "an operator", caller.Principal), request.Item);
        }

        if (RefuseNote(request.Item, "reason", request.Reason, "") is { } unfit)
        {
            return unfit;
        }

        var missing = new Refusal(RefusalCodes.Missing, "orphan", $"a kept result of {request.Item}", request.Orphan, "the caller", $"referee orphans {request.Item}");
        if (!TryStreamId(request.Orphan, out _, out _))
        {
            return missing;
        }

        var keys = ShardOf(request.Item);
        var args = new List<RedisArg> { caller.Principal, request.Item, request.Orphan, request.Accept ? 1 : 0, request.Reason };
        if (request.Accept)
        {
            var entries = await Executor.SendAsync(new RedisRequest("XRANGE", keys.Orphans, request.Orphan, request.Orphan) { Repeatable = true }, ct);
            if (entries.Count == 0)
            {
                return missing;
            }

            var fields = entries[0][1].AsMap();
            var shape = await _shapes.ByDigestAsync(keys, fields["policy"].AsText(), ct);
            if (shape is null)
            {
                return Refusals.Explain(new Refusal(RefusalCodes.Policy, "policy", "a known policy", fields["policy"].AsText()), request.Item);
            }

            args.AddRange([shape.Digest, shape.Evidence.SlotOf(fields["kind"].AsText()) + 1, shape.Evidence.Kinds.Count]);
        }

        var reply = await _orphans.RunAsync(keys, args.ToArray(), ct);
        return Refusals.TryRead(reply, request.Item, out var refusal)
            ? refusal with { Next = $"referee orphans {request.Item}" }
            : new OrphanDecided(request.Orphan, request.Item, request.Accept, reply[1].AsInteger());
    }

    /// <summary>The range that begins behind a stream id; XRANGE has had an exclusive form only since Redis 6.2.</summary>
    private static string After(string streamId) =>
        TryStreamId(streamId, out var milliseconds, out var sequence) ? $"{milliseconds}-{sequence + 1}" : "-";

    private static bool TryStreamId(string text, out long milliseconds, out long sequence)
    {
        sequence = 0;
        var dash = text.IndexOf('-');
        return long.TryParse(dash < 0 ? text : text[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out milliseconds)
            && dash > 0 && long.TryParse(text[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out sequence) && sequence < long.MaxValue;
    }

    private static OrphanView ReadOrphan(RespValue entry)
    {
        var fields = entry[1].AsMap();
        string Field(string name) => fields.TryGetValue(name, out var value) ? value.AsText() : "";
        long Number(string name) => long.TryParse(Field(name), CultureInfo.InvariantCulture, out var number) ? number : 0;
        TryStreamId(entry[0].AsText(), out var at, out _);
        var digest = "";
        if (fields.TryGetValue("tail", out var tail))
        {
            var packed = new PackedReader(tail.AsBytes().Span);
            packed.TryText(out digest);
        }

        return new OrphanView(
            entry[0].AsText(), Field("item"), Field("kind"), Field("principal"), (Tier)Number("tier"), Number("fence"), Number("current"), Field("subject"), at,
            ParseJson(Field("json")), digest, Field("keepable") == "1");
    }

    private static JsonNode? ParseJson(string json)
    {
        try
        {
            return json.Length == 0 ? null : JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return JsonValue.Create(json);
        }
    }
}
