// XCLAIM and XAUTOCLAIM: what was delivered to one consumer of a group and not settled becomes another's.
// Always: each claim is written as the XCLAIM that makes it again, with its time and count as decided; a pending entry whose stream entry is gone
// is dropped where it is met. The consumer exists afterwards, whether it got anything or not (7.2).
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Commands.StreamGroupsCommands;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class StreamClaimCommands
{
    // Redis looks at so many entries for each that it may claim, and takes no count that would overflow with that.
    private const int LooksPerClaim = 10;
    private const long CountMax = long.MaxValue / 16;

    public static readonly CommandRow[] Rows =
    [
        new("xclaim", -6, Write | Fast, KeySpec.One, XClaim) { Since = "5.0.0", Group = "stream", Summary = "Makes pending entries another consumer's, by id.", AclCategories = ["@stream"], Complexity = "O(log N), N: messages in the PEL of the consumer group", KeyUses = ["RW UPDATE"], Tips = ["nondeterministic_output"], Syntax = "key group:string consumer:string min-idle-time:string id... [IDLE <ms:integer>] [TIME <unix-time-milliseconds:unix-time>] [RETRYCOUNT <count:integer>] [FORCE] [JUSTID] [LASTID <id:string>]" },
        new("xautoclaim", -6, Write | Fast, KeySpec.One, XAutoClaim) { Since = "6.2.0", Group = "stream", Summary = "Makes the next pending entries that were left idle another consumer's.", AclCategories = ["@stream"], Complexity = "O(1), if COUNT is small", KeyUses = ["RW DELETE"], Tips = ["nondeterministic_output"], Syntax = "key group:string consumer:string min-idle-time:string start:string [COUNT <count:integer>] [JUSTID]", History = ["7.0.0: deleted entries are in the answer and leave the list of pending ones"] },
    ];

    /// <summary>The delivery as the command that makes it again.</summary>
    public static void WriteDelivery(CommandContext c, int key, StreamGroup group, PendingEntry entry)
    {
        if (c.WantsEffects)
        {
            c.Effect(Words.XClaim, c.Text(key), group.Name, entry.Consumer!.Name, Words.Zero, entry.Id.Text(), Words.Time, Numbers.Text(entry.DeliveredAt),
                Words.RetryCount, Numbers.Text(entry.Deliveries), Words.Force, Words.JustId, Words.LastId, group.LastId.Text());
        }
    }

    /// <summary>How far a group has read, as the command that says so.</summary>
    public static void WriteProgress(CommandContext c, int key, StreamGroup group) =>
        c.Effect(Words.XGroup, Words.SetId, c.Text(key), group.Name, group.LastId.Text(), Words.EntriesRead, Numbers.Text(group.EntriesRead));

    public static void WriteConsumer(CommandContext c, int key, StreamGroup group, StreamConsumer consumer) =>
        c.Effect(Words.XGroup, Words.CreateConsumer, c.Text(key), group.Name, consumer.Name);

    private static void XClaim(CommandContext c)
    {
        if (!TryGroup(c, out var stream, out var group)
            || !TryNumber(c, 4, "ERR Invalid min-idle-time argument for XCLAIM"u8, out var idleLeast))
        {
            return;
        }

        var ids = new List<StreamId>();
        while (5 + ids.Count < c.Count && StreamId.TryParse(c[5 + ids.Count], 0, allowStar: false, out var id, out _))
        {
            ids.Add(id);
        }

        if (!ClaimOptions.TryParse(c, 5 + ids.Count, out var options))
        {
            return;
        }

        c.NoEffect();
        var movesOn = options.LastId > group.LastId;
        if (movesOn)
        {
            group.LastId = options.LastId;
        }

        var consumer = Consumer(c, group, 1, c.Text(3), out var isNew);
        consumer.SeenAt = Now(c);
        if (isNew)
        {
            WriteConsumer(c, 1, group, consumer);
        }

        var claimed = new List<StreamId>();
        foreach (var id in ids)
        {
            var entry = group.Pending.Find(id);
            if (!stream.Contains(id))
            {
                if (entry is not null)
                {
                    Drop(c, group, entry);
                    movesOn = false;
                }

                continue;
            }

            entry ??= options.IsForced ? new PendingEntry { Id = id, DeliveredAt = Now(c) } : null;
            if (entry is null || (entry.Consumer is not null && idleLeast > 0 && Now(c) - entry.DeliveredAt < idleLeast))
            {
                continue;
            }

            entry.DeliveredAt = options.DeliveredAt ?? Now(c);
            entry.Deliveries = options.Deliveries ?? (options.OnlyIds ? entry.Deliveries : entry.Deliveries + 1);
            Take(c, group, consumer, entry);
            claimed.Add(id);
            movesOn = false;
        }

        if (movesOn)
        {
            WriteProgress(c, 1, group);
            c.Server.Unit.ChangedAside(c.Db, c[1]);
        }

        Answer(c.Reply, stream, claimed, options.OnlyIds);
    }

    private static void XAutoClaim(CommandContext c)
    {
        if (!TryNumber(c, 4, "ERR Invalid min-idle-time argument for XAUTOCLAIM"u8, out var idleLeast)
            || !StreamsCommands.TryStart(c, 5, out var start))
        {
            return;
        }

        long count = 100;
        var onlyIds = false;
        for (var i = 6; i < c.Count; i++)
        {
            if (c.Is(i, "COUNT"u8) && i + 1 < c.Count)
            {
                if (!c.TryIntegerWithin(++i, 1, CountMax, "ERR COUNT must be > 0"u8, out count))
                {
                    return;
                }
            }
            else if (c.Is(i, "JUSTID"u8))
            {
                onlyIds = true;
            }
            else
            {
                c.SyntaxError();
                return;
            }
        }

        if (!TryGroup(c, out var stream, out var group))
        {
            return;
        }

        c.NoEffect();
        var consumer = Consumer(c, group, 1, c.Text(3), out var isNew);
        consumer.SeenAt = Now(c);
        if (isNew)
        {
            WriteConsumer(c, 1, group, consumer);
        }

        var claimed = new List<StreamId>();
        var dropped = new List<StreamId>();
        var entry = group.Pending.AtOrAbove(start);
        for (var looks = count * LooksPerClaim; looks > 0 && claimed.Count + dropped.Count < count && entry is not null; looks--)
        {
            if (!stream.Contains(entry.Id))
            {
                Drop(c, group, entry);
                dropped.Add(entry.Id);
            }
            else if (idleLeast <= 0 || Now(c) - entry.DeliveredAt >= idleLeast)
            {
                entry.DeliveredAt = Now(c);
                entry.Deliveries += onlyIds ? 0 : 1;
                Take(c, group, consumer, entry);
                claimed.Add(entry.Id);
            }

            entry = entry.Id.TryNext(out var next) ? group.Pending.AtOrAbove(next) : null;
        }

        c.Reply.Array(3);
        StreamsCommands.BulkId(c.Reply, entry?.Id ?? StreamId.Min);
        Answer(c.Reply, stream, claimed, onlyIds);
        Answer(c.Reply, stream, dropped, onlyIds: true);
    }

    private static bool TryGroup(CommandContext c, out StreamValue stream, out StreamGroup group)
    {
        (stream, group) = (null!, null!);
        if (!c.TryGet<StreamValue>(1, out var found))
        {
            return false;
        }

        if (found?.FindGroup(c.Text(2)) is not { } known)
        {
            NoSuchKeyOrGroup(c, 1, 2);
            return false;
        }

        (stream, group) = (found, known);
        return true;
    }

    private static bool TryNumber(CommandContext c, int i, ReadOnlySpan<byte> error, out long value) =>
        c.TryIntegerWithin(i, long.MinValue, long.MaxValue, error, out value);

    // The stream's entry is gone: written before the pending one goes, as the claim by which the others will find the same.
    private static void Drop(CommandContext c, StreamGroup group, PendingEntry entry)
    {
        WriteDelivery(c, 1, group, entry);
        group.Settle(entry.Id);
        c.Server.Unit.ChangedAside(c.Db, c[1]);
    }

    private static void Take(CommandContext c, StreamGroup group, StreamConsumer consumer, PendingEntry entry)
    {
        group.Give(entry, consumer);
        consumer.ActiveAt = Now(c);
        WriteDelivery(c, 1, group, entry);
        c.Server.Unit.ChangedAside(c.Db, c[1]);
    }

    private static void Answer(IReply reply, StreamValue stream, List<StreamId> ids, bool onlyIds)
    {
        reply.Array(ids.Count);
        foreach (var id in ids)
        {
            if (onlyIds)
            {
                StreamsCommands.BulkId(reply, id);
            }
            else
            {
                StreamsCommands.AnswerEntry(reply, stream.AtOrAbove(id));
            }
        }
    }

    /// <summary>What may follow XCLAIM's ids.</summary>
    private readonly record struct ClaimOptions(long? DeliveredAt, long? Deliveries, bool IsForced, bool OnlyIds, StreamId LastId)
    {
        public static bool TryParse(CommandContext c, int first, out ClaimOptions options)
        {
            options = default;
            for (var i = first; i < c.Count; i++)
            {
                var more = i + 1 < c.Count;
                long number;
                if (c.Is(i, "FORCE"u8))
                {
                    options = options with { IsForced = true };
                }
                else if (c.Is(i, "JUSTID"u8))
                {
                    options = options with { OnlyIds = true };
                }
                else if (more && c.Is(i, "IDLE"u8))
                {
                    if (!TryNumber(c, ++i, "ERR Invalid IDLE option argument for XCLAIM"u8, out number))
                    {
                        return false;
                    }

                    options = options with { DeliveredAt = unchecked(Now(c) - number) };
                }
                else if (more && c.Is(i, "TIME"u8))
                {
                    if (!TryNumber(c, ++i, "ERR Invalid TIME option argument for XCLAIM"u8, out number))
                    {
                        return false;
                    }

                    options = options with { DeliveredAt = number };
                }
                else if (more && c.Is(i, "RETRYCOUNT"u8))
                {
                    if (!TryNumber(c, ++i, "ERR Invalid RETRYCOUNT option argument for XCLAIM"u8, out number))
                    {
                        return false;
                    }

                    options = options with { Deliveries = number < 0 ? null : number };
                }
                else if (more && c.Is(i, "LASTID"u8))
                {
                    if (!StreamsCommands.TryStrict(c, ++i, 0, out var last))
                    {
                        return false;
                    }

                    options = options with { LastId = last };
                }
                else
                {
                    c.Reply.Error([.. "ERR Unrecognized XCLAIM option '"u8, .. Arguments.CText(c[i]), .. "'"u8]);
                    return false;
                }
            }

            // A time that cannot be is now: a caller's clock may be a little ahead.
            if (options.DeliveredAt is { } at && (at < 0 || at > Now(c)))
            {
                options = options with { DeliveredAt = Now(c) };
            }

            return true;
        }
    }
}
