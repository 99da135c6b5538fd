// Commands on sets. Unions, intersections and differences are next door in SetAlgebraCommands.cs.
// Always: a set that lost its last member is deleted; SPOP is written as the SREM of what was chosen.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class SetsCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("sadd", -3, Write | DenyOom | Fast, KeySpec.One, SAdd) { ElementAt = 2, Since = "1.0.0", Group = "set", Summary = "Adds members to a set.", AclCategories = ["@set"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key member...", History = ["2.4.0: several members"] },
        new("srem", -3, Write | Fast, KeySpec.One, SRem) { ElementAt = 2, Since = "1.0.0", Group = "set", Summary = "Removes members from a set.", AclCategories = ["@set"], Complexity = "O(N), N: members to be removed", KeyUses = ["RW DELETE"], Syntax = "key member...", History = ["2.4.0: several members"] },
        new("smove", 4, Write | Fast, KeySpec.Two, SMove) { Since = "1.0.0", Group = "set", Summary = "Moves a member from one set to another.", AclCategories = ["@set"], Complexity = "O(1)", KeyUses = ["RW ACCESS DELETE", "RW INSERT"], Syntax = "source:key destination:key member" },
        new("sismember", 3, ReadOnly | Fast, KeySpec.One, SIsMember) { ElementAt = 2, Since = "1.0.0", Group = "set", Summary = "Whether a set has a member.", AclCategories = ["@set"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key member" },
        new("smismember", -3, ReadOnly | Fast, KeySpec.One, SMIsMember) { Since = "6.2.0", Group = "set", Summary = "Whether a set has each of several members.", AclCategories = ["@set"], Complexity = "O(N), N: elements being checked for membership", KeyUses = ["RO ACCESS"], Syntax = "key member..." },
        new("scard", 2, ReadOnly | Fast, KeySpec.One, SCard) { Since = "1.0.0", Group = "set", Summary = "How many members a set has.", AclCategories = ["@set"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key" },
        new("smembers", 2, ReadOnly, KeySpec.One, SMembers) { Since = "1.0.0", Group = "set", Summary = "All members of a set.", AclCategories = ["@set"], Complexity = "O(N), N: set cardinality", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output_order"], Syntax = "key" },
        new("spop", -2, Write | Fast, KeySpec.One, SPop) { Since = "1.0.0", Group = "set", Summary = "Takes members chosen at random.", AclCategories = ["@set"], Complexity = "O(1), with a count O(N), N: the count", KeyUses = ["RW ACCESS DELETE"], Tips = ["nondeterministic_output"], Syntax = "key [count:integer@3.2.0]", History = ["3.2.0: count"] },
        new("srandmember", -2, ReadOnly, KeySpec.One, SRandMember) { Since = "1.0.0", Group = "set", Summary = "Members chosen at random, which stay.", AclCategories = ["@set"], Complexity = "O(1), with a count O(N), N: the count", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key [count:integer@2.6.0]", History = ["2.6.0: count"] },
        new("sscan", -3, ReadOnly, KeySpec.One, SScan) { Since = "2.8.0", Group = "set", Summary = "Walks over a set in steps.", AclCategories = ["@set"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key cursor:integer [MATCH <pattern:pattern>] [COUNT <count:integer>]" },
    ];

    private static void SAdd(CommandContext c)
    {
        if (!c.TryGet<SetValue>(1, out var set))
        {
            return;
        }

        if (set is null)
        {
            set = new SetValue();
            c.Add(1, set);
        }

        var added = 0;
        for (var i = 2; i < c.Count; i++)
        {
            added += !set.Contains(c[i]) && set.Add(c.Text(i)) ? 1 : 0;
        }

        if (added > 0)
        {
            c.Changed(1);
            c.Notify(Happened.SAdd, 1);
        }

        c.Reply.Integer(added);
    }

    private static void SRem(CommandContext c)
    {
        if (!c.TryGet<SetValue>(1, out var entry, out var set))
        {
            return;
        }

        var removed = 0;
        for (var i = 2; set is { Count: > 0 } && i < c.Count; i++)
        {
            removed += set.Remove(c[i]) ? 1 : 0;
        }

        if (removed > 0)
        {
            c.RemoveIf(set!.Count == 0, entry!);
            c.Changed(1);
            c.NotifyRemoval(Happened.SRem, entry!.Key, set.Count == 0);
        }

        c.Reply.Integer(removed);
    }

    private static void SMove(CommandContext c)
    {
        if (c.Find(1) is null)
        {
            c.Reply.Integer(0);
            return;
        }

        if (!c.TryGet<SetValue>(1, out var entry, out var source) || !c.TryGet<SetValue>(2, out var target))
        {
            return;
        }

        if (ReferenceEquals(source, target))
        {
            c.Reply.Integer(source!.Contains(c[3]) ? 1 : 0);
            return;
        }

        if (!source!.Remove(c[3]))
        {
            c.Reply.Integer(0);
            return;
        }

        c.RemoveIf(source.Count == 0, entry!);
        c.Changed(1);
        c.NotifyRemoval(Happened.SRem, entry!.Key, source.Count == 0);
        if (target is null)
        {
            target = new SetValue();
            c.Add(2, target);
        }

        if (target.Add(c.Text(3)))
        {
            c.Changed(2);
            c.Notify(Happened.SAdd, 2);
        }

        c.Reply.Integer(1);
    }

    private static void SIsMember(CommandContext c)
    {
        if (c.TryGet<SetValue>(1, out var set))
        {
            c.Reply.Integer(set is not null && set.Contains(c[2]) ? 1 : 0);
        }
    }

    private static void SMIsMember(CommandContext c)
    {
        if (!c.TryGet<SetValue>(1, out var set))
        {
            return;
        }

        c.Reply.Array(c.Count - 2);
        for (var i = 2; i < c.Count; i++)
        {
            c.Reply.Integer(set is not null && set.Contains(c[i]) ? 1 : 0);
        }
    }

    private static void SCard(CommandContext c)
    {
        if (c.TryGet<SetValue>(1, out var set))
        {
            c.Reply.Integer(set?.Count ?? 0);
        }
    }

    private static void SMembers(CommandContext c)
    {
        if (!c.TryGet<SetValue>(1, out var set))
        {
            return;
        }

        c.Reply.Set(set?.Count ?? 0);
        for (var i = 0; set is not null && i < set.Count; i++)
        {
            ReplyMember(c.Reply, set, i);
        }
    }

    private static void SPop(CommandContext c)
    {
        if (c.Count > 3)
        {
            c.SyntaxError();
            return;
        }

        if (c.Count == 3)
        {
            PopMany(c);
            return;
        }

        if (!c.TryGet<SetValue>(1, out var entry, out var set))
        {
            return;
        }

        if (set is null)
        {
            c.Reply.Null();
            return;
        }

        var index = c.Server.Random.Next(set.Count);
        var member = set[index];
        set.RemoveAt(index);
        c.RemoveIf(set.Count == 0, entry!);
        c.Changed(1);
        c.NotifyRemoval(Happened.SPop, entry!.Key, set.Count == 0);
        c.Effect(Words.SRem, entry!.Key, member);
        c.Reply.Bulk(member);
    }

    private static void PopMany(CommandContext c)
    {
        if (!c.TryCount(2, out var count) || !c.TryGet<SetValue>(1, out var entry, out var set))
        {
            return;
        }

        if (set is null || count == 0)
        {
            c.Reply.Set(0);
            return;
        }

        if (count >= set.Count)
        {
            c.Reply.Set(set.Count);
            for (var i = 0; i < set.Count; i++)
            {
                ReplyMember(c.Reply, set, i);
            }

            c.Db.Remove(entry!);
            c.Changed(1);
            c.NotifyRemoval(Happened.SPop, entry!.Key, isEmpty: true);
            c.Effect(Words.Del, entry!.Key);
            return;
        }

        var popped = new ByteString[(int)count + 2];
        popped[0] = Words.SRem;
        popped[1] = entry!.Key;
        c.Reply.Set((int)count);
        for (var i = 0; i < (int)count; i++)
        {
            var index = c.Server.Random.Next(set.Count);
            var member = set[index];
            set.RemoveAt(index);
            popped[i + 2] = member;
            c.Reply.Bulk(member);
        }

        c.Changed(1);
        c.Notify(Happened.SPop, 1);
        c.Effect(popped);
    }

    private static void SRandMember(CommandContext c)
    {
        if (c.Count > 3)
        {
            c.SyntaxError();
            return;
        }

        long count = 1;
        var hasCount = c.Count == 3;
        if ((hasCount && !c.TryRandomCount(2, halved: false, out count)) || !c.TryGet<SetValue>(1, out var set))
        {
            return;
        }

        if (!hasCount)
        {
            if (set is null)
            {
                c.Reply.Null();
            }
            else
            {
                ReplyMember(c.Reply, set, c.Server.Random.Next(set.Count));
            }

            return;
        }

        if (set is null)
        {
            c.Reply.Array(0);
            return;
        }

        var chosen = RandomChoice.Indexes(c.Server.Random, set.Count, count);
        c.Reply.Array(chosen.Count);
        foreach (var index in chosen)
        {
            ReplyMember(c.Reply, set, index);
        }
    }

    private static void SScan(CommandContext c)
    {
        if (!c.TryCursor(2, out var cursor) || !c.TryGet<SetValue>(1, out var set))
        {
            return;
        }

        if (set is null)
        {
            c.Reply.BeginScanReply(0, 0);
            return;
        }

        if (!c.TryScanOptions(3, allowsType: false, out var options))
        {
            return;
        }

        Span<byte> scratch = stackalloc byte[RedisNumber.IntegerBytesMax];
        cursor = set.Scan(cursor, options.Count, out var from, out var to);
        var matching = 0;
        for (var i = from; i < to; i++)
        {
            matching += options.Matches(c, set.Bytes(i, scratch)) ? 1 : 0;
        }

        c.Reply.BeginScanReply(cursor, matching);
        for (var i = from; i < to; i++)
        {
            if (options.Matches(c, set.Bytes(i, scratch)))
            {
                ReplyMember(c.Reply, set, i);
            }
        }
    }

    internal static void ReplyMember(IReply reply, SetValue set, int index)
    {
        if (set.IsInteger)
        {
            reply.Bulk(set.Bytes(index, stackalloc byte[RedisNumber.IntegerBytesMax]));
        }
        else
        {
            reply.Bulk(set[index]);
        }
    }
}
