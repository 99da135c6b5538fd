// Reads a shard's chain from its first record to its head, recomputes every link, and compares every item with the last record about it.
// Finds: a changed, missing or inserted record (and names it), a head that does not fit, and state that no record explains:
// an item moved, reset, indexed elsewhere or given evidence by somebody who wrote past the referee.
// Always: works in pages of 500 while others go on writing, and reads only; what changes under it is compared in one MULTI.
using System.Globalization;
using Evalsha.Client;
using Evalsha.Resp;
using Referee.Records;

namespace Referee.Workflows;

internal sealed class ChainVerifier(IRedisExecutor executor, Gatekeeper gatekeeper)
{
    /// <summary>A broken store may break everywhere; this many findings are enough to act.</summary>
    public const int FindingsMax = 200;

    private readonly ChainReader _reader = new(executor);

    public async ValueTask<Verification> VerifyAsync(ShardKeys keys, CancellationToken ct)
    {
        var findings = new List<VerifyFinding>();
        var head = await _reader.HeadAsync(keys, ct);
        if (head is null)
        {
            findings.Add(new("HEAD", 0, "", "the head of the chain cannot be read"));
        }

        var records = await WalkAsync(keys, head ?? (long.MaxValue, ""), findings, ct);
        var items = await CompareItemsAsync(keys, findings, ct);

        // The newest entry first, then the head: whatever was appended in between, the head counts at least as far.
        var newest = await _reader.BackwardAsync(keys, 0, 1, ct);
        if (newest is [var last] && await _reader.HeadAsync(keys, ct) is var (counted, _) && last.Number > counted)
        {
            findings.Add(new("HEAD", last.Number, last.Record?.Item ?? "", $"the stream ends at record {last.Number} and the head counts {counted}: the head was set back"));
        }

        return new Verification(keys.Shard, findings.Count == 0, records, items, head?.Link ?? "", findings);
    }

    private async ValueTask<long> WalkAsync(ShardKeys keys, (long Number, string Link) head, List<VerifyFinding> findings, CancellationToken ct)
    {
        var walk = new LinkWalk(findings);
        for (long next = 1; next <= head.Number && findings.Count < FindingsMax;)
        {
            var page = await _reader.ForwardAsync(keys, next, ChainReader.PageMax, ct);
            if (page.Count == 0)
            {
                break;
            }

            var items = new List<ChainRecord>();
            foreach (var entry in page)
            {
                if (entry.Number > head.Number)
                {
                    break;
                }

                walk.Add(entry);
                if (entry.Record is { } record)
                {
                    items.Add(record);
                }
            }

            await CompareRecordsAsync(keys, items, findings, ct);
            next = page[^1].Number + 1;
            if (page[^1].Number == 0)
            {
                break;
            }
        }

        if (head.Number == long.MaxValue)
        {
            return walk.Count;
        }

        walk.End(head.Number, head.Link);
        return walk.Count;
    }

    // Every item that the page speaks of: it must be there and must not have forgotten this record.
    private async ValueTask CompareRecordsAsync(ShardKeys keys, List<ChainRecord> records, List<VerifyFinding> findings, CancellationToken ct)
    {
        if (records.Count == 0)
        {
            return;
        }

        var replies = await executor.SendBatchAsync([.. records.Select(record => new RedisRequest("HGET", keys.Items, $"r:{record.Item}") { Repeatable = true })], ct);
        for (var i = 0; i < records.Count && findings.Count < FindingsMax; i++)
        {
            var record = records[i];
            if (replies[i].IsError)
            {
                throw new RedisException(replies[i].AsText());
            }

            if (replies[i].IsNull)
            {
                findings.Add(new("ITEM_MISSING", record.Number, record.Item, $"record {record.Number} speaks of {record.Item}, which is gone"));
                continue;
            }

            if (WorkItemRecord.TryRead(replies[i].AsBytes().Span, out var item) != RecordReading.Ok)
            {
                continue; // The scan of the items names it.
            }

            var last = ChainRecord.NumberOf(item.LastAudit);
            if (last < record.Number)
            {
                findings.Add(new("UNEXPLAINED", record.Number, record.Item, $"{record.Item} names {(last == 0 ? "no record" : $"record {last}")} as its last, and record {record.Number} speaks of it: it was set back"));
            }
            else if (last == record.Number)
            {
                var numbers = (await gatekeeper.FindPolicyAsync(keys, item.Policy, ct))?.Compiled.Numbers;
                var stage = numbers?.NameOf(item.Stage) ?? $"#{item.Stage}";
                if (numbers is null || stage != record.To || item.Version < record.Version || item.Fence < record.Fence || item.Policy != record.Policy)
                {
                    findings.Add(new(
                        "UNEXPLAINED",
                        record.Number,
                        record.Item,
                        $"{record.Item} is in {stage} at version {item.Version} with claim no. {item.Fence} under policy {Short(item.Policy)}; its last record left it in {record.To} at version {record.Version} with claim no. {record.Fence} under {Short(record.Policy)}"));
                }
            }
        }
    }

