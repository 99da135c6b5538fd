// XREADGROUP: new entries of several streams for one consumer of a group, or what that consumer was given before.
// Always: what is delivered becomes pending with the consumer unless NOACK; each delivery is written as the XCLAIM that makes it again, and how
// far the group has read as an XGROUP SETID. The consumer exists afterwards, whether it got anything or not (7.2).
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class XReadGroupCommand
{
    public static readonly CommandRow[] Rows =
    [
        new("xreadgroup", -7, Write | Blocking | MovableKeys, new KeySpec(0, 0, 0, ReadRequest.FindKeys) { Ranges = [KeyRange.After("STREAMS", 4, -1, 1, 2)] }, XReadGroup)
        {
            Since = "5.0.0", Group = "stream", Summary = "The next entries of several streams for a consumer of a group; may wait for one.", AclCategories = ["@stream"],
            Complexity = "For each stream O(M), M: elements returned", KeyUses = ["RO ACCESS"],
            Syntax = "GROUP <group_consumer{group:string consumer:string}> [COUNT <count:integer>] [BLOCK <milliseconds:integer>] [NOACK] STREAMS <streams{key... id...}>",
        },
    ];

    /// <summary>One stream to read: what is pending with the consumer after an id, or (<paramref name="Count"/> above 0) so many new entries from one on.</summary>
    private readonly record struct Source(int Key, StreamValue Stream, StreamGroup Group, StreamConsumer Consumer, StreamId From, int Count, StreamId Through);

    private static void XReadGroup(CommandContext c)
    {
        if (!ReadRequest.TryParse(c, ofGroup: true, out var request))
        {
            return;
        }

        var groups = new (StreamValue Stream, StreamGroup Group, StreamId? After)[request.Streams];
        for (var i = 0; i < groups.Length; i++)
        {
            if (!TryGroup(c, request, request.First + i, out groups[i]))
            {
                return;
            }
        }

        c.NoEffect();
        var sources = new List<Source>();
        for (var i = 0; i < groups.Length; i++)
        {
            var (stream, group, after) = groups[i];
            var key = request.First + i;
            var consumer = StreamGroupsCommands.Consumer(c, group, key, c.Text(request.GroupAt + 1), out var isNew);
            consumer.SeenAt = c.Now;
            if (isNew)
            {
                StreamClaimCommands.WriteConsumer(c, key, group, consumer);
            }

            if (after is { } id)
            {
                sources.Add(new(key, stream, group, consumer, id, Count: 0, id));
            }
            else
            {
                // A stream that is named twice goes on where its first reading will have ended.
                var before = sources.FindLast(source => source.Group == group && source.Count > 0);
                AddNew(sources, new(key, stream, group, consumer, before.Count > 0 ? before.Through : group.LastId, 0, default), request.CountMax);
            }
        }

        if (sources.Count > 0)
        {
            ReadRequest.BeginAnswer(c.Reply, sources.Count);
            foreach (var source in sources)
            {
                ReadRequest.BeginStream(c, source.Key);
                if (source.Count > 0)
                {
                    Deliver(c, source, request.NoAck);
                }
                else
                {
                    AnswerHistory(c, source, request.CountMax);
                }

                c.Server.Unit.ChangedAside(c.Db, c[source.Key]);
            }
        }
        else if (request.Timeout != ReadRequest.NoBlock && c.MayBlock)
        {
            c.Block(typeof(StreamValue), request.First, request.First + request.Streams - 1, request.Timeout, hearsOfLoss: true);
        }
        else
        {
            c.Reply.NullArray();
        }
    }

    // After: null for ">", new entries.
    private static bool TryGroup(CommandContext c, ReadRequest request, int key, out (StreamValue Stream, StreamGroup Group, StreamId? After) read)
    {
        read = default;
        if (!c.TryGet<StreamValue>(key, out var stream))
        {
            return false;
        }

        if (stream?.FindGroup(c.Text(request.GroupAt)) is not { } group)
        {
            StreamGroupsCommands.NoSuchKeyOrGroup(c, key, request.GroupAt, " in XREADGROUP with GROUP option"u8);
            return false;
        }

        var id = key + request.Streams;
        StreamId after = default;
        var isNew = c[id] is [(byte)'>'];
        if (c[id] is [(byte)'$'])
        {
            c.Reply.Error("ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty result set."u8);
            return false;
        }

        if (!isNew && !StreamsCommands.TryStrict(c, id, 0, out after))
        {
            return false;
        }

        read = (stream, group, isNew ? null : after);
        return true;
    }

    // Adds the stream with its entries after From, if there are any.
    private static void AddNew(List<Source> sources, Source source, long countMax)
    {
        if (!source.From.TryNext(out var from))
        {
            return;
        }

        var (count, through) = (0, from);
        for (var cursor = source.Stream.AtOrAbove(from); cursor.IsValid && count < countMax; cursor.MoveNext())
        {
            (count, through) = (count + 1, cursor.Id);
        }

        if (count > 0)
        {
            sources.Add(source with { From = from, Count = count, Through = through });
        }
    }

    private static void Deliver(CommandContext c, Source source, bool noAck)
    {
        var (_, stream, group, consumer, from, count, _) = source;
        c.Reply.Array(count);
        for (var cursor = stream.AtOrAbove(from); count > 0; count--, cursor.MoveNext())
        {
            var id = cursor.Id;
            group.EntriesRead = group.EntriesRead != StreamGroup.Unknown && !stream.MayHaveGapsFrom(id) ? group.EntriesRead + 1
                : stream.EntriesAdded > 0 ? stream.AddedUpTo(id)
                : group.EntriesRead;
            group.LastId = id;
            StreamsCommands.AnswerEntry(c.Reply, cursor);
            if (!noAck)
            {
                var entry = group.Pending.Find(id) ?? new PendingEntry { Id = id };
                (entry.DeliveredAt, entry.Deliveries) = (c.Now, 1);
                group.Give(entry, consumer);
                consumer.ActiveAt = c.Now;
                StreamClaimCommands.WriteDelivery(c, source.Key, group, entry);
            }
        }

        StreamClaimCommands.WriteProgress(c, source.Key, group);
    }

    // Reading it again is a delivery too, which Redis does not write: a restart forgets it.
    private static void AnswerHistory(CommandContext c, Source source, long countMax)
    {
        var entries = source.From.TryNext(out var from) ? source.Consumer.Pending.From(from).Take((int)Math.Min(countMax, int.MaxValue)).ToList() : [];
        c.Reply.Array(entries.Count);
        foreach (var entry in entries)
        {
            if (source.Stream.Contains(entry.Id))
            {
                StreamsCommands.AnswerEntry(c.Reply, source.Stream.AtOrAbove(entry.Id));
                entry.DeliveredAt = c.Now;
                entry.Deliveries++;
            }
            else
            {
                c.Reply.Array(2);
                StreamsCommands.BulkId(c.Reply, entry.Id);
                c.Reply.NullArray();
            }
        }
    }
}
