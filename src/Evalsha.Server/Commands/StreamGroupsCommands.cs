// Consumer groups of streams: XGROUP makes and removes them, XACK settles what was delivered, XPENDING tells what was not.
// Always: a group is beside the stream's entries: what changes in it is written and wakes whoever waits, and breaks no WATCH, as in Redis.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class StreamGroupsCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("xgroup", -2, None, KeySpec.None, static c => c.WrongArity())
        {
            Complexity = "That of the subcommand",
            Since = "5.0.0", Group = "stream", Summary = "Makes, moves and removes consumer groups.", Subcommands =
            [
                new("create", -5, Write | DenyOom, KeySpec.At(2), Create) { Since = "5.0.0", Group = "stream", Summary = "Makes a consumer group.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key groupname:string id(id:string|new_id='$') [MKSTREAM] [ENTRIESREAD <entries_read:integer>]", History = ["7.0.0: ENTRIESREAD"] },
                new("setid", -5, Write, KeySpec.At(2), SetId) { Since = "5.0.0", Group = "stream", Summary = "Says from where on a group reads.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key groupname:string id(id:string|new_id='$') [ENTRIESREAD <entries_read:integer>]", History = ["7.0.0: ENTRIESREAD"] },
                new("destroy", 4, Write, KeySpec.At(2), Destroy) { Since = "5.0.0", Group = "stream", Summary = "Removes a group with all that was pending in it.", AclCategories = ["@stream"], Complexity = "O(N), N: entries in the group's pending entries list (PEL)", KeyUses = ["RW DELETE"], Syntax = "key groupname:string" },
                new("createconsumer", 5, Write | DenyOom, KeySpec.At(2), CreateConsumer) { Since = "6.2.0", Group = "stream", Summary = "Adds a consumer to a group.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key groupname:string consumername:string" },
                new("delconsumer", 5, Write, KeySpec.At(2), DelConsumer) { Since = "5.0.0", Group = "stream", Summary = "Removes a consumer with all that was pending with it.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RW DELETE"], Syntax = "key groupname:string consumername:string" },
                new("help", 2, Loading | Stale, KeySpec.None, Help) { Since = "5.0.0", Group = "stream", Summary = "What XGROUP knows.", AclCategories = ["@stream"], Complexity = "O(1)" },
            ],
        },
        new("xack", -4, Write | Fast, KeySpec.One, XAck) { Since = "5.0.0", Group = "stream", Summary = "Settles entries that a group's consumers have dealt with; how many of them were pending.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key group:string id..." },
        new("xpending", -3, ReadOnly, KeySpec.One, XPending) { Since = "5.0.0", Group = "stream", Summary = "What a group's consumers were given and have not settled.", AclCategories = ["@stream"], Complexity = "O(N), N: elements returned", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key group:string [filters{[IDLE <min-idle-time:integer>@6.2.0] start end count:integer [consumer:string]}]", History = ["6.2.0: IDLE; ends of an interval that are not part of it"] },
    ];

    /// <summary>The error of XCLAIM, XAUTOCLAIM and XPENDING when there is no such group.</summary>
    public static void NoSuchKeyOrGroup(CommandContext c, int key, int group, ReadOnlySpan<byte> where = default) => c.Reply.Error(
        [.. "NOGROUP No such key '"u8, .. Arguments.CText(c[key]), .. "' or consumer group '"u8, .. Arguments.CText(c[group]), .. "'"u8, .. where]);

    public static void NoSuchGroup(CommandContext c, int key, int group) => c.Reply.Error(
        [.. "NOGROUP No such consumer group '"u8, .. Arguments.CText(c[group]), .. "' for key name '"u8, .. Arguments.CText(c[key]), .. "'"u8]);

    /// <summary>The time of deliveries, in Unix milliseconds: also while a log is loaded, when the unit's clock stands before all deadlines.</summary>
    public static long Now(CommandContext c) => c.Server.IsLoading ? c.Server.Clock.ReadUnfrozen() : c.Now;

    /// <summary>The consumer of that name; made now when it is new, which the command's caller has to write (<paramref name="isNew"/>).</summary>
    public static StreamConsumer Consumer(CommandContext c, StreamGroup group, int key, Lua.Runtime.ByteString name, out bool isNew)
    {
        isNew = group.Find(name) is null;
        if (!isNew)
        {
            return group.Find(name)!;
        }

        var consumer = group.Add(name, Now(c));
        c.Server.Unit.ChangedAside(c.Db, c[key]);
        c.Notify(Happened.XGroupCreateConsumer, key);
        return consumer;
    }

    private static void Create(CommandContext c)
    {
        if (!TryOptions(c, out var makesStream, out var entriesRead) || !c.TryGet<StreamValue>(2, out var stream))
        {
            return;
        }

        if (stream is null && !makesStream)
        {
            NeedsKey(c);
            return;
        }

        if (c.Count > 8)
        {
            c.SubcommandSyntaxError("XGROUP");
            return;
        }

        StreamId id;
        if (c[4] is [(byte)'$'])
        {
            id = stream?.LastId ?? StreamId.Min;
        }
        else if (!StreamsCommands.TryStrict(c, 4, 0, out id))
        {
            return;
        }

        if (stream is null)
        {
            stream = new StreamValue();
            c.Db.Add(c.Text(2), stream);
            c.Changed(2);
        }

        if (!stream.TryAdd(new StreamGroup(c.Text(3), id, entriesRead)))
        {
            c.Reply.Error("BUSYGROUP Consumer Group name already exists"u8);
            return;
        }

        c.Server.Unit.ChangedAside(c.Db, c[2]);
        c.Notify(Happened.XGroupCreate, 2);
        c.Reply.Ok();
    }

    private static void SetId(CommandContext c)
    {
        if (!TryOptions(c, out _, out var entriesRead) || !TryGroup(c, out var stream, out var group))
        {
            return;
        }

        if (c.Count is not (5 or 7))
        {
            c.SubcommandSyntaxError("XGROUP");
            return;
        }

        StreamId id;
        if (c[4] is [(byte)'$'])
        {
            id = stream.LastId;
        }
        else if (c[4] is [(byte)'-'])
        {
            id = StreamId.Min;
        }
        else if (c[4] is [(byte)'+'])
        {
            id = StreamId.Max;
        }
        else if (!StreamsCommands.TryStrict(c, 4, 0, out id))
        {
            return;
        }

        (group.LastId, group.EntriesRead) = (id, entriesRead);
        c.Server.Unit.ChangedAside(c.Db, c[2]);
        c.Notify(Happened.XGroupSetId, 2);
        c.Reply.Ok();
    }

    private static void Destroy(CommandContext c)
    {
        if (!TryStream(c, out var stream))
        {
            return;
        }

        if (!stream.RemoveGroup(c.Text(3)))
        {
            c.Reply.Integer(0);
            return;
        }

        c.Server.Unit.ChangedAside(c.Db, c[2]);
        c.Notify(Happened.XGroupDestroy, 2);
        c.Reply.Integer(1);
    }

    private static void CreateConsumer(CommandContext c)
    {
        if (TryGroup(c, out _, out var group))
        {
            Consumer(c, group, 2, c.Text(4), out var isNew);
            c.Reply.Integer(isNew ? 1 : 0);
        }
    }

    private static void DelConsumer(CommandContext c)
    {
        if (!TryGroup(c, out _, out var group))
        {
            return;
        }

        if (group.Find(c.Text(4)) is not { } consumer)
        {
            c.Reply.Integer(0);
            return;
        }

        var pending = consumer.Pending.Count;
        group.Remove(consumer);
        c.Server.Unit.ChangedAside(c.Db, c[2]);
        c.Notify(Happened.XGroupDelConsumer, 2);
        c.Reply.Integer(pending);
    }

    private static void Help(CommandContext c) => c.ReplyHelp(
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.");

    private static bool TryOptions(CommandContext c, out bool makesStream, out long entriesRead)
    {
        (makesStream, entriesRead) = (false, StreamGroup.Unknown);
        for (var i = 5; i < c.Count; i++)
        {
            if (c.Row.Name == "create" && c.Is(i, "MKSTREAM"u8))
            {
                makesStream = true;
            }
            else if (c.Is(i, "ENTRIESREAD"u8) && i + 1 < c.Count)
            {
                if (!c.TryInteger(++i, out entriesRead))
                {
                    return false;
                }

                if (entriesRead < 0 && entriesRead != StreamGroup.Unknown)
                {
                    c.Reply.Error("ERR value for ENTRIESREAD must be positive or -1"u8);
                    return false;
                }
            }
            else
            {
                c.SubcommandSyntaxError("XGROUP");
                return false;
            }
        }

        return true;
    }

    private static bool TryStream(CommandContext c, out StreamValue stream)
    {
        stream = null!;
        if (!c.TryGet<StreamValue>(2, out var found))
        {
            return false;
        }

        if (found is null)
        {
            NeedsKey(c);
            return false;
        }

        stream = found;
        return true;
    }

    private static bool TryGroup(CommandContext c, out StreamValue stream, out StreamGroup group)
    {
        group = null!;
        if (!TryStream(c, out stream))
        {
            return false;
        }

        if (stream.FindGroup(c.Text(3)) is { } found)
        {
            group = found;
            return true;
        }

        NoSuchGroup(c, 2, 3);
        return false;
    }

    private static void NeedsKey(CommandContext c) => c.Reply.Error(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."u8);

    private static void XAck(CommandContext c)
    {
        if (!c.TryGet<StreamValue>(1, out var stream))
        {
            return;
        }

        if (stream?.FindGroup(c.Text(2)) is not { } group)
        {
            c.Reply.Integer(0);
            return;
        }

        for (var i = 3; i < c.Count; i++)
        {
            if (!StreamsCommands.TryStrict(c, i, 0, out _))
            {
                return;
            }
        }

        var settled = 0;
        for (var i = 3; i < c.Count; i++)
        {
            StreamsCommands.TryStrict(c, i, 0, out var id);
            settled += group.Settle(id) ? 1 : 0;
        }

        if (settled > 0)
        {
            c.Server.Unit.ChangedAside(c.Db, c[1]);
        }

        c.Reply.Integer(settled);
    }

    private static void XPending(CommandContext c)
    {
        if (c.Count != 3 && c.Count is < 6 or > 9)
        {
            c.SyntaxError();
            return;
        }

        var range = default(PendingRange);
        if ((c.Count > 3 && !PendingRange.TryParse(c, out range)) || !c.TryGet<StreamValue>(1, out var stream))
        {
            return;
        }

        if (stream?.FindGroup(c.Text(2)) is not { } group)
        {
            NoSuchKeyOrGroup(c, 1, 2);
            return;
        }

        if (c.Count == 3)
        {
            Summarise(c.Reply, group);
            return;
        }

        var consumer = range.ConsumerAt > 0 ? group.Find(c.Text(range.ConsumerAt)) : null;
        if ((range.ConsumerAt > 0 && consumer is null) || range.Start > range.End)
        {
            c.Reply.Array(0);
            return;
        }

        List(c, (consumer?.Pending ?? group.Pending).From(range.Start), range);
    }

    private static void Summarise(IReply reply, StreamGroup group)
    {
        reply.Array(4);
        reply.Integer(group.Pending.Count);
        if (group.Pending is not { First: { } first, Last: { } last })
        {
            reply.Null();
            reply.Null();
            reply.NullArray();
            return;
        }

        StreamsCommands.BulkId(reply, first.Id);
        StreamsCommands.BulkId(reply, last.Id);
        reply.Array(group.Consumers.Count(static consumer => consumer.Pending.Count > 0));
        foreach (var consumer in group.Consumers.Where(static consumer => consumer.Pending.Count > 0))
        {
            reply.Array(2);
            reply.Bulk(consumer.Name);
            reply.BulkInteger(consumer.Pending.Count);
        }
    }

    private static void List(CommandContext c, IEnumerable<PendingEntry> from, PendingRange range)
    {
        var listed = new List<PendingEntry>();
        foreach (var entry in from)
        {
            if (listed.Count >= range.Count || entry.Id > range.End)
            {
                break;
            }

            if (range.IdleLeast == 0 || c.Now - entry.DeliveredAt >= range.IdleLeast)
            {
                listed.Add(entry);
            }
        }

        c.Reply.Array(listed.Count);
        foreach (var entry in listed)
        {
            c.Reply.Array(4);
            StreamsCommands.BulkId(c.Reply, entry.Id);
            c.Reply.Bulk(entry.Consumer!.Name);
            c.Reply.Integer(Math.Max(0, c.Now - entry.DeliveredAt));
            c.Reply.Integer(entry.Deliveries);
        }
    }

    /// <summary>[IDLE least] start end count [consumer] of XPENDING.</summary>
    private readonly record struct PendingRange(StreamId Start, StreamId End, long Count, long IdleLeast, int ConsumerAt)
    {
        public static bool TryParse(CommandContext c, out PendingRange range)
        {
            range = default;
            long idle = 0;
            var at = 3;
            if (c.Is(3, "IDLE"u8))
            {
                if (!c.TryInteger(4, out idle))
                {
                    return false;
                }

                if (c.Count < 8)
                {
                    c.SyntaxError();
                    return false;
                }

                at = 5;
            }

            if (!c.TryInteger(at + 2, out var count) || !StreamsCommands.TryInterval(c, at, at + 1, out var start, out var end))
            {
                return false;
            }

            range = new(start, end, Math.Max(0, count), idle, at + 3 < c.Count ? at + 3 : 0);
            return true;
        }
    }
}