    // Every item there is: those no record speaks of must stand where they entered, and each must be indexed where it stands.
    private async ValueTask<long> CompareItemsAsync(ShardKeys keys, List<VerifyFinding> findings, CancellationToken ct)
    {
        long count = 0;
        var cursor = "0";
        do
        {
            var scan = await executor.SendAsync(new RedisRequest("HSCAN", keys.Items, cursor, "COUNT", ChainReader.PageMax) { Repeatable = true }, ct);
            cursor = scan[0].AsText();
            var ids = new List<string>();
            for (var i = 0; i + 1 < scan[1].Count; i += 2)
            {
                var field = scan[1][i].AsText();
                if (field.StartsWith("r:", StringComparison.Ordinal))
                {
                    ids.Add(field[2..]);
                }
                else if (field.StartsWith("e:", StringComparison.Ordinal) && !DigestHolds(scan[1][i + 1].AsBytes().Span))
                {
                    findings.Add(new("EVIDENCE", 0, field[2..], $"the evidence of {field[2..]} is not what its digest says"));
                }
            }

            count += ids.Count;
            await CompareItemsAsync(keys, ids, findings, ct);
        }
        while (cursor != "0" && findings.Count < FindingsMax);
        return count;
    }

    private async ValueTask CompareItemsAsync(ShardKeys keys, List<string> ids, List<VerifyFinding> findings, CancellationToken ct)
    {
        if (ids.Count == 0)
        {
            return;
        }

        var requests = new List<RedisRequest> { new("MULTI") };
        foreach (var id in ids)
        {
            requests.Add(new RedisRequest("HGET", keys.Items, $"r:{id}"));
            requests.Add(new RedisRequest("ZSCORE", keys.Index, id));
        }

        requests.Add(new RedisRequest("EXEC"));
        var replies = await executor.SendBatchAsync(requests, ct);
        var values = replies[^1].IsError ? throw new RedisException(replies[^1].AsText()) : replies[^1];
        for (var i = 0; i < ids.Count && findings.Count < FindingsMax; i++)
        {
            var (record, score) = (values[2 * i], values[(2 * i) + 1]);
            if (!record.IsNull)
            {
                await CompareItemAsync(keys, ids[i], record.AsBytes(), score, findings, ct);
            }
        }
    }

