// Reads the chain of a shard: pages of it, and one item's records backwards by the id that each keeps of the one before.
// Always: bounded pages; nothing here reads the stream from end to end.
using Evalsha.Client;
using Evalsha.Resp;
using Referee.Records;

namespace Referee.Workflows;

/// <summary>An entry of the audit stream. <see cref="Record"/> is null when the bytes are no record.</summary>
internal sealed record ChainEntry(long Number, string StreamId, ChainRecord? Record, ReadOnlyMemory<byte> Bytes);

internal sealed class ChainReader(IRedisExecutor executor)
{
    public const int PageMax = 500;

    /// <summary>Entries from a number on, oldest first.</summary>
    public async ValueTask<IReadOnlyList<ChainEntry>> ForwardAsync(ShardKeys keys, long from, int count, CancellationToken ct) =>
        Entries(await executor.SendAsync(new RedisRequest("XRANGE", keys.Audit, $"{from}-0", "+", "COUNT", count) { Repeatable = true }, ct));

    /// <summary>Entries before a number, newest first; 0 begins at the newest.</summary>
    public async ValueTask<IReadOnlyList<ChainEntry>> BackwardAsync(ShardKeys keys, long before, int count, CancellationToken ct) =>
        Entries(await executor.SendAsync(new RedisRequest("XREVRANGE", keys.Audit, before > 0 ? $"{before - 1}-0" : "+", "-", "COUNT", count) { Repeatable = true }, ct));

    /// <summary>The head of the chain: how many records there are and the link of the newest.</summary>
    public async ValueTask<(long Number, string Link)?> HeadAsync(ShardKeys keys, CancellationToken ct)
    {
        var reply = await executor.SendAsync(new RedisRequest("HGET", keys.Items, "chain") { Repeatable = true }, ct);
        return reply.IsNull ? (0, ChainRecord.Beginning) : ReadHead(reply.AsBytes().Span);
    }

    /// <summary>An item's records, the newest first, beginning at the stream id that its record keeps.</summary>
    public async ValueTask<IReadOnlyList<ChainRecord>> OfItemAsync(ShardKeys keys, string item, string lastAudit, int limit, CancellationToken ct)
    {
        var records = new List<ChainRecord>();
        for (var number = ChainRecord.NumberOf(lastAudit); number > 0 && records.Count < limit;)
        {
            var entries = Entries(await executor.SendAsync(new RedisRequest("XRANGE", keys.Audit, $"{number}-0", $"{number}-0") { Repeatable = true }, ct));
            // A record of another item or none at all means that somebody wrote past the referee: verify names it, history ends.
            if (entries is not [{ Record: { } record }] || record.Item != item || record.ItemBeforeNumber >= number)
            {
                break;
            }

            records.Add(record);
            number = record.ItemBeforeNumber;
        }

        return records;
    }

    internal static (long Number, string Link)? ReadHead(ReadOnlySpan<byte> bytes)
    {
        var packed = new PackedReader(bytes);
        return packed.TryInteger(1, 1L << 53, out var number) && packed.TryText(out var link) && packed.AtEnd ? (number, link) : null;
    }

    internal static IReadOnlyList<ChainEntry> Entries(RespValue reply)
    {
        var entries = new List<ChainEntry>(reply.Count);
        foreach (var row in reply.Items)
        {
            var id = row[0].AsText();
            var fields = row[1];
            var bytes = fields.Count == 2 && fields[0].AsText() == "d" ? fields[1].AsBytes() : ReadOnlyMemory<byte>.Empty;
            entries.Add(new ChainEntry(id.EndsWith("-0", StringComparison.Ordinal) ? ChainRecord.NumberOf(id) : 0, id, ChainRecord.TryRead(bytes.Span, out var record) ? record : null, bytes));
        }

        return entries;
    }
}
