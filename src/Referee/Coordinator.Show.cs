// Reading one item: everything that is known of it, and where it stands in its queue. Reads only; the parts may be of slightly different moments.
using System.Text;
using System.Text.Json.Nodes;
using Evalsha.Client;
using Referee.Records;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    /// <summary>An item with its texts, its evidence and what it waits for.</summary>
    /// <exception cref="InvalidDataException">The stored record or evidence is not what this program writes.</exception>
    public async ValueTask<Result<ItemView>> ShowAsync(string item, CancellationToken ct = default)
    {
        if (!Names.IsName(item))
        {
            return Refusals.BadName("item", item);
        }

        var keys = ShardOf(item);
        var replies = await BatchAsync(
            [
                new RedisRequest("HMGET", keys.Items, $"r:{item}", $"e:{item}") { Repeatable = true },
                new RedisRequest("HMGET", keys.Details, item, $"{item}\0\0note") { Repeatable = true },
            ],
            ct);
        if (replies[0][0].IsNull)
        {
            return Refusals.NotFound(item);
        }

        var (record, refused) = Decode(item, replies[0][0].AsBytes().Span);
        if (record is null)
        {
            return refused!;
        }

        var details = ItemDetails.Read(replies[1][0].AsTextOrNull());
        var shape = await _shapes.ByDigestAsync(keys, record.Policy, ct);
        var evidence = replies[0][1].IsNull ? [] : await ReadEvidenceAsync(keys, item, shape, replies[0][1].AsBytes(), ct);
        return new ItemView
        {
            Item = item,
            Title = details.Title,
            Body = details.Body,
            AcceptanceCriteria = details.AcceptanceCriteria,
            Labels = details.Labels,
            Workflow = shape?.Workflow ?? details.Workflow,
            Policy = record.Policy,
            Stage = await _shapes.StageNameAsync(keys, record.Stage, ct),
            State = record.State,
            Priority = record.Priority,
            Version = record.Version,
            Fence = record.Fence,
            Subject = record.Subject,
            WorkedAt = record.WorkedAt,
            Holder = HolderShown(record),
            LeaseUntil = record.State == WorkState.Claimed ? record.LeaseUntil : 0,
            EnteredAt = record.EnteredAt,
            CreatedAt = record.CreatedAt,
            Authors = record.Authors,
            LastAudit = record.LastAudit,
            Attempts = record.Attempts,
            Note = replies[1][1].AsTextOrNull() ?? "",
            DependsOn = details.DependsOn,
            BlockedBy = record.OpenBlockers == 0 ? [] : await OpenAsync(keys, details.DependsOn, ct),
            Evidence = evidence,
        };
    }

    /// <summary>How many items of the same stage and state come before this one, in its shard.</summary>
    public async ValueTask<Result<QueuePosition>> PositionAsync(string item, CancellationToken ct = default)
    {
        if (!Names.IsName(item))
        {
            return Refusals.BadName("item", item);
        }

        var keys = ShardOf(item);
        var replies = await BatchAsync(
            [
                new RedisRequest("HGET", keys.Items, $"r:{item}") { Repeatable = true },
                new RedisRequest("ZSCORE", keys.Index, item) { Repeatable = true },
            ],
            ct);
        if (replies[0].IsNull || replies[1].IsNull)
        {
            return Refusals.NotFound(item);
        }

        var (record, refused) = Decode(item, replies[0].AsBytes().Span);
        if (record is null)
        {
            return refused!;
        }

        var score = replies[1].AsInteger();
        var low = IndexScore.Low(IndexScore.BandOf(score));
        var ahead = await Executor.SendAsync(new RedisRequest("ZCOUNT", keys.Index, low, $"({score}") { Repeatable = true }, ct);
        return new QueuePosition(item, await _shapes.StageNameAsync(keys, record.Stage, ct), record.State, ahead.AsInteger());
    }

    /// <summary>A holder is somebody only while the item is claimed; the record remembers the last one until the next claim.</summary>
    private static string HolderShown(WorkItemRecord record) => record.State == WorkState.Claimed ? record.Holder : "";

    private async ValueTask<IReadOnlyList<string>> OpenAsync(ShardKeys keys, IReadOnlyList<string> dependencies, CancellationToken ct)
    {
        if (dependencies.Count == 0)
        {
            return [];
        }

        var records = await Executor.SendAsync(
            new RedisRequest("HMGET", [keys.Items, .. dependencies.Select(other => (RedisArg)$"r:{other}")]) { Repeatable = true }, ct);
        var open = new List<string>();
        for (var i = 0; i < dependencies.Count; i++)
        {
            if (!records[i].IsNull
                && WorkItemRecord.TryRead(records[i].AsBytes().Span, out var record) == RecordReading.Ok
                && record.State != WorkState.Done)
            {
                open.Add(dependencies[i]);
            }
        }

        return open;
    }

    private async ValueTask<IReadOnlyList<EvidenceView>> ReadEvidenceAsync(
        ShardKeys keys, string item, PolicyShape? shape, ReadOnlyMemory<byte> field, CancellationToken ct)
    {
        if (!EvidenceField.TryRead(field.Span, out var slots))
        {
            throw new InvalidDataException($"The evidence of {item} is damaged: it is not what this program writes.");
        }

        var views = new List<EvidenceView>();
        for (var i = 0; i < slots.Count; i++)
        {
            if (slots[i] is not { } slot)
            {
                continue;
            }

            var kind = shape is not null && i < shape.Evidence.Kinds.Count ? shape.Evidence.Kinds[i] : null;
            var name = kind?.Name ?? $"#{i}";
            JsonNode? value;
            if (slot.Mark == 'r')
            {
                value = RecordJson(slot, kind);
            }
            else if (slot.Digest.Length > 0)
            {
                var large = await Executor.SendAsync(new RedisRequest("HGET", keys.Details, $"{item}\0{name}") { Repeatable = true }, ct);
                value = large.IsNull ? null : JsonValue.Create(Encoding.UTF8.GetString(large.AsBytes().Span));
            }
            else
            {
                value = ScalarJson(slot.Value);
            }

            views.Add(new EvidenceView(name, value, slot.Issuer, slot.Roles, slot.Tier, slot.Subject, slot.At, slot.Digest));
        }

        return views;
    }

    private static JsonObject RecordJson(EvidenceSlot slot, EvidenceKind? kind)
    {
        var json = new JsonObject();
        for (var i = 0; i < slot.Fields.Count; i++)
        {
            if (slot.Fields[i].Kind != ScalarKind.Missing)
            {
                json[kind is not null && i < kind.Fields.Count ? kind.Fields[i].Name : $"#{i}"] = ScalarJson(slot.Fields[i]);
            }
        }

        return json;
    }

    private static JsonNode? ScalarJson(Scalar scalar) => scalar.Kind switch
    {
        ScalarKind.Text => JsonValue.Create(scalar.Text),
        ScalarKind.Boolean => JsonValue.Create(scalar.Truth),
        ScalarKind.Number when Math.Truncate(scalar.Number) == scalar.Number && Math.Abs(scalar.Number) <= IndexScore.SequenceMax => JsonValue.Create((long)scalar.Number),
        ScalarKind.Number => JsonValue.Create(scalar.Number),
        _ => null,
    };
}