    private async ValueTask CompareItemAsync(ShardKeys keys, string id, ReadOnlyMemory<byte> bytes, RespValue score, List<VerifyFinding> findings, CancellationToken ct)
    {
        switch (WorkItemRecord.TryRead(bytes.Span, out var item))
        {
            case RecordReading.Newer:
                findings.Add(new("DAMAGED", 0, id, $"{id} is in a newer format than this program reads"));
                return;
            case RecordReading.Damaged:
                findings.Add(new("DAMAGED", 0, id, $"what is stored as {id} is no record"));
                return;
        }

        var expected = IndexScore.Of(item.Stage, item.State, item.Priority, item.Sequence);
        if (score.IsNull || score.AsDouble() != expected)
        {
            findings.Add(new("UNEXPLAINED", 0, id, $"{id} is indexed at {(score.IsNull ? "no place" : score.AsDouble().ToString("R", CultureInfo.InvariantCulture))} and its record belongs at {expected}"));
        }

        var last = ChainRecord.NumberOf(item.LastAudit);
        if (last > 0)
        {
            var entries = ChainReader.Entries(await executor.SendAsync(new RedisRequest("XRANGE", keys.Audit, $"{last}-0", $"{last}-0") { Repeatable = true }, ct));
            if (entries is not [{ Record: { } record }] || record.Item != id)
            {
                findings.Add(new("UNEXPLAINED", last, id, $"{id} names record {last} as its last, and that is {(entries.Count == 0 ? "not there" : "about something else")}"));
            }

            return;
        }

        var policy = await gatekeeper.FindPolicyAsync(keys, item.Policy, ct);
        if (policy is null || policy.Compiled.Numbers.NameOf(item.Stage) != policy.Policy.FirstStage || item.State == WorkState.Done)
        {
            findings.Add(new("UNEXPLAINED", 0, id, $"{id} is in {policy?.Compiled.Numbers.NameOf(item.Stage) ?? $"stage #{item.Stage} of an unknown policy"} and no record says how it left {policy?.Policy.FirstStage ?? "its first stage"}"));
        }
    }

    private static bool DigestHolds(ReadOnlySpan<byte> field)
    {
        // fixstr of 40 is no fixstr (at most 31): the digest stands behind str8 (0xd9) and its length.
        return field.Length >= 42 && field[0] == 0xd9 && field[1] == 40
            && System.Text.Encoding.ASCII.GetString(field.Slice(2, 40)) == ChainRecord.LinkOf(field[42..]);
    }

    private static string Short(string digest) => digest.Length > 8 ? digest[..8] : digest;

    /// <summary>
    /// Compares neighbours. A link that does not hold between n-1 and n accuses one of them: if n fits its successor, n is as it was
    /// written and n-1 was changed; if not, n itself was.
    /// </summary>
    private sealed class LinkWalk(List<VerifyFinding> findings)
    {
        private long _number;
        private string _link = ChainRecord.Beginning;
        private (long Number, string Item)? _before; // the record whose successor is being looked at
        private bool _suspect; // the link from the record before the last to the last does not hold
        private (long Number, string Item)? _beforeSuspect;
        private bool _afterGap; // nothing is known about the record before

        public long Count { get; private set; }

        public void Add(ChainEntry entry)
        {
            Count++;
            if (entry.Number == 0)
            {
                findings.Add(new("DAMAGED", 0, "", $"the stream holds an entry {entry.StreamId}, which no script writes"));
                return;
            }

            if (entry.Number != _number + 1)
            {
                Settle(holds: false);
                findings.Add(new("GAP", _number + 1, "", entry.Number == _number + 2 ? $"record {_number + 1} is missing" : $"records {_number + 1} to {entry.Number - 1} are missing"));
                (_afterGap, _before) = (true, null);
            }

            if (entry.Record is not { } record || record.Number != entry.Number)
            {
                Settle(holds: false);
                findings.Add(new("DAMAGED", entry.Number, entry.Record?.Item ?? "", $"record {entry.Number} is not what a script writes: it was changed"));
                (_number, _afterGap, _before) = (entry.Number, true, null);
                return;
            }

            var holds = _afterGap || record.Previous == _link;
            Settle(holds);
            if (!holds && _before is not null && !_accused)
            {
                (_suspect, _beforeSuspect) = (true, _before);
            }
            else if (!holds && _before is null)
            {
                findings.Add(new("BROKEN_LINK", record.Number, record.Item, $"record {record.Number} does not follow the beginning of the chain: it was changed"));
            }

            _accused = false;
            (_number, _link, _before, _afterGap) = (record.Number, record.Link, (record.Number, record.Item), false);
        }

        private bool _accused;

        public void End(long number, string link)
        {
            if (_number < number)
            {
                Settle(holds: false);
                findings.Add(new("GAP", _number + 1, "", $"the head counts {number} records, the stream ends at {_number}"));
                return;
            }

            var holds = _afterGap || _link == link;
            Settle(holds);
            if (!holds && !_accused)
            {
                findings.Add(new(
                    "BROKEN_LINK",
                    number,
                    _before?.Item ?? "",
                    number == 0 ? "the chain is empty and its head is not" : $"record {number}, the newest, does not have the link that the head keeps: it or the head was changed"));
            }
        }

        // Settles a suspicion between two records by whether the later of them fits what follows.
        private void Settle(bool holds)
        {
            if (!_suspect)
            {
                return;
            }

            _suspect = false;
            var (number, item) = holds ? _beforeSuspect!.Value : _before ?? _beforeSuspect!.Value;
            findings.Add(new("BROKEN_LINK", number, item, $"record {number} was changed: its bytes are not those that its neighbours were linked with"));
            _accused = !holds; // The later one is changed and explains the link behind it as well.
        }
    }
}
