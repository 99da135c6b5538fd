// Commands on sorted sets: adding, removing, scores and ranks, popping, scanning.
// Ranges are next door in SortedSetRangeCommands.cs, unions and intersections in SortedSetAlgebraCommands.cs.
// Always: a sorted set that lost its last member is deleted; a score is never NaN; all scores of a ZADD are read before anything changes.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class SortedSetsCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("zadd", -4, Write | DenyOom | Fast, KeySpec.One, ZAdd) { ElementAt = 3, Since = "1.2.0", Group = "sorted-set", Summary = "Adds members with their scores, or changes scores.", AclCategories = ["@sortedset"], Complexity = "O(log(N)), N: elements in the sorted set", KeyUses = ["RW UPDATE"], Syntax = "key [condition(NX|XX)@3.0.2] [comparison(GT|LT)@6.2.0] [change=CH@3.0.2] [increment=INCR@3.0.2] score_member{score:double member}...", History = ["2.4.0: several members", "3.0.2: XX, NX, CH, INCR", "6.2.0: GT, LT"] },
        new("zincrby", 4, Write | DenyOom | Fast, KeySpec.One, ZIncrBy) { ElementAt = 3, Since = "1.2.0", Group = "sorted-set", Summary = "Adds to a member's score.", AclCategories = ["@sortedset"], Complexity = "O(log(N)), N: elements in the sorted set", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key increment:integer member" },
        new("zrem", -3, Write | Fast, KeySpec.One, ZRem) { ElementAt = 2, Since = "1.2.0", Group = "sorted-set", Summary = "Removes members from a sorted set.", AclCategories = ["@sortedset"], Complexity = "O(M*log(N)), M: elements to be removed, N: elements in the sorted set", KeyUses = ["RW DELETE"], Syntax = "key member...", History = ["2.4.0: several members"] },
        new("zcard", 2, ReadOnly | Fast, KeySpec.One, ZCard) { Since = "1.2.0", Group = "sorted-set", Summary = "How many members a sorted set has.", AclCategories = ["@sortedset"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key" },
        new("zscore", 3, ReadOnly | Fast, KeySpec.One, ZScore) { ElementAt = 2, Since = "1.2.0", Group = "sorted-set", Summary = "The score of a member.", AclCategories = ["@sortedset"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = "key member" },
        new("zmscore", -3, ReadOnly | Fast, KeySpec.One, ZMScore) { Since = "6.2.0", Group = "sorted-set", Summary = "The scores of several members.", AclCategories = ["@sortedset"], Complexity = "O(N), N: members being requested", KeyUses = ["RO ACCESS"], Syntax = "key member..." },
        new("zrank", -3, ReadOnly | Fast, KeySpec.One, ZRank) { ElementAt = 2, Since = "2.0.0", Group = "sorted-set", Summary = "The rank of a member, lowest score first.", AclCategories = ["@sortedset"], Complexity = "O(log(N))", KeyUses = ["RO ACCESS"], Syntax = "key member [WITHSCORE@7.2.0]", History = ["7.2.0: WITHSCORE"] },
        new("zrevrank", -3, ReadOnly | Fast, KeySpec.One, ZRevRank) { ElementAt = 2, Since = "2.0.0", Group = "sorted-set", Summary = "The rank of a member, highest score first.", AclCategories = ["@sortedset"], Complexity = "O(log(N))", KeyUses = ["RO ACCESS"], Syntax = "key member [WITHSCORE@7.2.0]", History = ["7.2.0: WITHSCORE"] },
        new("zpopmin", -2, Write | Fast, KeySpec.One, ZPopMin) { Since = "5.0.0", Group = "sorted-set", Summary = "Takes the members with the lowest scores.", AclCategories = ["@sortedset"], Complexity = "O(log(N)*M), N: elements in the sorted set, M: elements popped", KeyUses = ["RW ACCESS DELETE"], Syntax = "key [count:integer]" },
        new("zpopmax", -2, Write | Fast, KeySpec.One, ZPopMax) { Since = "5.0.0", Group = "sorted-set", Summary = "Takes the members with the highest scores.", AclCategories = ["@sortedset"], Complexity = "O(log(N)*M), N: elements in the sorted set, M: elements popped", KeyUses = ["RW ACCESS DELETE"], Syntax = "key [count:integer]" },
        new("zmpop", -4, Write | MovableKeys, KeySpec.Counted(1), ZMPop) { Since = "7.0.0", Group = "sorted-set", Summary = "Takes members from the first sorted set that is not empty.", AclCategories = ["@sortedset"], Complexity = "O(K) + O(M*log(N)), K: provided keys, M: elements popped, N: elements in the sorted set", KeyUses = ["RW ACCESS DELETE"], Syntax = "numkeys:integer key... where(MIN|MAX) [COUNT <count:integer>]" },
        new("zrandmember", -2, ReadOnly, KeySpec.One, ZRandMember) { Since = "6.2.0", Group = "sorted-set", Summary = "Members chosen at random, which stay.", AclCategories = ["@sortedset"], Complexity = "O(N), N: elements returned", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key [options{count:integer [WITHSCORES]}]" },
        new("zscan", -3, ReadOnly, KeySpec.One, ZScan) { Since = "2.8.0", Group = "sorted-set", Summary = "Walks over a sorted set in steps.", AclCategories = ["@sortedset"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key cursor:integer [MATCH <pattern:pattern>] [COUNT <count:integer>]" },
    ];

    private enum Outcome
    {
        Nothing,
        Added,
        Updated,
        Same,
        NotANumber,
    }

    private static void ZAdd(CommandContext c)
    {
        var options = default(AddOptions);
        var first = 2;
        while (first < c.Count && options.TryWord(c, first))
        {
            first++;
        }

        var pairs = (c.Count - first) / 2;
        if (pairs == 0 || (c.Count - first) % 2 != 0)
        {
            c.SyntaxError();
            return;
        }

        if (options.IfMissing && options.IfPresent)
        {
            c.Reply.Error("ERR XX and NX options at the same time are not compatible"u8);
            return;
        }

        if ((options.IfGreater && options.IfMissing) || (options.IfLess && options.IfMissing) || (options.IfGreater && options.IfLess))
        {
            c.Reply.Error("ERR GT, LT, and/or NX options at the same time are not compatible"u8);
            return;
        }

        if (options.Increments && pairs > 1)
        {
            c.Reply.Error("ERR INCR option supports a single increment-element pair"u8);
            return;
        }

        Add(c, first, pairs, options);
    }

    private static void ZIncrBy(CommandContext c) => Add(c, 2, 1, new AddOptions { Increments = true });

    private static void Add(CommandContext c, int first, int pairs, in AddOptions options)
    {
        for (var i = 0; i < pairs; i++)
        {
            if (!c.TryFloat(first + (2 * i), out _))
            {
                return;
            }
        }

        if (!c.TryGet<SortedSetValue>(1, out var entry, out var set))
        {
            return;
        }

        int added = 0, updated = 0;
        double? score = null;
        if (set is null && !options.IfPresent)
        {
            set = new SortedSetValue();
            entry = c.Add(1, set);
        }

        for (var i = 0; set is not null && i < pairs; i++)
        {
            RedisNumber.TryParseDouble(c[first + (2 * i)], out var given);
            var outcome = Put(c, set, first + (2 * i) + 1, ref given, options);
            if (outcome == Outcome.NotANumber)
            {
                c.RemoveIf(set.Count == 0, entry!);
                c.Reply.Error("ERR resulting score is not a number (NaN)"u8);
                return;
            }

            added += outcome == Outcome.Added ? 1 : 0;
            updated += outcome == Outcome.Updated ? 1 : 0;
            score = outcome == Outcome.Nothing ? score : given;
        }

        if (added + updated > 0)
        {
            c.Changed(1);
            c.Notify(options.Increments ? Happened.ZIncr : Happened.ZAdd, 1);
        }
        else if (set is not null)
        {
            c.RemoveIf(set.Count == 0, entry!);
        }

        if (!options.Increments)
        {
            c.Reply.Integer(options.CountsChanges ? added + updated : added);
        }
        else if (score is { } result)
        {
            c.Reply.Double(result);
        }
        else
        {
            c.Reply.Null();
        }
    }

    private static Outcome Put(CommandContext c, SortedSetValue set, int member, ref double score, in AddOptions options)
    {
        if (!set.TryGetScore(c[member], out var old))
        {
            if (options.IfPresent)
            {
                return Outcome.Nothing;
            }

            set.Add(c.Text(member), score);
            return Outcome.Added;
        }

        if (options.IfMissing)
        {
            return Outcome.Nothing;
        }

        if (options.Increments)
        {
            score += old;
            if (double.IsNaN(score))
            {
                return Outcome.NotANumber;
            }
        }

        if ((options.IfLess && score >= old) || (options.IfGreater && score <= old))
        {
            return Outcome.Nothing;
        }

        if (score == old)
        {
            return Outcome.Same;
        }

        set.Move(c[member], score);
        return Outcome.Updated;
    }

    private static void ZRem(CommandContext c)
    {
        if (!c.TryGet<SortedSetValue>(1, out var entry, out var set))
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
            c.NotifyRemoval(Happened.ZRem, entry!.Key, set.Count == 0);
        }

        c.Reply.Integer(removed);
    }

    private static void ZCard(CommandContext c)
    {
        if (c.TryGet<SortedSetValue>(1, out var set))
        {
            c.Reply.Integer(set?.Count ?? 0);
        }
    }

    private static void ZScore(CommandContext c)
    {
        if (c.TryGet<SortedSetValue>(1, out var set))
        {
            ReplyScore(c, set, 2);
        }
    }

    private static void ZMScore(CommandContext c)
    {
        if (!c.TryGet<SortedSetValue>(1, out var set))
        {
            return;
        }

        c.Reply.Array(c.Count - 2);
        for (var i = 2; i < c.Count; i++)
        {
            ReplyScore(c, set, i);
        }
    }

    private static void ReplyScore(CommandContext c, SortedSetValue? set, int member)
    {
        if (set is not null && set.TryGetScore(c[member], out var score))
        {
            c.Reply.Double(score);
        }
        else
        {
            c.Reply.Null();
        }
    }

    private static void ZRank(CommandContext c) => Rank(c, isReverse: false);

    private static void ZRevRank(CommandContext c) => Rank(c, isReverse: true);

    private static void Rank(CommandContext c, bool isReverse)
    {
        var withScore = c.Count > 3;
        if (c.Count > 4)
        {
            c.WrongArity();
            return;
        }

        if (withScore && !c.Is(3, "WITHSCORE"u8))
        {
            c.SyntaxError();
            return;
        }

        if (!c.TryGet<SortedSetValue>(1, out var set))
        {
            return;
        }

        double score = 0;
        var rank = set?.RankOf(c[2], out score) ?? -1;
        if (rank < 0)
        {
            if (withScore)
            {
                c.Reply.NullArray();
            }
            else
            {
                c.Reply.Null();
            }

            return;
        }

        if (withScore)
        {
            c.Reply.Array(2);
        }

        c.Reply.Integer(isReverse ? set!.Count - 1 - rank : rank);
        if (withScore)
        {
            c.Reply.Double(score);
        }
    }

    private static void ZPopMin(CommandContext c) => Pop(c, fromMax: false);

    private static void ZPopMax(CommandContext c) => Pop(c, fromMax: true);

    private static void Pop(CommandContext c, bool fromMax)
    {
        long count = 1;
        if (c.Count > 3)
        {
            c.SyntaxError();
            return;
        }

        if ((c.Count == 3 && !c.TryCount(2, out count)) || !c.TryGet<SortedSetValue>(1, out var entry, out var set))
        {
            return;
        }

        if (set is null || count == 0)
        {
            c.Reply.Array(0);
            return;
        }

        var taken = (int)Math.Min(count, set.Count);
        var isNested = c.Count == 3 && c.Reply.Protocol == 3;
        c.Reply.Array(isNested ? taken : taken * 2);
        PopInto(c.Reply, set, taken, fromMax, isNested);
        c.RemoveIf(set.Count == 0, entry!);
        c.Changed(1);
        c.NotifyRemoval(fromMax ? Happened.ZPopMax : Happened.ZPopMin, entry!.Key, set.Count == 0);
    }

    private static void ZMPop(CommandContext c)
    {
        if (TryTakeFromFirst(c, 1) is false)
        {
            c.Reply.NullArray();
        }
    }

    /// <summary>ZMPOP from its count of keys on: true when it took something, false when all sets are missing, null when it has replied an error.</summary>
    internal static bool? TryTakeFromFirst(CommandContext c, int countAt)
    {
        if (!c.TryKeysAndCount(countAt, out var where, out var keys))
        {
            return null;
        }

        var fromMax = c.Is(where, "MAX"u8);
        if (!fromMax && !c.Is(where, "MIN"u8))
        {
            c.SyntaxError();
            return null;
        }

        if (!c.TryPopCount(where, out var count))
        {
            return null;
        }

        foreach (var i in keys)
        {
            if (!c.TryGet<SortedSetValue>(i, out var entry, out var set))
            {
                return null;
            }

            if (set is null)
            {
                continue;
            }

            var taken = (int)Math.Min(count, set.Count);
            c.Reply.Array(2);
            c.Reply.Bulk(entry!.Key);
            c.Reply.Array(taken);
            PopInto(c.Reply, set, taken, fromMax, isNested: true);
            c.RemoveIf(set.Count == 0, entry);
            c.Changed(entry.Key);
            c.NotifyRemoval(fromMax ? Happened.ZPopMax : Happened.ZPopMin, entry.Key, set.Count == 0);
            if (c.WantsEffects)
            {
                c.Effect(fromMax ? Words.ZPopMax : Words.ZPopMin, entry.Key, Numbers.Text(taken));
            }

            return true;
        }

        return false;
    }

    internal static void PopInto(IReply reply, SortedSetValue set, int count, bool fromMax, bool isNested)
    {
        var cursor = set.At(fromMax ? set.Count - 1 : 0);
        for (var i = 0; i < count; i++)
        {
            if (isNested)
            {
                reply.Array(2);
            }

            reply.Bulk(cursor.Member);
            reply.Double(cursor.Score);
            if (fromMax)
            {
                cursor.MovePrevious();
            }
            else
            {
                cursor.MoveNext();
            }
        }

        set.RemoveRun(fromMax ? set.Count - count : 0, count);
    }

    private static void ZRandMember(CommandContext c)
    {
        if (c.Count == 2)
        {
            if (!c.TryGet<SortedSetValue>(1, out var one))
            {
                return;
            }

            if (one is null)
            {
                c.Reply.Null();
            }
            else
            {
                c.Reply.Bulk(one.MemberAt(c.Server.Random.Next(one.Count), out _));
            }

            return;
        }

        if (!c.TryRandomCount(2, halved: false, out var count))
        {
            return;
        }

        if (c.Count > 4 || (c.Count == 4 && !c.Is(3, "WITHSCORES"u8)))
        {
            c.SyntaxError();
            return;
        }

        var withScores = c.Count == 4;
        if ((withScores && !c.TryRandomCount(2, halved: true, out count)) || !c.TryGet<SortedSetValue>(1, out var set))
        {
            return;
        }

        if (set is null)
        {
            c.Reply.Array(0);
            return;
        }

        var chosen = RandomChoice.Indexes(c.Server.Random, set.Count, count);
        var isNested = withScores && c.Reply.Protocol == 3;
        c.Reply.Array(withScores && !isNested ? checked(chosen.Count * 2) : chosen.Count);
        foreach (var index in chosen)
        {
            var member = set.MemberAt(index, out var score);
            if (isNested)
            {
                c.Reply.Array(2);
            }

            c.Reply.Bulk(member);
            if (withScores)
            {
                c.Reply.Double(score);
            }
        }
    }

    private static void ZScan(CommandContext c)
    {
        if (!c.TryCursor(2, out var cursor) || !c.TryGet<SortedSetValue>(1, out var set))
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

        cursor = set.Scan(cursor, options.Count, out var from, out var to);
        var matching = 0;
        for (var i = from; i < to; i++)
        {
            matching += options.Matches(c, set.MemberAt(i, out _).Span) ? 1 : 0;
        }

        c.Reply.BeginScanReply(cursor, matching * 2);
        for (var i = from; i < to; i++)
        {
            var member = set.MemberAt(i, out var score);
            if (options.Matches(c, member.Span))
            {
                c.Reply.Bulk(member);
                c.Reply.BulkDouble(score);
            }
        }
    }

    private struct AddOptions
    {
        public bool IfMissing;
        public bool IfPresent;
        public bool IfGreater;
        public bool IfLess;
        public bool CountsChanges;
        public bool Increments;

        /// <summary>Takes the word at an argument when it is an option.</summary>
        public bool TryWord(CommandContext c, int i)
        {
            var word = c[i];
            if (word.Length is < 2 or > 4 || word[0] is >= (byte)'0' and <= (byte)'9' or (byte)'-')
            {
                return false; // nearly always: a score
            }

            if (c.Is(i, "NX"u8))
            {
                IfMissing = true;
            }
            else if (c.Is(i, "XX"u8))
            {
                IfPresent = true;
            }
            else if (c.Is(i, "CH"u8))
            {
                CountsChanges = true;
            }
            else if (c.Is(i, "GT"u8))
            {
                IfGreater = true;
            }
            else if (c.Is(i, "LT"u8))
            {
                IfLess = true;
            }
            else if (c.Is(i, "INCR"u8))
            {
                Increments = true;
            }
            else
            {
                return false;
            }

            return true;
        }
    }
}
