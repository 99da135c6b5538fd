// Commands on lists that do not wait.
// Always: a list that lost its last element is deleted; indexes below zero count from the tail; LMOVE and RPOPLPUSH are one step.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class ListsCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("lpush", -3, Write | DenyOom | Fast, KeySpec.One, LPush) { Since = "1.0.0", Group = "list", Summary = "Puts elements before the head of a list.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key element...", History = ["2.4.0: several elements"] },
        new("rpush", -3, Write | DenyOom | Fast, KeySpec.One, RPush) { Since = "1.0.0", Group = "list", Summary = "Puts elements after the tail of a list.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key element...", History = ["2.4.0: several elements"] },
        new("lpushx", -3, Write | DenyOom | Fast, KeySpec.One, LPushX) { Since = "2.2.0", Group = "list", Summary = "Puts elements before the head of a list that exists.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key element...", History = ["4.0.0: several elements"] },
        new("rpushx", -3, Write | DenyOom | Fast, KeySpec.One, RPushX) { Since = "2.2.0", Group = "list", Summary = "Puts elements after the tail of a list that exists.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key element...", History = ["4.0.0: several elements"] },
        new("linsert", 5, Write | DenyOom, KeySpec.One, LInsert) { Since = "2.2.0", Group = "list", Summary = "Puts an element before or after another one.", AclCategories = ["@list"], Complexity = "O(N), N: elements before the pivot", KeyUses = ["RW INSERT"], Syntax = "key where(BEFORE|AFTER) pivot element" },
        new("llen", 2, ReadOnly | Fast, KeySpec.One, LLen) { Since = "1.0.0", Group = "list", Summary = "The length of a list.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key" },
        new("lindex", 3, ReadOnly, KeySpec.One, LIndex) { Since = "1.0.0", Group = "list", Summary = "The element at an index.", AclCategories = ["@list"], Complexity = "O(N), N: elements between the nearer end and the index", KeyUses = ["RO ACCESS"], Syntax = "key index:integer" },
        new("lset", 4, Write | DenyOom, KeySpec.One, LSet) { Since = "1.0.0", Group = "list", Summary = "Replaces the element at an index.", AclCategories = ["@list"], Complexity = "O(N), N: length of the list", KeyUses = ["RW UPDATE"], Syntax = "key index:integer element" },
        new("lpop", -2, Write | Fast, KeySpec.One, LPop) { Since = "1.0.0", Group = "list", Summary = "Takes elements from the head of a list.", AclCategories = ["@list"], Complexity = "O(N), N: elements returned", KeyUses = ["RW ACCESS DELETE"], Syntax = "key [count:integer@6.2.0]", History = ["6.2.0: count"] },
        new("rpop", -2, Write | Fast, KeySpec.One, RPop) { Since = "1.0.0", Group = "list", Summary = "Takes elements from the tail of a list.", AclCategories = ["@list"], Complexity = "O(N), N: elements returned", KeyUses = ["RW ACCESS DELETE"], Syntax = "key [count:integer@6.2.0]", History = ["6.2.0: count"] },
        new("lrange", 4, ReadOnly, KeySpec.One, LRange) { Since = "1.0.0", Group = "list", Summary = "The elements between two indexes.", AclCategories = ["@list"], Complexity = "O(S+N), S: elements before start, N: elements returned", KeyUses = ["RO ACCESS"], Syntax = "key start:integer stop:integer" },
        new("ltrim", 4, Write, KeySpec.One, LTrim) { Since = "1.0.0", Group = "list", Summary = "Keeps only the elements between two indexes.", AclCategories = ["@list"], Complexity = "O(N), N: elements to be removed by the operation", KeyUses = ["RW DELETE"], Syntax = "key start:integer stop:integer" },
        new("lrem", 4, Write, KeySpec.One, LRem) { Since = "1.0.0", Group = "list", Summary = "Removes elements equal to a value.", AclCategories = ["@list"], Complexity = "O(N+M), N: length of the list, M: elements removed", KeyUses = ["RW DELETE"], Syntax = "key count:integer element" },
        new("lpos", -3, ReadOnly, KeySpec.One, LPos) { Since = "6.0.6", Group = "list", Summary = "The indexes of elements equal to a value.", AclCategories = ["@list"], Complexity = "O(N), N: elements in the list", KeyUses = ["RO ACCESS"], Syntax = "key element [RANK <rank:integer>] [COUNT <num-matches:integer>] [MAXLEN <len:integer>]" },
        new("lmove", 5, Write | DenyOom, KeySpec.Two, LMove) { Since = "6.2.0", Group = "list", Summary = "Takes an element from one end of a list and puts it at one end of another.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RW ACCESS DELETE", "RW INSERT"], Syntax = "source:key destination:key wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT)" },
        new("rpoplpush", 3, Write | DenyOom, KeySpec.Two, RPopLPush) { Since = "1.2.0", Group = "list", Summary = "Takes the tail of a list and puts it before the head of another.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RW ACCESS DELETE", "RW INSERT"], Syntax = "source:key destination:key", DeprecatedSince = "6.2.0", ReplacedBy = "LMOVE … RIGHT LEFT" },
        new("lmpop", -4, Write | MovableKeys, KeySpec.Counted(1), LMPop) { Since = "7.0.0", Group = "list", Summary = "Takes elements from the first list that is not empty.", AclCategories = ["@list"], Complexity = "O(N+M), N: provided keys, M: elements returned", KeyUses = ["RW ACCESS DELETE"], Syntax = "numkeys:integer key... where(LEFT|RIGHT) [COUNT <count:integer>]" },
    ];

    private static void LPush(CommandContext c) => Push(c, atHead: true, creates: true);

    private static void RPush(CommandContext c) => Push(c, atHead: false, creates: true);

    private static void LPushX(CommandContext c) => Push(c, atHead: true, creates: false);

    private static void RPushX(CommandContext c) => Push(c, atHead: false, creates: false);

    private static void Push(CommandContext c, bool atHead, bool creates)
    {
        if (!c.TryGet<ListValue>(1, out var list))
        {
            return;
        }

        if (list is null)
        {
            if (!creates)
            {
                c.Reply.Integer(0);
                return;
            }

            list = new ListValue();
            c.Add(1, list);
        }

        for (var i = 2; i < c.Count; i++)
        {
            Push(list, c.Text(i), atHead);
        }

        c.Changed(1);
        c.Notify(atHead ? Happened.LPush : Happened.RPush, 1);
        c.Reply.Integer(list.Count);
    }

    private static void LInsert(CommandContext c)
    {
        var isAfter = c.Is(2, "AFTER"u8);
        if (!isAfter && !c.Is(2, "BEFORE"u8))
        {
            c.SyntaxError();
            return;
        }

        if (!c.TryGet<ListValue>(1, out var list))
        {
            return;
        }

        if (list is null)
        {
            c.Reply.Integer(0);
            return;
        }

        var pivot = c[3];
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i].Span.SequenceEqual(pivot))
            {
                list.Insert(isAfter ? i + 1 : i, c.Text(4));
                c.Changed(1);
                c.Notify(Happened.LInsert, 1);
                c.Reply.Integer(list.Count);
                return;
            }
        }

        c.Reply.Integer(-1);
    }

    private static void LLen(CommandContext c)
    {
        if (c.TryGet<ListValue>(1, out var list))
        {
            c.Reply.Integer(list?.Count ?? 0);
        }
    }

    private static void LIndex(CommandContext c)
    {
        if (!c.TryGet<ListValue>(1, out var list))
        {
            return;
        }

        if (list is null)
        {
            c.Reply.Null();
            return;
        }

        if (!c.TryInteger(2, out var index))
        {
            return;
        }

        index = index < 0 ? index + list.Count : index;
        if (index >= 0 && index < list.Count)
        {
            c.Reply.Bulk(list[(int)index]);
        }
        else
        {
            c.Reply.Null();
        }
    }

    private static void LSet(CommandContext c)
    {
        if (!c.TryGet<ListValue>(1, out var list))
        {
            return;
        }

        if (list is null)
        {
            c.Reply.Error(Errors.NoSuchKey);
            return;
        }

        if (!c.TryInteger(2, out var index))
        {
            return;
        }

        index = index < 0 ? index + list.Count : index;
        if (index < 0 || index >= list.Count)
        {
            c.Reply.Error(Errors.IndexOutOfRange);
            return;
        }

        list[(int)index] = c.Text(3);
        c.Changed(1);
        c.Notify(Happened.LSet, 1);
        c.Reply.Ok();
    }

    private static void LPop(CommandContext c) => Pop(c, atHead: true);

    private static void RPop(CommandContext c) => Pop(c, atHead: false);

    private static void Pop(CommandContext c, bool atHead)
    {
        long count = 1;
        if (c.Count > 3)
        {
            c.WrongArity();
            return;
        }

        var hasCount = c.Count == 3;
        if ((hasCount && !c.TryCount(2, out count)) || !c.TryGet<ListValue>(1, out var entry, out var list))
        {
            return;
        }

        if (list is null)
        {
            if (hasCount)
            {
                c.Reply.NullArray();
            }
            else
            {
                c.Reply.Null();
            }

            return;
        }

        if (!hasCount)
        {
            c.Reply.Bulk(Pop(list, atHead));
        }
        else
        {
            count = Math.Min(count, list.Count);
            c.Reply.Array((int)count);
            PopInto(c.Reply, list, (int)count, atHead);
        }

        if (count > 0)
        {
            c.RemoveIf(list.Count == 0, entry!);
            c.Changed(1);
            c.NotifyRemoval(atHead ? Happened.LPop : Happened.RPop, entry!.Key, list.Count == 0);
        }
    }

    private static void LMPop(CommandContext c)
    {
        if (TryTakeFromFirst(c, 1) is false)
        {
            c.Reply.NullArray();
        }
    }

    /// <summary>LMPOP from its count of keys on: true when it took something, false when all lists are missing, null when it has replied an error.</summary>
    internal static bool? TryTakeFromFirst(CommandContext c, int countAt)
    {
        if (!c.TryKeysAndCount(countAt, out var where, out var keys))
        {
            return null;
        }

        if (!TryEnd(c, where, out var atHead) || !c.TryPopCount(where, out var count))
        {
            return null;
        }

        foreach (var i in keys)
        {
            if (!c.TryGet<ListValue>(i, out var entry, out var list))
            {
                return null;
            }

            if (list is null)
            {
                continue;
            }

            var taken = (int)Math.Min(count, list.Count);
            c.Reply.Array(2);
            c.Reply.Bulk(entry!.Key);
            c.Reply.Array(taken);
            PopInto(c.Reply, list, taken, atHead);
            c.RemoveIf(list.Count == 0, entry);
            c.Changed(entry.Key);
            c.NotifyRemoval(atHead ? Happened.LPop : Happened.RPop, entry.Key, list.Count == 0);
            if (c.WantsEffects)
            {
                c.Effect(atHead ? Words.LPop : Words.RPop, entry.Key, Numbers.Text(taken));
            }

            return true;
        }

        return false;
    }

    private static void LRange(CommandContext c)
    {
        if (!c.TryInteger(2, out var first) || !c.TryInteger(3, out var last) || !c.TryGet<ListValue>(1, out var list))
        {
            return;
        }

        if (list is null || !Arguments.TryClamp(ref first, ref last, list.Count))
        {
            c.Reply.Array(0);
            return;
        }

        c.Reply.Array((int)(last - first) + 1);
        for (var i = (int)first; i <= last; i++)
        {
            c.Reply.Bulk(list[i]);
        }
    }

    private static void LTrim(CommandContext c)
    {
        if (!c.TryInteger(2, out var first) || !c.TryInteger(3, out var last) || !c.TryGet<ListValue>(1, out var entry, out var list))
        {
            return;
        }

        if (list is not null)
        {
            var isAnyLeft = Arguments.TryClamp(ref first, ref last, list.Count);
            if (isAnyLeft)
            {
                list.Trim((int)first, (int)last);
            }
            else
            {
                c.Db.Remove(entry!);
            }

            c.Changed(1);
            c.NotifyRemoval(Happened.LTrim, entry!.Key, !isAnyLeft);
        }

        c.Reply.Ok();
    }

    private static void LRem(CommandContext c)
    {
        if (!c.TryInteger(2, out var count) || !c.TryGet<ListValue>(1, out var entry, out var list))
        {
            return;
        }

        if (list is null)
        {
            c.Reply.Integer(0);
            return;
        }

        var limit = count == 0 ? int.MaxValue : (int)Math.Min((ulong)int.MaxValue, count < 0 ? unchecked((ulong)-count) : (ulong)count);
        var removed = list.Remove(c[3], limit, fromTail: count < 0);
        if (removed > 0)
        {
            c.RemoveIf(list.Count == 0, entry!);
            c.Changed(1);
            c.NotifyRemoval(Happened.LRem, entry!.Key, list.Count == 0);
        }

        c.Reply.Integer(removed);
    }

    private static void LPos(CommandContext c)
    {
        long rank = 1, count = -1, limit = 0;
        for (var i = 3; i < c.Count; i += 2)
        {
            var more = i + 1 < c.Count;
            if (more && c.Is(i, "RANK"u8))
            {
                if (!c.TryRandomCount(i + 1, halved: false, out rank))
                {
                    return;
                }

                if (rank == 0)
                {
                    c.Reply.Error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"u8);
                    return;
                }
            }
            else if (more && c.Is(i, "COUNT"u8))
            {
                if (!c.TryIntegerWithin(i + 1, 0, long.MaxValue, "ERR COUNT can't be negative"u8, out count))
                {
                    return;
                }
            }
            else if (more && c.Is(i, "MAXLEN"u8))
            {
                if (!c.TryIntegerWithin(i + 1, 0, long.MaxValue, "ERR MAXLEN can't be negative"u8, out limit))
                {
                    return;
                }
            }
            else
            {
                c.SyntaxError();
                return;
            }
        }

        if (!c.TryGet<ListValue>(1, out var list))
        {
            return;
        }

        var found = list is null ? [] : Positions(list, c[2], rank, count < 0 ? 1 : count, limit);
        if (count >= 0)
        {
            c.Reply.Array(found.Count);
            foreach (var place in found)
            {
                c.Reply.Integer(place);
            }
        }
        else if (found.Count > 0)
        {
            c.Reply.Integer(found[0]);
        }
        else
        {
            c.Reply.Null();
        }
    }

    /// <summary>Indexes of equal elements from the rank-th on, from the tail when rank is negative; at most <paramref name="limit"/> comparisons (0 = all).</summary>
    private static List<int> Positions(ListValue list, ReadOnlySpan<byte> element, long rank, long count, long limit)
    {
        var found = new List<int>();
        var skip = Math.Abs(rank) - 1;
        var steps = limit == 0 ? list.Count : (int)Math.Min(limit, list.Count);
        for (var step = 0; step < steps; step++)
        {
            var index = rank < 0 ? list.Count - 1 - step : step;
            if (!list[index].Span.SequenceEqual(element))
            {
                continue;
            }

            if (skip > 0)
            {
                skip--;
                continue;
            }

            found.Add(index);
            if (found.Count == count)
            {
                break;
            }
        }

        return found;
    }

    private static void LMove(CommandContext c)
    {
        if (TryEnd(c, 3, out var fromHead) && TryEnd(c, 4, out var toHead))
        {
            Move(c, fromHead, toHead);
        }
    }

    private static void RPopLPush(CommandContext c) => Move(c, fromHead: false, toHead: true);

    internal static void Move(CommandContext c, bool fromHead, bool toHead)
    {
        if (!c.TryGet<ListValue>(1, out var entry, out var source))
        {
            return;
        }

        if (source is null)
        {
            c.Reply.Null();
            return;
        }

        if (!c.TryGet<ListValue>(2, out var target))
        {
            return;
        }

        var element = Pop(source, fromHead);
        if (target is null)
        {
            target = new ListValue();
            c.Add(2, target);
        }

        Push(target, element, toHead);
        c.RemoveIf(source.Count == 0, entry!);
        c.Changed(1);
        c.Changed(2);
        c.Notify(toHead ? Happened.LPush : Happened.RPush, 2);
        c.NotifyRemoval(fromHead ? Happened.LPop : Happened.RPop, entry!.Key, source.Count == 0);
        c.Reply.Bulk(element);
    }

    internal static bool TryEnd(CommandContext c, int i, out bool isHead)
    {
        isHead = c.Is(i, "LEFT"u8);
        if (isHead || c.Is(i, "RIGHT"u8))
        {
            return true;
        }

        c.SyntaxError();
        return false;
    }

    private static void Push(ListValue list, ByteString element, bool atHead)
    {
        if (atHead)
        {
            list.PushHead(element);
        }
        else
        {
            list.PushTail(element);
        }
    }

    internal static ByteString Pop(ListValue list, bool atHead) => atHead ? list.PopHead() : list.PopTail();

    private static void PopInto(IReply reply, ListValue list, int count, bool atHead)
    {
        for (var i = 0; i < count; i++)
        {
            reply.Bulk(Pop(list, atHead));
        }
    }
}
