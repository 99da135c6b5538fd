// Commands on the entries of a stream; consumer groups are in StreamGroupsCommands, StreamClaimCommands and XReadGroupCommand.
// Always: an id that was once given is never given again, so a stream stays when it is empty; XADD is written with the id it chose,
//   and a trim that stopped at a block's border (~) is written as the exact trim it amounted to.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class StreamsCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("xadd", -5, Write | DenyOom | Fast, KeySpec.One, XAdd) { Since = "5.0.0", Group = "stream", Summary = "Appends an entry to a stream.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Tips = ["nondeterministic_output"], Syntax = "key [NOMKSTREAM@6.2.0] [trim{strategy(MAXLEN|MINID@6.2.0) [operator(equal='='|approximately='~')] threshold [LIMIT <count:integer>@6.2.0]}] id_or_auto(auto_id='*'|id) field_value{field value}...", History = ["6.2.0: NOMKSTREAM, MINID, LIMIT", "7.0.0: an id of milliseconds alone, ms-*"] },
        new("xlen", 2, ReadOnly | Fast, KeySpec.One, XLen) { Since = "5.0.0", Group = "stream", Summary = "How many entries a stream has.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key" },
        new("xrange", -4, ReadOnly, KeySpec.One, XRange) { Since = "5.0.0", Group = "stream", Summary = "The entries between two ids.", AclCategories = ["@stream"], Complexity = "O(N), N: elements being returned", KeyUses = ["RO ACCESS"], Syntax = "key start end [COUNT <count:integer>]", History = ["6.2.0: bounds that stand outside, with ("] },
        new("xrevrange", -4, ReadOnly, KeySpec.One, XRevRange) { Since = "5.0.0", Group = "stream", Summary = "The entries between two ids, newest first.", AclCategories = ["@stream"], Complexity = "O(N), N: elements returned", KeyUses = ["RO ACCESS"], Syntax = "key end start [COUNT <count:integer>]", History = ["6.2.0: bounds that stand outside, with ("] },
        new("xdel", -3, Write | Fast, KeySpec.One, XDel) { Since = "5.0.0", Group = "stream", Summary = "Removes entries by id.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RW DELETE"], Syntax = "key id..." },
        new("xtrim", -4, Write, KeySpec.One, XTrim) { Since = "5.0.0", Group = "stream", Summary = "Removes the oldest entries.", AclCategories = ["@stream"], Complexity = "O(N), N: evicted entries", KeyUses = ["RW DELETE"], Tips = ["nondeterministic_output"], Syntax = "key trim{strategy(MAXLEN|MINID@6.2.0) [operator(equal='='|approximately='~')] threshold [LIMIT <count:integer>@6.2.0]}", History = ["6.2.0: MINID, LIMIT"] },
        new("xsetid", -3, Write | DenyOom | Fast, KeySpec.One, XSetId) { Since = "5.0.0", Group = "stream", Summary = "Sets a stream's last id.", AclCategories = ["@stream"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key last-id [ENTRIESADDED <entries_added:integer>@7.0.0] [MAXDELETEDID <max_deleted_entry_id>@7.0.0]", History = ["7.0.0: ENTRIESADDED, MAXDELETEDID"] },
    ];

    private static ReadOnlySpan<byte> InvalidId => "ERR Invalid stream ID specified as stream command argument"u8;

    private static void XAdd(CommandContext c)
    {
        if (!StreamTrim.TryParse(c, isAdd: true, out var trim, out var idAt))
        {
            return;
        }

        if (c.Count - idAt < 3 || (c.Count - idAt) % 2 == 0)
        {
            c.WrongArity();
            return;
        }

        var isChosenHere = c[idAt] is [(byte)'*'];
        StreamId wanted = default;
        var starred = false;
        if (!isChosenHere)
        {
            StreamId.TryParse(c[idAt], 0, allowStar: true, out wanted, out starred); // StreamTrim has refused anything else
        }

        if (!isChosenHere && !starred && wanted == StreamId.Min)
        {
            c.Reply.Error("ERR The ID specified in XADD must be greater than 0-0"u8);
            return;
        }

        if (!c.TryGet<StreamValue>(1, out var stream))
        {
            return;
        }

        if (stream is null)
        {
            if (trim.KeepsMissing)
            {
                c.Reply.Null();
                return;
            }

            stream = new StreamValue();
            c.Add(1, stream);
        }

        if (stream.LastId == StreamId.Max)
        {
            c.Reply.Error("ERR The stream has exhausted the last possible ID, unable to add more items"u8);
            return;
        }

        if (!TryChoose(c, stream.LastId, isChosenHere, wanted, starred, out var id))
        {
            c.Reply.Error("ERR The ID specified in XADD is equal or smaller than the target stream top item"u8);
            return;
        }

        var pairs = new ByteString[c.Count - idAt - 1];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = c.Text(idAt + 1 + i);
        }

        stream.Append(id, pairs);
        var trimmed = trim.Apply(stream);
        c.Changed(1);
        c.Notify(Happened.XAdd, 1);
        if (trimmed > 0)
        {
            c.Notify(Happened.XTrim, 1);
        }

        var text = id.Text();
        // With a whole id and no trimming, the command as it came is its own effect.
        if (c.WantsEffects && (isChosenHere || starred || idAt > 2))
        {
            c.Effect([Words.XAdd, c.Text(1), .. trim.Effect(stream), text, .. pairs]);
        }

        c.Reply.Bulk(text);
    }

    /// <summary>The id of the new entry: the clock's, the wanted one, or the wanted time with the next free sequence. False: not above the last.</summary>
    private static bool TryChoose(CommandContext c, StreamId last, bool isChosenHere, StreamId wanted, bool starred, out StreamId id)
    {
        id = wanted;
        if (isChosenHere)
        {
            var now = (ulong)c.Now;
            if (now > last.Milliseconds)
            {
                id = new StreamId(now, 0);
                return true;
            }

            return last.TryNext(out id);
        }

        if (starred && wanted.Milliseconds == last.Milliseconds)
        {
            id = new StreamId(last.Milliseconds, unchecked(last.Sequence + 1));
            return last.Sequence != ulong.MaxValue;
        }

        return id > last;
    }

    private static void XLen(CommandContext c)
    {
        if (c.TryGet<StreamValue>(1, out var stream))
        {
            c.Reply.Integer(stream?.Count ?? 0);
        }
    }

    private static void XRange(CommandContext c) => Range(c, isReverse: false);

    private static void XRevRange(CommandContext c) => Range(c, isReverse: true);

    private static void Range(CommandContext c, bool isReverse)
    {
        var (startAt, endAt) = isReverse ? (3, 2) : (2, 3);
        if (!TryInterval(c, startAt, endAt, out var start, out var end))
        {
            return;
        }

        long count = -1;
        for (var i = 4; i < c.Count; i += 2)
        {
            if (!c.Is(i, "COUNT"u8) || i + 1 == c.Count)
            {
                c.SyntaxError();
                return;
            }

            if (!c.TryInteger(i + 1, out count))
            {
                return;
            }

            count = Math.Max(0, count);
        }

        if (!c.TryGet<StreamValue>(1, out var stream))
        {
            return;
        }

        if (stream is not null && count == 0)
        {
            c.Reply.NullArray();
            return;
        }

        Answer(c.Reply, stream, start, end, isReverse, count < 0 ? long.MaxValue : count);
    }

    internal static void Answer(IReply reply, StreamValue? stream, StreamId start, StreamId end, bool isReverse, long limit)
    {
        if (stream is null || start > end)
        {
            reply.Array(0);
            return;
        }

        // The header needs the count: walk once for it, once for the entries.
        var first = isReverse ? stream.AtOrBelow(end) : stream.AtOrAbove(start);
        var count = 0;
        for (var cursor = first; count < limit && cursor.IsValid && cursor.Id >= start && cursor.Id <= end; Step(ref cursor, isReverse))
        {
            count++;
        }

        reply.Array(count);
        for (var cursor = first; count > 0; count--, Step(ref cursor, isReverse))
        {
            AnswerEntry(reply, cursor);
        }
    }

    private static void Step(ref StreamValue.Cursor cursor, bool isReverse)
    {
        if (isReverse)
        {
            cursor.MovePrevious();
        }
        else
        {
            cursor.MoveNext();
        }
    }

    internal static void AnswerEntry(IReply reply, in StreamValue.Cursor cursor)
    {
        reply.Array(2);
        BulkId(reply, cursor.Id);
        reply.Array(cursor.Pairs.Length);
        foreach (var text in cursor.Pairs)
        {
            reply.Bulk(text);
        }
    }

    private static void XDel(CommandContext c)
    {
        if (!c.TryGet<StreamValue>(1, out var stream))
        {
            return;
        }

        if (stream is null)
        {
            c.Reply.Integer(0);
            return;
        }

        for (var i = 2; i < c.Count; i++)
        {
            if (!TryStrict(c, i, 0, out _))
            {
                return;
            }
        }

        var removed = 0;
        for (var i = 2; i < c.Count; i++)
        {
            StreamId.TryParse(c[i], 0, allowStar: false, out var id, out _);
            if (stream.Remove(id))
            {
                stream.MaxDeletedId = id > stream.MaxDeletedId ? id : stream.MaxDeletedId;
                removed++;
            }
        }

        if (removed > 0)
        {
            c.Changed(1);
            c.Notify(Happened.XDel, 1);
        }

        c.Reply.Integer(removed);
    }

    private static void XTrim(CommandContext c)
    {
        if (!StreamTrim.TryParse(c, isAdd: false, out var trim, out _) || !c.TryGet<StreamValue>(1, out var stream))
        {
            return;
        }

        if (stream is null)
        {
            c.Reply.Integer(0);
            return;
        }

        var removed = trim.Apply(stream);
        if (removed > 0)
        {
            c.Changed(1);
            c.Notify(Happened.XTrim, 1);
            if (c.WantsEffects)
            {
                c.Effect([Words.XTrim, c.Text(1), .. trim.Effect(stream)]);
            }
        }

        c.Reply.Integer(removed);
    }

    private static void XSetId(CommandContext c)
    {
        if (!TryStrict(c, 2, 0, out var id))
        {
            return;
        }

        long added = -1;
        StreamId deleted = default;
        for (var i = 3; i < c.Count; i += 2)
        {
            var more = i + 1 < c.Count;
            if (more && c.Is(i, "ENTRIESADDED"u8))
            {
                if (!c.TryInteger(i + 1, out added))
                {
                    return;
                }

                if (added < 0)
                {
                    c.Reply.Error("ERR entries_added must be positive"u8);
                    return;
                }
            }
            else if (more && c.Is(i, "MAXDELETEDID"u8))
            {
                if (!TryStrict(c, i + 1, 0, out deleted))
                {
                    return;
                }

                if (id < deleted)
                {
                    c.Reply.Error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"u8);
                    return;
                }
            }
            else
            {
                c.SyntaxError();
                return;
            }
        }

        if (!c.TryGet<StreamValue>(1, out var stream))
        {
            return;
        }

        if (stream is null)
        {
            c.Reply.Error(Errors.NoSuchKey);
            return;
        }

        if (stream.Count > 0)
        {
            if (id < stream.AtOrBelow(StreamId.Max).Id)
            {
                c.Reply.Error("ERR The ID specified in XSETID is smaller than the target stream top item"u8);
                return;
            }

            if (added != -1 && stream.Count > added)
            {
                c.Reply.Error("ERR The entries_added specified in XSETID is smaller than the target stream length"u8);
                return;
            }
        }

        stream.LastId = id;
        stream.EntriesAdded = added == -1 ? stream.EntriesAdded : (ulong)added;
        stream.MaxDeletedId = deleted == StreamId.Min ? stream.MaxDeletedId : deleted;
        c.Changed(1);
        c.Notify(Happened.XSetId, 1);
        c.Reply.Ok();
    }

    internal static void BulkId(IReply reply, StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.TextBytesMax];
        reply.Bulk(text[..id.Format(text)]);
    }

    /// <summary>Both ends of an interval, as the first and the last id that are in it.</summary>
    internal static bool TryInterval(CommandContext c, int startAt, int endAt, out StreamId start, out StreamId end)
    {
        end = default;
        if (!TryStart(c, startAt, out start) || !TryEnd(c, endAt, ulong.MaxValue, out end, out var isExcluded))
        {
            return false;
        }

        if (isExcluded && !end.TryPrevious(out end))
        {
            c.Reply.Error("ERR invalid end ID for the interval"u8);
            return false;
        }

        return true;
    }

    /// <summary>The first id of an interval.</summary>
    internal static bool TryStart(CommandContext c, int i, out StreamId start)
    {
        if (!TryEnd(c, i, 0, out start, out var isExcluded))
        {
            return false;
        }

        if (isExcluded && !start.TryNext(out start))
        {
            c.Reply.Error("ERR invalid start ID for the interval"u8);
            return false;
        }

        return true;
    }

    /// <summary>One end of an interval: "-", "+", an id, or "(" and an id.</summary>
    private static bool TryEnd(CommandContext c, int i, ulong missingSequence, out StreamId id, out bool isExcluded)
    {
        var text = c[i];
        isExcluded = text.Length > 1 && text[0] == '(';
        id = default;
        if (text is [(byte)'-'])
        {
            return true;
        }

        if (text is [(byte)'+'])
        {
            id = StreamId.Max;
            return true;
        }

        if (StreamId.TryParse(isExcluded ? text[1..] : text, missingSequence, allowStar: false, out id, out _))
        {
            return true;
        }

        c.Reply.Error(InvalidId);
        return false;
    }

    internal static bool TryStrict(CommandContext c, int i, ulong missingSequence, out StreamId id)
    {
        if (StreamId.TryParse(c[i], missingSequence, allowStar: false, out id, out _))
        {
            return true;
        }

        c.Reply.Error(InvalidId);
        return false;
    }
}
