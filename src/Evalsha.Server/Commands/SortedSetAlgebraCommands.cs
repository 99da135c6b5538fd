// Unions, intersections and differences of sorted sets (and plain sets, whose members count as score 1), answered or stored.
// Always: all keys are looked at before the options are read, as Redis does; scores are combined smallest set first, so that sums round as Redis's;
//   a stored result that is empty deletes the destination.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class SortedSetAlgebraCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("zunion", -3, ReadOnly | MovableKeys, KeySpec.Counted(1), ZUnion) { Since = "6.2.0", Group = "sorted-set", Summary = "The members of any of the sorted sets.", AclCategories = ["@sortedset"], Complexity = "O(N)+O(M*log(M)), N: sizes of the input sorted sets, M: elements in the resulting sorted set", KeyUses = ["RO ACCESS"], Syntax = "numkeys:integer key... [WEIGHTS <weight:integer>...] [AGGREGATE <aggregate(SUM|MIN|MAX)>] [WITHSCORES]" },
        new("zinter", -3, ReadOnly | MovableKeys, KeySpec.Counted(1), ZInter) { Since = "6.2.0", Group = "sorted-set", Summary = "The members that all sorted sets have.", AclCategories = ["@sortedset"], Complexity = "O(N*K)+O(M*log(M)), N: smallest input sorted set, K: input sorted sets, M: elements in the resulting sorted set", KeyUses = ["RO ACCESS"], Syntax = "numkeys:integer key... [WEIGHTS <weight:integer>...] [AGGREGATE <aggregate(SUM|MIN|MAX)>] [WITHSCORES]" },
        new("zdiff", -3, ReadOnly | MovableKeys, KeySpec.Counted(1), ZDiff) { Since = "6.2.0", Group = "sorted-set", Summary = "The members of the first sorted set that no other has.", AclCategories = ["@sortedset"], Complexity = "O(L + (N-K)log(N)), L: elements in all the sets, N: size of the first set, K: size of the result set", KeyUses = ["RO ACCESS"], Syntax = "numkeys:integer key... [WITHSCORES]" },
        new("zunionstore", -4, Write | DenyOom | MovableKeys, KeySpec.DestinationAndCounted, ZUnionStore) { LooksUp = true, Since = "2.0.0", Group = "sorted-set", Summary = "Stores the members of any of the sorted sets.", AclCategories = ["@sortedset"], Complexity = "O(N)+O(M log(M)), N: sizes of the input sorted sets, M: elements in the resulting sorted set", KeyUses = ["OW UPDATE", "RO ACCESS"], Syntax = "destination:key numkeys:integer key... [WEIGHTS <weight:integer>...] [AGGREGATE <aggregate(SUM|MIN|MAX)>]" },
        new("zinterstore", -4, Write | DenyOom | MovableKeys, KeySpec.DestinationAndCounted, ZInterStore) { LooksUp = true, Since = "2.0.0", Group = "sorted-set", Summary = "Stores the members that all sorted sets have.", AclCategories = ["@sortedset"], Complexity = "O(N*K)+O(M*log(M)), N: smallest input sorted set, K: input sorted sets, M: elements in the resulting sorted set", KeyUses = ["OW UPDATE", "RO ACCESS"], Syntax = "destination:key numkeys:integer key... [WEIGHTS <weight:integer>...] [AGGREGATE <aggregate(SUM|MIN|MAX)>]" },
        new("zdiffstore", -4, Write | DenyOom | MovableKeys, KeySpec.DestinationAndCounted, ZDiffStore) { LooksUp = true, Since = "6.2.0", Group = "sorted-set", Summary = "Stores the members of the first sorted set that no other has.", AclCategories = ["@sortedset"], Complexity = "O(L + (N-K)log(N)), L: elements in all the sets, N: size of the first set, K: size of the result set", KeyUses = ["OW UPDATE", "RO ACCESS"], Syntax = "destination:key numkeys:integer key..." },
        new("zintercard", -3, ReadOnly | MovableKeys, KeySpec.Counted(1), ZInterCard) { Since = "7.0.0", Group = "sorted-set", Summary = "How many members all sorted sets have in common.", AclCategories = ["@sortedset"], Complexity = "O(N*K), N: smallest input sorted set, K: input sorted sets", KeyUses = ["RO ACCESS"], Syntax = "numkeys:integer key... [LIMIT <limit:integer>]" },
    ];

    private enum Operation
    {
        Union,
        Intersection,
        Difference,
    }

    private enum Aggregate
    {
        Sum,
        Min,
        Max,
    }

    private static void ZUnion(CommandContext c) => Combine(c, 1, Operation.Union);

    private static void ZInter(CommandContext c) => Combine(c, 1, Operation.Intersection);

    private static void ZDiff(CommandContext c) => Combine(c, 1, Operation.Difference);

    private static void ZUnionStore(CommandContext c) => Combine(c, 2, Operation.Union);

    private static void ZInterStore(CommandContext c) => Combine(c, 2, Operation.Intersection);

    private static void ZDiffStore(CommandContext c) => Combine(c, 2, Operation.Difference);

    private static void ZInterCard(CommandContext c)
    {
        if (!TrySources(c, 1, out var sources))
        {
            return;
        }

        long limit = 0;
        for (var i = 2 + sources.Length; i < c.Count; i += 2)
        {
            if (!c.Is(i, "LIMIT"u8) || i + 1 == c.Count)
            {
                c.SyntaxError();
                return;
            }

            if (!c.TryIntegerWithin(i + 1, 0, long.MaxValue, "ERR LIMIT can't be negative"u8, out limit))
            {
                return;
            }
        }

        c.Reply.Integer(Intersect(SmallestFirst(sources), Aggregate.Sum, limit == 0 ? long.MaxValue : limit).Count);
    }

    private static void Combine(CommandContext c, int countAt, Operation operation)
    {
        var isStore = countAt == 2;
        if (!TrySources(c, countAt, out var sources)
            || !TryOptions(c, countAt + 1 + sources.Length, operation, isStore, sources, out var aggregate, out var withScores))
        {
            return;
        }

        var result = Sorted(operation switch
        {
            Operation.Union => Unite(SmallestFirst(sources), aggregate),
            Operation.Intersection => Intersect(SmallestFirst(sources), aggregate, long.MaxValue),
            _ => Subtract(sources),
        });

        if (isStore)
        {
            c.StoreOrDelete(1, result, result.Count == 0, operation switch
            {
                Operation.Union => Happened.ZUnionStore,
                Operation.Intersection => Happened.ZInterStore,
                _ => Happened.ZDiffStore,
            });
            c.Reply.Integer(result.Count);
            return;
        }

        var isNested = withScores && c.Reply.Protocol == 3;
        c.Reply.Array(withScores && !isNested ? result.Count * 2 : result.Count);
        for (var cursor = result.At(0); cursor.IsValid; cursor.MoveNext())
        {
            if (isNested)
            {
                c.Reply.Array(2);
            }

            c.Reply.Bulk(cursor.Member);
            if (withScores)
            {
                c.Reply.Double(cursor.Score);
            }
        }
    }

    private static bool TrySources(CommandContext c, int countAt, out Source[] sources)
    {
        sources = [];
        if (!c.TryInteger(countAt, out var count))
        {
            return false;
        }

        if (count < 1)
        {
            c.Reply.Error($"ERR at least 1 input key is needed for '{c.Row.FullName}' command");
            return false;
        }

        if (count > c.Count - countAt - 1)
        {
            c.SyntaxError();
            return false;
        }

        sources = new Source[count];
        for (var i = 0; i < sources.Length; i++)
        {
            var value = c.LookOrFind(countAt + 1 + i)?.Value;
            if (value is not (null or SortedSetValue or SetValue))
            {
                c.Reply.Error(Errors.WrongType);
                return false;
            }

            sources[i] = new Source(value as SortedSetValue, value as SetValue);
        }

        return true;
    }

    private static bool TryOptions(
        CommandContext c, int i, Operation operation, bool isStore, Source[] sources, out Aggregate aggregate, out bool withScores)
    {
        aggregate = Aggregate.Sum;
        withScores = false;
        while (i < c.Count)
        {
            if (operation != Operation.Difference && c.Count - i >= sources.Length + 1 && c.Is(i, "WEIGHTS"u8))
            {
                i++;
                foreach (var source in sources)
                {
                    if (!c.TryFloat(i++, "ERR weight value is not a float"u8, out var weight))
                    {
                        return false;
                    }

                    source.Weight = weight;
                }
            }
            else if (operation != Operation.Difference && c.Count - i >= 2 && c.Is(i, "AGGREGATE"u8))
            {
                if (c.Is(i + 1, "SUM"u8))
                {
                    aggregate = Aggregate.Sum;
                }
                else if (c.Is(i + 1, "MIN"u8))
                {
                    aggregate = Aggregate.Min;
                }
                else if (c.Is(i + 1, "MAX"u8))
                {
                    aggregate = Aggregate.Max;
                }
                else
                {
                    c.SyntaxError();
                    return false;
                }

                i += 2;
            }
            else if (!isStore && c.Is(i, "WITHSCORES"u8))
            {
                withScores = true;
                i++;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the result is small is known before its first member goes in, for small ones keep no negative zero.</summary>
    private static SortedSetValue Sorted(List<(ByteString Member, double Score)> members)
    {
        var result = new SortedSetValue();
        if (members.Count > EncodingLimits.SortedSetEntriesMax || members.Exists(static m => m.Member.Length > EncodingLimits.SortedSetValueBytesMax))
        {
            result.LeaveSmallForm();
        }

        foreach (var (member, score) in members)
        {
            result.Add(member, score);
        }

        return result;
    }

    private static Source[] SmallestFirst(Source[] sources) => [.. sources.OrderBy(static s => s.Count)];

    private static List<(ByteString Member, double Score)> Unite(Source[] sources, Aggregate aggregate)
    {
        var scores = new DenseTable<double>();
        foreach (var source in sources)
        {
            source.Walk((member, score) =>
            {
                var weighted = Weighted(source, score);
                var index = scores.IndexOf(member);
                if (index < 0)
                {
                    scores.Add(member, weighted);
                }
                else
                {
                    ref var slot = ref scores.ValueAt(index);
                    slot = Combined(slot, weighted, aggregate);
                }

                return true;
            });
        }

        var result = new List<(ByteString, double)>(scores.Count);
        for (var i = 0; i < scores.Count; i++)
        {
            result.Add((scores.KeyAt(i), scores.ValueAt(i)));
        }

        return result;
    }

    private static List<(ByteString Member, double Score)> Intersect(Source[] sources, Aggregate aggregate, long limit)
    {
        var result = new List<(ByteString, double)>();
        if (sources[0].Count == 0)
        {
            return result;
        }

        sources[0].Walk((member, score) =>
        {
            var combined = Weighted(sources[0], score);
            for (var i = 1; i < sources.Length; i++)
            {
                if (!sources[i].TryGetScore(member, out var other))
                {
                    return true;
                }

                combined = Combined(combined, Weighted(sources[i], other), aggregate);
            }

            result.Add((member, combined));
            return result.Count < limit;
        });
        return result;
    }

    private static List<(ByteString Member, double Score)> Subtract(Source[] sources)
    {
        var result = new List<(ByteString, double)>();
        sources[0].Walk((member, score) =>
        {
            for (var i = 1; i < sources.Length; i++)
            {
                if (sources[i].TryGetScore(member, out _))
                {
                    return true;
                }
            }

            result.Add((member, score));
            return true;
        });
        return result;
    }

    /// <summary>0 × infinity counts as 0.</summary>
    private static double Weighted(Source source, double score) => source.Weight * score is var weighted && double.IsNaN(weighted) ? 0 : weighted;

    private static double Combined(double a, double b, Aggregate aggregate) => aggregate switch
    {
        Aggregate.Sum => a + b is var sum && double.IsNaN(sum) ? 0 : sum, // inf - inf counts as 0
        Aggregate.Min => b < a ? b : a,
        _ => b > a ? b : a,
    };

    /// <summary>One input: a sorted set, a set, or nothing.</summary>
    private sealed class Source(SortedSetValue? sorted, SetValue? set)
    {
        public double Weight { get; set; } = 1;

        public int Count => sorted?.Count ?? set?.Count ?? 0;

        public bool TryGetScore(ByteString member, out double score)
        {
            if (sorted is not null)
            {
                return sorted.TryGetScore(member.Span, out score);
            }

            score = 1;
            return set is not null && set.Contains(member);
        }

        /// <summary>Every member with its score until the visitor answers false.</summary>
        public void Walk(Func<ByteString, double, bool> visit)
        {
            if (sorted is not null)
            {
                for (var cursor = sorted.At(0); cursor.IsValid && visit(cursor.Member, cursor.Score); cursor.MoveNext())
                {
                }

                return;
            }

            for (var i = 0; set is not null && i < set.Count && visit(set[i], 1); i++)
            {
            }
        }
    }
}
