// ZRANGE in all its forms, ZRANGESTORE, the older commands that are one of its forms, counting and removing by range.
// Always: a range becomes an interval of ranks in O(log n), then everything is a walk of as many steps as members are answered.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class SortedSetRangeCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("zrange", -4, ReadOnly, KeySpec.One, ZRange) { Since = "1.2.0", Group = "sorted-set", Summary = "The members between two ranks, scores or names.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements returned", KeyUses = ["RO ACCESS"], Syntax = "key start stop [sortby(BYSCORE|BYLEX)@6.2.0] [REV@6.2.0] [LIMIT <offset_count{offset:integer count:integer}>@6.2.0] [WITHSCORES]", History = ["6.2.0: REV, BYSCORE, BYLEX, LIMIT"] },
        new("zrevrange", -4, ReadOnly, KeySpec.One, ZRevRange) { Since = "1.2.0", Group = "sorted-set", Summary = "The members between two ranks, highest first.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements returned", KeyUses = ["RO ACCESS"], Syntax = "key start:integer stop:integer [WITHSCORES]", DeprecatedSince = "6.2.0", ReplacedBy = "ZRANGE … REV" },
        new("zrangebyscore", -4, ReadOnly, KeySpec.One, ZRangeByScore) { Since = "1.0.5", Group = "sorted-set", Summary = "The members between two scores.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements being returned", KeyUses = ["RO ACCESS"], Syntax = "key min:double max:double [WITHSCORES@2.0.0] [LIMIT <offset_count{offset:integer count:integer}>]", History = ["2.0.0: WITHSCORES"], DeprecatedSince = "6.2.0", ReplacedBy = "ZRANGE … BYSCORE" },
        new("zrevrangebyscore", -4, ReadOnly, KeySpec.One, ZRevRangeByScore) { Since = "2.2.0", Group = "sorted-set", Summary = "The members between two scores, highest first.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements being returned", KeyUses = ["RO ACCESS"], Syntax = "key max:double min:double [WITHSCORES] [LIMIT <offset_count{offset:integer count:integer}>]", History = ["2.1.6: bounds that stand outside, with ("], DeprecatedSince = "6.2.0", ReplacedBy = "ZRANGE … BYSCORE REV" },
        new("zrangebylex", -4, ReadOnly, KeySpec.One, ZRangeByLex) { Since = "2.8.9", Group = "sorted-set", Summary = "The members between two names, when all scores are equal.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements being returned", KeyUses = ["RO ACCESS"], Syntax = "key min max [LIMIT <offset_count{offset:integer count:integer}>]", DeprecatedSince = "6.2.0", ReplacedBy = "ZRANGE … BYLEX" },
        new("zrevrangebylex", -4, ReadOnly, KeySpec.One, ZRevRangeByLex) { Since = "2.8.9", Group = "sorted-set", Summary = "The members between two names, last first.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements being returned", KeyUses = ["RO ACCESS"], Syntax = "key max min [LIMIT <offset_count{offset:integer count:integer}>]", DeprecatedSince = "6.2.0", ReplacedBy = "ZRANGE … BYLEX REV" },
        new("zrangestore", -5, Write | DenyOom, KeySpec.Two, ZRangeStore) { LooksUp = true, Since = "6.2.0", Group = "sorted-set", Summary = "Stores the members between two ranks, scores or names.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements stored into the destination key", KeyUses = ["OW UPDATE", "RO ACCESS"], Syntax = "dst:key src:key min max [sortby(BYSCORE|BYLEX)] [REV] [LIMIT <offset_count{offset:integer count:integer}>]" },
        new("zcount", 4, ReadOnly | Fast, KeySpec.One, ZCount) { Since = "2.0.0", Group = "sorted-set", Summary = "How many members lie between two scores.", AclCategories = ["@sortedset"], Complexity = "O(log(N)), N: elements in the sorted set", KeyUses = ["RO ACCESS"], Syntax = "key min:double max:double" },
        new("zlexcount", 4, ReadOnly | Fast, KeySpec.One, ZLexCount) { Since = "2.8.9", Group = "sorted-set", Summary = "How many members lie between two names.", AclCategories = ["@sortedset"], Complexity = "O(log(N)), N: elements in the sorted set", KeyUses = ["RO ACCESS"], Syntax = "key min max" },
        new("zremrangebyrank", 4, Write, KeySpec.One, ZRemRangeByRank) { Since = "2.0.0", Group = "sorted-set", Summary = "Removes the members between two ranks.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements removed by the operation", KeyUses = ["RW DELETE"], Syntax = "key start:integer stop:integer" },
        new("zremrangebyscore", 4, Write, KeySpec.One, ZRemRangeByScore) { Since = "1.2.0", Group = "sorted-set", Summary = "Removes the members between two scores.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements removed by the operation", KeyUses = ["RW DELETE"], Syntax = "key min:double max:double" },
        new("zremrangebylex", 4, Write, KeySpec.One, ZRemRangeByLex) { Since = "2.8.9", Group = "sorted-set", Summary = "Removes the members between two names.", AclCategories = ["@sortedset"], Complexity = "O(log(N)+M), N: elements in the sorted set, M: elements removed by the operation", KeyUses = ["RW DELETE"], Syntax = "key min max" },
    ];

    private enum By
    {
        Unsaid,
        Rank,
        Score,
        Name,
    }

    private static void ZRange(CommandContext c) => Range(c, 1, By.Unsaid, isReverse: null);

    private static void ZRevRange(CommandContext c) => Range(c, 1, By.Rank, isReverse: true);

    private static void ZRangeByScore(CommandContext c) => Range(c, 1, By.Score, isReverse: false);

    private static void ZRevRangeByScore(CommandContext c) => Range(c, 1, By.Score, isReverse: true);

    private static void ZRangeByLex(CommandContext c) => Range(c, 1, By.Name, isReverse: false);

    private static void ZRevRangeByLex(CommandContext c) => Range(c, 1, By.Name, isReverse: true);

    private static void ZRangeStore(CommandContext c) => Range(c, 2, By.Unsaid, isReverse: null);

    private static void Range(CommandContext c, int key, By by, bool? isReverse)
    {
        var isStore = key == 2;
        var request = new Request { Key = key, Limit = -1 };
        var backward = isReverse;
        for (var i = key + 3; i < c.Count; i++)
        {
            if (!isStore && c.Is(i, "WITHSCORES"u8))
            {
                request.WithScores = true;
            }
            else if (c.Is(i, "LIMIT"u8) && i + 2 < c.Count)
            {
                if (!c.TryInteger(i + 1, out request.Offset) || !c.TryInteger(i + 2, out request.Limit))
                {
                    return;
                }

                i += 2;
            }
            else if (backward is null && c.Is(i, "REV"u8))
            {
                backward = true;
            }
            else if (by == By.Unsaid && c.Is(i, "BYLEX"u8))
            {
                by = By.Name;
            }
            else if (by == By.Unsaid && c.Is(i, "BYSCORE"u8))
            {
                by = By.Score;
            }
            else
            {
                c.SyntaxError();
                return;
            }
        }

        request.IsReverse = backward ?? false;
        by = by == By.Unsaid ? By.Rank : by;
        if (request.Limit != -1 && by == By.Rank)
        {
            c.Reply.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"u8);
            return;
        }

        if (request.WithScores && by == By.Name)
        {
            c.Reply.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX"u8);
            return;
        }

        if (!TryInterval(c, request, by, out var set, out var first, out var end))
        {
            return;
        }

        if (isStore)
        {
            Store(c, set, request, first, end);
        }
        else
        {
            Answer(c, set, request, first, end);
        }
    }

    /// <summary>Reads both ends and finds the ranks [first, end) that are asked for, LIMIT included. False: an error has been replied.</summary>
    private static bool TryInterval(CommandContext c, in Request request, By by, out SortedSetValue? set, out int first, out int end)
    {
        set = null;
        first = end = 0;
        var min = request.IsReverse && by != By.Rank ? request.Key + 2 : request.Key + 1;
        var max = request.IsReverse && by != By.Rank ? request.Key + 1 : request.Key + 2;
        if (by == By.Rank)
        {
            if (!c.TryInteger(min, out var low) || !c.TryInteger(max, out var high) || !c.TryGet(request.Key, out set))
            {
                return false;
            }

            if (set is not null && Arguments.TryClamp(ref low, ref high, set.Count))
            {
                (first, end) = request.IsReverse ? (set.Count - 1 - (int)high, set.Count - (int)low) : ((int)low, (int)high + 1);
            }

            return true;
        }

        if (by == By.Score)
        {
            if (!TryScores(c, min, max, out var scores) || !c.TryGet(request.Key, out set))
            {
                return false;
            }

            (first, end) = set?.RanksOf(scores) ?? (0, 0);
        }
        else
        {
            if (!TryNames(c, min, max, out var names) || !c.TryGet(request.Key, out set))
            {
                return false;
            }

            (first, end) = set?.RanksOf(names) ?? (0, 0);
        }

        (first, end) = request.Limited(first, end);
        return true;
    }

    private static void Answer(CommandContext c, SortedSetValue? set, in Request request, int first, int end)
    {
        var count = set is null ? 0 : Math.Max(0, end - first);
        var isNested = request.WithScores && c.Reply.Protocol == 3;
        c.Reply.Array(request.WithScores && !isNested ? count * 2 : count);
        if (count == 0)
        {
            return;
        }

        var cursor = set!.At(request.IsReverse ? end - 1 : first);
        for (var i = 0; i < count; i++)
        {
            if (isNested)
            {
                c.Reply.Array(2);
            }

            c.Reply.Bulk(cursor.Member);
            if (request.WithScores)
            {
                c.Reply.Double(cursor.Score);
            }

            if (request.IsReverse)
            {
                cursor.MovePrevious();
            }
            else
            {
                cursor.MoveNext();
            }
        }
    }

    private static void Store(CommandContext c, SortedSetValue? set, in Request request, int first, int end)
    {
        var result = new SortedSetValue();
        if (set is not null && first < end)
        {
            var cursor = set.At(first);
            for (var i = first; i < end; i++, cursor.MoveNext())
            {
                result.Add(cursor.Member, cursor.Score);
            }
        }

        c.StoreOrDelete(1, result, result.Count == 0, Happened.ZRangeStore);
        c.Reply.Integer(result.Count);
    }

    private static void ZCount(CommandContext c)
    {
        if (TryScores(c, 2, 3, out var range) && c.TryGet<SortedSetValue>(1, out var set))
        {
            var (first, end) = set?.RanksOf(range) ?? (0, 0);
            c.Reply.Integer(Math.Max(0, end - first));
        }
    }

    private static void ZLexCount(CommandContext c)
    {
        if (TryNames(c, 2, 3, out var range) && c.TryGet<SortedSetValue>(1, out var set))
        {
            var (first, end) = set?.RanksOf(range) ?? (0, 0);
            c.Reply.Integer(Math.Max(0, end - first));
        }
    }

    private static void ZRemRangeByRank(CommandContext c)
    {
        if (!c.TryInteger(2, out var first) || !c.TryInteger(3, out var last) || !c.TryGet<SortedSetValue>(1, out var set))
        {
            return;
        }

        var isAny = set is not null && Arguments.TryClamp(ref first, ref last, set.Count);
        RemoveRun(c, isAny ? ((int)first, (int)last + 1) : (0, 0), Happened.ZRemRangeByRank);
    }

    private static void ZRemRangeByScore(CommandContext c)
    {
        if (TryScores(c, 2, 3, out var range) && c.TryGet<SortedSetValue>(1, out var set))
        {
            RemoveRun(c, set?.RanksOf(range) ?? (0, 0), Happened.ZRemRangeByScore);
        }
    }

    private static void ZRemRangeByLex(CommandContext c)
    {
        if (TryNames(c, 2, 3, out var range) && c.TryGet<SortedSetValue>(1, out var set))
        {
            RemoveRun(c, set?.RanksOf(range) ?? (0, 0), Happened.ZRemRangeByLex);
        }
    }

    private static void RemoveRun(CommandContext c, (int First, int End) ranks, KeyEvent what)
    {
        var count = Math.Max(0, ranks.End - ranks.First);
        if (count > 0 && c.TryGet<SortedSetValue>(1, out var entry, out var set))
        {
            set!.RemoveRun(ranks.First, count);
            c.RemoveIf(set.Count == 0, entry!);
            c.Changed(1);
            c.NotifyRemoval(what, entry!.Key, set.Count == 0);
        }

        c.Reply.Integer(count);
    }

    /// <summary>"1.5", "(1.5", "-inf", "+inf" at two arguments.</summary>
    internal static bool TryScores(CommandContext c, int min, int max, out ScoreRange range)
    {
        range = default;
        if (TryScoreEnd(c[min], out var low, out var lowExcluded) && TryScoreEnd(c[max], out var high, out var highExcluded))
        {
            range = new ScoreRange(low, high, lowExcluded, highExcluded);
            return true;
        }

        c.Reply.Error("ERR min or max is not a float"u8);
        return false;
    }

    private static bool TryScoreEnd(ReadOnlySpan<byte> text, out double score, out bool isExcluded)
    {
        isExcluded = !text.IsEmpty && text[0] == '(';
        return RedisNumber.TryParseText(isExcluded ? text[1..] : text, out score, out _);
    }

    /// <summary>"[a", "(a", "-", "+" at two arguments.</summary>
    private static bool TryNames(CommandContext c, int min, int max, out LexRange range)
    {
        range = default;
        if (TryNameEnd(c[min], out var low) && TryNameEnd(c[max], out var high))
        {
            range = new LexRange(low, high);
            return true;
        }

        c.Reply.Error("ERR min or max not valid string range item"u8);
        return false;
    }

    private static bool TryNameEnd(ReadOnlySpan<byte> text, out LexBound bound)
    {
        bound = default;
        switch (text.IsEmpty ? 0 : text[0])
        {
            case (byte)'-' when text.Length == 1:
                bound = new LexBound(-1, ByteString.Empty, Excluded: false);
                return true;
            case (byte)'+' when text.Length == 1:
                bound = new LexBound(1, ByteString.Empty, Excluded: false);
                return true;
            case (byte)'[':
                bound = new LexBound(0, ByteString.From(text[1..]), Excluded: false);
                return true;
            case (byte)'(':
                bound = new LexBound(0, ByteString.From(text[1..]), Excluded: true);
                return true;
            default:
                return false;
        }
    }

    private struct Request
    {
        public int Key;
        public bool IsReverse;
        public bool WithScores;
        public long Offset;
        public long Limit;

        /// <summary>Skips Offset members from the side the walk begins at and takes at most Limit; a negative offset takes none, a negative limit all.</summary>
        public readonly (int First, int End) Limited(int first, int end)
        {
            if (first >= end || Offset < 0 || Offset >= end - first)
            {
                return (0, 0);
            }

            var count = (int)(end - first - Offset);
            count = Limit < 0 ? count : (int)Math.Min(count, Limit);
            return IsReverse
                ? (end - (int)Offset - count, end - (int)Offset)
                : (first + (int)Offset, first + (int)Offset + count);
        }
    }
}
