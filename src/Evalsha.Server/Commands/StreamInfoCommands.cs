// XINFO: what a stream, its groups and their consumers hold.
// Always: a counter that removals have made unknowable is answered as missing, never guessed.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class StreamInfoCommands
{
    private const long FullCount = 10;

    public static readonly CommandRow[] Rows =
    [
        new("xinfo", -2, None, KeySpec.None, static c => c.WrongArity())
        {
            Complexity = "That of the subcommand",
            Since = "5.0.0", Group = "stream", Summary = "Facts about streams.", Subcommands =
            [
                new("stream", -3, ReadOnly, KeySpec.At(2), Stream) { Since = "5.0.0", Group = "stream", Summary = "What a stream holds.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = "key [FULL <full{[COUNT <count:integer>]}>]", History = ["6.0.0: FULL", "7.0.0: the fields max-deleted-entry-id, entries-added, recorded-first-entry-id, entries-read, lag", "7.2.0: the field active-time; seen-time is that of the last try"] },
                new("groups", 3, ReadOnly, KeySpec.At(2), Groups) { Since = "5.0.0", Group = "stream", Summary = "The consumer groups of a stream.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = "key", History = ["7.0.0: the fields entries-read, lag"] },
                new("consumers", 4, ReadOnly, KeySpec.At(2), Consumers) { Since = "5.0.0", Group = "stream", Summary = "The consumers of a group.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key groupname:string", History = ["7.2.0: the field inactive"] },
                new("help", 2, Loading | Stale, KeySpec.None, Help) { Since = "5.0.0", Group = "stream", Summary = "What XINFO knows.", AclCategories = ["@stream"], Complexity = "O(1)" },
            ],
        },
    ];

    private static void Stream(CommandContext c)
    {
        if (!TryExisting(c, out var stream))
        {
            return;
        }

        var isFull = c.Count > 3;
        var count = FullCount;
        if (isFull)
        {
            if (!c.Is(3, "FULL"u8) || c.Count is not (4 or 6) || (c.Count == 6 && !c.Is(4, "COUNT"u8)))
            {
                c.SubcommandSyntaxError("XINFO");
                return;
            }

            if (c.Count == 6 && !c.TryInteger(5, out count))
            {
                return;
            }

            count = count < 0 ? FullCount : count;
        }

        var reply = c.Reply;
        reply.Map(isFull ? 9 : 10);
        reply.Bulk("length"u8);
        reply.Integer(stream.Count);
        reply.Bulk("radix-tree-keys"u8);
        reply.Integer(stream.BlockCount);
        reply.Bulk("radix-tree-nodes"u8);
        reply.Integer(stream.BlockCount + 1); // what Redis's tree has for no block and for one
        reply.Bulk("last-generated-id"u8);
        StreamsCommands.BulkId(reply, stream.LastId);
        reply.Bulk("max-deleted-entry-id"u8);
        StreamsCommands.BulkId(reply, stream.MaxDeletedId);
        reply.Bulk("entries-added"u8);
        reply.Integer((long)stream.EntriesAdded);
        reply.Bulk("recorded-first-entry-id"u8);
        StreamsCommands.BulkId(reply, stream.FirstId);
        if (isFull)
        {
            var limit = count == 0 ? long.MaxValue : count;
            reply.Bulk("entries"u8);
            StreamsCommands.Answer(reply, stream, StreamId.Min, StreamId.Max, isReverse: false, limit);
            reply.Bulk("groups"u8);
            reply.Array(stream.GroupCount);
            foreach (var group in stream.Groups)
            {
                FullGroup(reply, stream, group, limit);
            }

            return;
        }

        reply.Bulk("groups"u8);
        reply.Integer(stream.GroupCount);
        reply.Bulk("first-entry"u8);
        EntryOrNull(reply, stream.AtOrAbove(StreamId.Min));
        reply.Bulk("last-entry"u8);
        EntryOrNull(reply, stream.AtOrBelow(StreamId.Max));
    }

    private static void FullGroup(IReply reply, StreamValue stream, StreamGroup group, long limit)
    {
        reply.Map(7);
        Name(reply, group.Name);
        Progress(reply, stream, group);
        reply.Bulk("pel-count"u8);
        reply.Integer(group.Pending.Count);
        reply.Bulk("pending"u8);
        reply.Array((int)Math.Min(limit, group.Pending.Count));
        foreach (var entry in group.Pending.From(StreamId.Min).Take((int)Math.Min(limit, int.MaxValue)))
        {
            reply.Array(4);
            StreamsCommands.BulkId(reply, entry.Id);
            reply.Bulk(entry.Consumer!.Name);
            reply.Integer(entry.DeliveredAt);
            reply.Integer(entry.Deliveries);
        }

        reply.Bulk("consumers"u8);
        reply.Array(group.ConsumerCount);
        foreach (var consumer in group.Consumers)
        {
            reply.Map(5);
            Name(reply, consumer.Name);
            reply.Bulk("seen-time"u8);
            reply.Integer(consumer.SeenAt);
            reply.Bulk("active-time"u8);
            reply.Integer(consumer.ActiveAt);
            reply.Bulk("pel-count"u8);
            reply.Integer(consumer.Pending.Count);
            reply.Bulk("pending"u8);
            reply.Array((int)Math.Min(limit, consumer.Pending.Count));
            foreach (var entry in consumer.Pending.From(StreamId.Min).Take((int)Math.Min(limit, int.MaxValue)))
            {
                reply.Array(3);
                StreamsCommands.BulkId(reply, entry.Id);
                reply.Integer(entry.DeliveredAt);
                reply.Integer(entry.Deliveries);
            }
        }
    }

    private static void Groups(CommandContext c)
    {
        if (!TryExisting(c, out var stream))
        {
            return;
        }

        c.Reply.Array(stream.GroupCount);
        foreach (var group in stream.Groups)
        {
            c.Reply.Map(6);
            Name(c.Reply, group.Name);
            c.Reply.Bulk("consumers"u8);
            c.Reply.Integer(group.ConsumerCount);
            c.Reply.Bulk("pending"u8);
            c.Reply.Integer(group.Pending.Count);
            Progress(c.Reply, stream, group);
        }
    }

    private static void Consumers(CommandContext c)
    {
        if (!TryExisting(c, out var stream))
        {
            return;
        }

        if (stream.FindGroup(c.Text(3)) is not { } group)
        {
            StreamGroupsCommands.NoSuchGroup(c, key: 2, group: 3);
            return;
        }

        c.Reply.Array(group.ConsumerCount);
        foreach (var consumer in group.Consumers)
        {
            c.Reply.Map(4);
            Name(c.Reply, consumer.Name);
            c.Reply.Bulk("pending"u8);
            c.Reply.Integer(consumer.Pending.Count);
            c.Reply.Bulk("idle"u8);
            c.Reply.Integer(Math.Max(0, c.Now - consumer.SeenAt));
            c.Reply.Bulk("inactive"u8);
            c.Reply.Integer(consumer.ActiveAt == StreamConsumer.Never ? StreamConsumer.Never : Math.Max(0, c.Now - consumer.ActiveAt));
        }
    }

    private static void Help(CommandContext c) => c.ReplyHelp(
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.");

    private static void Name(IReply reply, Lua.Runtime.ByteString name)
    {
        reply.Bulk("name"u8);
        reply.Bulk(name);
    }

    private static void Progress(IReply reply, StreamValue stream, StreamGroup group)
    {
        reply.Bulk("last-delivered-id"u8);
        StreamsCommands.BulkId(reply, group.LastId);
        reply.Bulk("entries-read"u8);
        IntegerOrNull(reply, group.EntriesRead == StreamGroup.Unknown ? null : group.EntriesRead);
        reply.Bulk("lag"u8);
        IntegerOrNull(reply, stream.Lag(group));
    }

    private static void IntegerOrNull(IReply reply, long? value)
    {
        if (value is { } known)
        {
            reply.Integer(known);
        }
        else
        {
            reply.Null();
        }
    }

    private static bool TryExisting(CommandContext c, out StreamValue stream)
    {
        stream = null!;
        if (!c.TryGet<StreamValue>(2, out var found))
        {
            return false;
        }

        if (found is null)
        {
            c.Reply.Error(Errors.NoSuchKey);
            return false;
        }

        stream = found;
        return true;
    }

    private static void EntryOrNull(IReply reply, in StreamValue.Cursor cursor)
    {
        if (cursor.IsValid)
        {
            StreamsCommands.AnswerEntry(reply, cursor);
        }
        else
        {
            reply.Null();
        }
    }
}
