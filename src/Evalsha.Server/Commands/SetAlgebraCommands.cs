// Unions, intersections and differences of sets, answered or stored.
// Always: all keys are looked at before anything is answered, so a wrong type anywhere is the reply; a missing key is an empty set;
//   an intersection walks over the smallest set; a stored result that is empty deletes the destination.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class SetAlgebraCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("sinter", -2, ReadOnly, KeySpec.All, SInter) { Since = "1.0.0", Group = "set", Summary = "The members that all sets have.", AclCategories = ["@set"], Complexity = "O(N*M), N: cardinality of the smallest set, M: sets", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output_order"], Syntax = "key..." },
        new("sintercard", -3, ReadOnly | MovableKeys, KeySpec.Counted(1), SInterCard) { Since = "7.0.0", Group = "set", Summary = "How many members all sets have in common.", AclCategories = ["@set"], Complexity = "O(N*M), N: cardinality of the smallest set, M: sets", KeyUses = ["RO ACCESS"], Syntax = "numkeys:integer key... [LIMIT <limit:integer>]" },
        new("sinterstore", -3, Write | DenyOom, KeySpec.All, SInterStore) { LooksUp = true, Since = "1.0.0", Group = "set", Summary = "Stores the members that all sets have.", AclCategories = ["@set"], Complexity = "O(N*M), N: cardinality of the smallest set, M: sets", KeyUses = ["RW UPDATE", "RO ACCESS"], Syntax = "destination:key key..." },
        new("sunion", -2, ReadOnly, KeySpec.All, SUnion) { Since = "1.0.0", Group = "set", Summary = "The members of any of the sets.", AclCategories = ["@set"], Complexity = "O(N), N: elements in all given sets", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output_order"], Syntax = "key..." },
        new("sunionstore", -3, Write | DenyOom, KeySpec.All, SUnionStore) { LooksUp = true, Since = "1.0.0", Group = "set", Summary = "Stores the members of any of the sets.", AclCategories = ["@set"], Complexity = "O(N), N: elements in all given sets", KeyUses = ["OW UPDATE", "RO ACCESS"], Syntax = "destination:key key..." },
        new("sdiff", -2, ReadOnly, KeySpec.All, SDiff) { Since = "1.0.0", Group = "set", Summary = "The members of the first set that no other has.", AclCategories = ["@set"], Complexity = "O(N), N: elements in all given sets", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output_order"], Syntax = "key..." },
        new("sdiffstore", -3, Write | DenyOom, KeySpec.All, SDiffStore) { LooksUp = true, Since = "1.0.0", Group = "set", Summary = "Stores the members of the first set that no other has.", AclCategories = ["@set"], Complexity = "O(N), N: elements in all given sets", KeyUses = ["OW UPDATE", "RO ACCESS"], Syntax = "destination:key key..." },
    ];

    private static void SInter(CommandContext c)
    {
        if (TrySets(c, 1, c.Count - 1, out var sets))
        {
            Answer(c, Intersect(sets, long.MaxValue));
        }
    }

    private static void SInterStore(CommandContext c)
    {
        if (TrySets(c, 2, c.Count - 2, out var sets))
        {
            Store(c, Intersect(sets, long.MaxValue), Happened.SInterStore);
        }
    }

    private static void SInterCard(CommandContext c)
    {
        if (!c.TryIntegerWithin(1, 1, long.MaxValue, "ERR numkeys should be greater than 0"u8, out var keys))
        {
            return;
        }

        if (keys > c.Count - 2)
        {
            c.Reply.Error("ERR Number of keys can't be greater than number of args"u8);
            return;
        }

        long limit = 0;
        for (var i = (int)keys + 2; i < c.Count; i += 2)
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

        if (TrySets(c, 2, (int)keys, out var sets))
        {
            c.Reply.Integer(CountCommon(sets, limit == 0 ? long.MaxValue : limit));
        }
    }

    private static void SUnion(CommandContext c)
    {
        if (TrySets(c, 1, c.Count - 1, out var sets))
        {
            Answer(c, Unite(sets));
        }
    }

    private static void SUnionStore(CommandContext c)
    {
        if (TrySets(c, 2, c.Count - 2, out var sets))
        {
            Store(c, Unite(sets), Happened.SUnionStore);
        }
    }

    private static void SDiff(CommandContext c)
    {
        if (TrySets(c, 1, c.Count - 1, out var sets))
        {
            Answer(c, Subtract(sets));
        }
    }

    private static void SDiffStore(CommandContext c)
    {
        if (TrySets(c, 2, c.Count - 2, out var sets))
        {
            Store(c, Subtract(sets), Happened.SDiffStore);
        }
    }

    private static bool TrySets(CommandContext c, int first, int count, out SetValue?[] sets)
    {
        sets = new SetValue?[count];
        for (var i = 0; i < count; i++)
        {
            if (!c.TryGet(first + i, out sets[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static SetValue Intersect(SetValue?[] sets, long limit)
    {
        var result = new SetValue();
        if (TrySmallestFirst(sets, out var smallest))
        {
            for (var i = 0; i < smallest.Count && result.Count < limit; i++)
            {
                var member = smallest[i];
                if (IsInAll(sets, member.Span))
                {
                    result.Add(member);
                }
            }
        }

        return result;
    }

    private static long CountCommon(SetValue?[] sets, long limit)
    {
        long count = 0;
        if (TrySmallestFirst(sets, out var smallest))
        {
            // Up and down the set in wide steps: what two sets have in common may have been added last to both, and a limit is to end the walk early.
            Span<byte> scratch = stackalloc byte[RedisNumber.IntegerBytesMax];
            var step = limit < smallest.Count ? Stride(smallest.Count) : 1;
            long at = 0;
            for (var i = 0; i < smallest.Count && count < limit; i++)
            {
                count += IsInAll(sets, smallest.Bytes((int)at, scratch)) ? 1 : 0;
                at = (at + step) % smallest.Count;
            }
        }

        return count;
    }

    /// <summary>A step that meets every index once: about the golden section of the count, and without a common divisor.</summary>
    private static int Stride(int count)
    {
        const double goldenSection = 0.6180339887498949;
        var step = Math.Max(1, (int)(count * goldenSection));
        while (System.Numerics.BigInteger.GreatestCommonDivisor(step, count) != 1)
        {
            step--;
        }

        return step;
    }

    /// <summary>Moves the smallest set to the front; false when one is missing, so that nothing is common.</summary>
    private static bool TrySmallestFirst(SetValue?[] sets, out SetValue smallest)
    {
        smallest = sets[0]!;
        foreach (var set in sets)
        {
            if (set is null)
            {
                return false;
            }
        }

        Array.Sort(sets, static (a, b) => a!.Count.CompareTo(b!.Count));
        smallest = sets[0]!;
        return true;
    }

    private static bool IsInAll(SetValue?[] sets, ReadOnlySpan<byte> member)
    {
        for (var i = 1; i < sets.Length; i++)
        {
            if (!ReferenceEquals(sets[i], sets[0]) && !sets[i]!.Contains(member))
            {
                return false;
            }
        }

        return true;
    }

    private static SetValue Unite(SetValue?[] sets)
    {
        var result = new SetValue();
        foreach (var set in sets)
        {
            for (var i = 0; set is not null && i < set.Count; i++)
            {
                result.Add(set[i]);
            }
        }

        return result;
    }

    /// <summary>Looks each member up in the others, or takes the others' members away: whichever touches fewer, as Redis chooses.</summary>
    private static SetValue Subtract(SetValue?[] sets)
    {
        var result = new SetValue();
        if (sets[0] is not { } first)
        {
            return result;
        }

        long lookups = 0, removals = 0;
        foreach (var set in sets)
        {
            lookups += first.Count;
            removals += set?.Count ?? 0;
        }

        if (Array.IndexOf(sets, first, 1) > 0)
        {
            return result;
        }

        if (lookups / 2 <= removals)
        {
            for (var i = 0; i < first.Count; i++)
            {
                var member = first[i];
                if (!IsInAny(sets, member.Span))
                {
                    result.Add(member);
                }
            }

            return result;
        }

        for (var i = 0; i < first.Count; i++)
        {
            result.Add(first[i]);
        }

        Span<byte> scratch = stackalloc byte[RedisNumber.IntegerBytesMax];
        for (var s = 1; s < sets.Length && result.Count > 0; s++)
        {
            for (var i = 0; sets[s] is { } set && i < set.Count; i++)
            {
                result.Remove(set.Bytes(i, scratch));
            }
        }

        return result;
    }

    private static bool IsInAny(SetValue?[] sets, ReadOnlySpan<byte> member)
    {
        for (var i = 1; i < sets.Length; i++)
        {
            if (sets[i] is { } set && set.Contains(member))
            {
                return true;
            }
        }

        return false;
    }

    private static void Answer(CommandContext c, SetValue result)
    {
        c.Reply.Set(result.Count);
        for (var i = 0; i < result.Count; i++)
        {
            SetsCommands.ReplyMember(c.Reply, result, i);
        }
    }

    private static void Store(CommandContext c, SetValue result, KeyEvent stored)
    {
        c.StoreOrDelete(1, result, result.Count == 0, stored);
        c.Reply.Integer(result.Count);
    }
}
