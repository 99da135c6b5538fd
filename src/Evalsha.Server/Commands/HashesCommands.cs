// Commands on hashes. What is chosen at random is next door in RandomChoice.cs.
// Always: a hash that lost its last field is deleted; increments that fail change nothing; HINCRBYFLOAT is written as the HSET of its result.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class HashesCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("hset", -4, Write | DenyOom | Fast, KeySpec.One, HSet) { ElementAt = 2, Since = "2.0.0", Group = "hash", Summary = "Sets fields of a hash.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key field_value{field value}...", History = ["4.0.0: several fields and values"] },
        new("hsetnx", 4, Write | DenyOom | Fast, KeySpec.One, HSetNx) { ElementAt = 2, Since = "2.0.0", Group = "hash", Summary = "Sets a field of a hash if it is missing.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key field value" },
        new("hmset", -4, Write | DenyOom | Fast, KeySpec.One, HMSet) { Since = "2.0.0", Group = "hash", Summary = "Sets fields of a hash; the older form of HSET.", AclCategories = ["@hash"], Complexity = "O(N), N: fields being set", KeyUses = ["RW UPDATE"], Syntax = "key field_value{field value}...", DeprecatedSince = "4.0.0", ReplacedBy = "HSET" },
        new("hget", 3, ReadOnly | Fast, KeySpec.One, HGet) { ElementAt = 2, Since = "2.0.0", Group = "hash", Summary = "The value of a field.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = "key field" },
        new("hmget", -3, ReadOnly | Fast, KeySpec.One, HMGet) { Since = "2.0.0", Group = "hash", Summary = "The values of several fields.", AclCategories = ["@hash"], Complexity = "O(N), N: fields being requested", KeyUses = ["RO ACCESS"], Syntax = "key field..." },
        new("hdel", -3, Write | Fast, KeySpec.One, HDel) { ElementAt = 2, Since = "2.0.0", Group = "hash", Summary = "Deletes fields of a hash.", AclCategories = ["@hash"], Complexity = "O(N), N: fields to be removed", KeyUses = ["RW DELETE"], Syntax = "key field...", History = ["2.4.0: several fields"] },
        new("hlen", 2, ReadOnly | Fast, KeySpec.One, HLen) { Since = "2.0.0", Group = "hash", Summary = "How many fields a hash has.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key" },
        new("hstrlen", 3, ReadOnly | Fast, KeySpec.One, HStrLen) { ElementAt = 2, Since = "3.2.0", Group = "hash", Summary = "The length of a field's value in bytes.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key field" },
        new("hkeys", 2, ReadOnly, KeySpec.One, HKeys) { Since = "2.0.0", Group = "hash", Summary = "All fields of a hash.", AclCategories = ["@hash"], Complexity = "O(N), N: size of the hash", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output_order"], Syntax = "key" },
        new("hvals", 2, ReadOnly, KeySpec.One, HVals) { Since = "2.0.0", Group = "hash", Summary = "All values of a hash.", AclCategories = ["@hash"], Complexity = "O(N), N: size of the hash", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output_order"], Syntax = "key" },
        new("hgetall", 2, ReadOnly, KeySpec.One, HGetAll) { Since = "2.0.0", Group = "hash", Summary = "All fields and values of a hash.", AclCategories = ["@hash"], Complexity = "O(N), N: size of the hash", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output_order"], Syntax = "key" },
        new("hexists", 3, ReadOnly | Fast, KeySpec.One, HExists) { ElementAt = 2, Since = "2.0.0", Group = "hash", Summary = "Whether a hash has a field.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key field" },
        new("hincrby", 4, Write | DenyOom | Fast, KeySpec.One, HIncrBy) { ElementAt = 2, Since = "2.0.0", Group = "hash", Summary = "Adds to the integer in a field.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key field increment:integer" },
        new("hincrbyfloat", 4, Write | DenyOom | Fast, KeySpec.One, HIncrByFloat) { ElementAt = 2, Since = "2.6.0", Group = "hash", Summary = "Adds to the number in a field.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key field increment:double" },
        new("hrandfield", -2, ReadOnly, KeySpec.One, HRandField) { Since = "6.2.0", Group = "hash", Summary = "Fields of a hash chosen at random.", AclCategories = ["@hash"], Complexity = "O(N), N: fields returned", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key [options{count:integer [WITHVALUES]}]" },
        new("hscan", -3, ReadOnly, KeySpec.One, HScan) { Since = "2.8.0", Group = "hash", Summary = "Walks over a hash in steps.", AclCategories = ["@hash"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key cursor:integer [MATCH <pattern:pattern>] [COUNT <count:integer>]" },
    ];

    private static void HSet(CommandContext c)
    {
        if (TrySetPairs(c, out var added))
        {
            c.Reply.Integer(added);
        }
    }

    private static void HMSet(CommandContext c)
    {
        if (TrySetPairs(c, out _))
        {
            c.Reply.Ok();
        }
    }

    private static bool TrySetPairs(CommandContext c, out int added)
    {
        added = 0;
        if (c.Count % 2 == 1)
        {
            c.WrongArity();
            return false;
        }

        if (!TryHashToWrite(c, out var hash))
        {
            return false;
        }

        for (var i = 2; i < c.Count; i += 2)
        {
            added += Put(c, hash, i, c.Text(i + 1)) ? 1 : 0;
        }

        c.Changed(1);
        c.Notify(Happened.HSet, 1);
        return true;
    }

    private static void HSetNx(CommandContext c)
    {
        if (!TryHashToWrite(c, out var hash))
        {
            return;
        }

        if (hash.Contains(c[2]))
        {
            c.Reply.Integer(0);
            return;
        }

        hash.Add(c.Text(2), c.Text(3));
        c.Changed(1);
        c.Notify(Happened.HSet, 1);
        c.Reply.Integer(1);
    }

    private static void HGet(CommandContext c)
    {
        if (c.TryGet<HashValue>(1, out var hash))
        {
            ReplyOrNull(c, hash?.Get(c[2]));
        }
    }

    private static void HMGet(CommandContext c)
    {
        if (!c.TryGet<HashValue>(1, out var hash))
        {
            return;
        }

        c.Reply.Array(c.Count - 2);
        for (var i = 2; i < c.Count; i++)
        {
            ReplyOrNull(c, hash?.Get(c[i]));
        }
    }

    private static void HDel(CommandContext c)
    {
        if (!c.TryGet<HashValue>(1, out var entry, out var hash))
        {
            return;
        }

        var removed = 0;
        for (var i = 2; hash is { Count: > 0 } && i < c.Count; i++)
        {
            removed += hash.Remove(c[i]) ? 1 : 0;
        }

        if (removed > 0)
        {
            c.RemoveIf(hash!.Count == 0, entry!);
            c.Changed(1);
            c.NotifyRemoval(Happened.HDel, entry!.Key, hash.Count == 0);
        }

        c.Reply.Integer(removed);
    }

    private static void HLen(CommandContext c)
    {
        if (c.TryGet<HashValue>(1, out var hash))
        {
            c.Reply.Integer(hash?.Count ?? 0);
        }
    }

    private static void HStrLen(CommandContext c)
    {
        if (c.TryGet<HashValue>(1, out var hash))
        {
            c.Reply.Integer(hash?.Get(c[2])?.Length ?? 0);
        }
    }

    private static void HExists(CommandContext c)
    {
        if (c.TryGet<HashValue>(1, out var hash))
        {
            c.Reply.Integer(hash is not null && hash.Contains(c[2]) ? 1 : 0);
        }
    }

    private static void HKeys(CommandContext c)
    {
        if (!c.TryGet<HashValue>(1, out var hash))
        {
            return;
        }

        var count = hash?.Count ?? 0;
        c.Reply.Array(count);
        for (var i = 0; i < count; i++)
        {
            c.Reply.Bulk(hash!.FieldAt(i));
        }
    }

    private static void HVals(CommandContext c)
    {
        if (!c.TryGet<HashValue>(1, out var hash))
        {
            return;
        }

        var count = hash?.Count ?? 0;
        c.Reply.Array(count);
        for (var i = 0; i < count; i++)
        {
            c.Reply.Bulk(hash!.ValueAt(i));
        }
    }

    private static void HGetAll(CommandContext c)
    {
        if (!c.TryGet<HashValue>(1, out var hash))
        {
            return;
        }

        var count = hash?.Count ?? 0;
        c.Reply.Map(count);
        for (var i = 0; i < count; i++)
        {
            c.Reply.Bulk(hash!.FieldAt(i));
            c.Reply.Bulk(hash.ValueAt(i));
        }
    }

    private static void HIncrBy(CommandContext c)
    {
        if (!c.TryInteger(3, out var step) || !c.TryGet<HashValue>(1, out var hash))
        {
            return;
        }

        long old = 0;
        var index = hash?.IndexOf(c[2]) ?? -1;
        if (index >= 0 && !RedisNumber.TryParseInteger(hash!.ValueAt(index).Span, out old))
        {
            c.Reply.Error("ERR hash value is not an integer"u8);
            return;
        }

        var sum = unchecked(old + step);
        if (step < 0 ? sum > old : sum < old)
        {
            c.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }

        Put(c, hash ?? NewHash(c), 2, Numbers.Text(sum));
        c.Changed(1);
        c.Notify(Happened.HIncrBy, 1);
        c.Reply.Integer(sum);
    }

    private static void HIncrByFloat(CommandContext c)
    {
        if (!ExtendedFloat.TryParse(c[3], out var step))
        {
            c.Reply.Error(Errors.NotFloat);
            return;
        }

        if (step.IsInfinite)
        {
            c.Reply.Error("ERR value is NaN or Infinity"u8);
            return;
        }

        if (!c.TryGet<HashValue>(1, out var hash))
        {
            return;
        }

        ExtendedFloat old = default;
        if (hash?.Get(c[2]) is { } text && !ExtendedFloat.TryParse(text.Span, out old))
        {
            c.Reply.Error("ERR hash value is not a float"u8);
            return;
        }

        var sum = old + step;
        if (sum.IsInfinite)
        {
            c.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }

        var result = ByteString.Own(sum.Format());
        Put(c, hash ?? NewHash(c), 2, result);
        c.Changed(1);
        c.Notify(Happened.HIncrByFloat, 1);
        if (c.WantsEffects)
        {
            c.Effect(Words.HSet, c.Text(1), c.Text(2), result);
        }

        c.Reply.Bulk(result);
    }

    private static void HRandField(CommandContext c)
    {
        if (c.Count == 2)
        {
            if (c.TryGet<HashValue>(1, out var one))
            {
                ReplyOrNull(c, one?.FieldAt(c.Server.Random.Next(one.Count)));
            }

            return;
        }

        if (!c.TryRandomCount(2, halved: false, out var count))
        {
            return;
        }

        if (c.Count > 4 || (c.Count == 4 && !c.Is(3, "WITHVALUES"u8)))
        {
            c.SyntaxError();
            return;
        }

        var withValues = c.Count == 4;
        if ((withValues && !c.TryRandomCount(2, halved: true, out count)) || !c.TryGet<HashValue>(1, out var hash))
        {
            return;
        }

        if (hash is null)
        {
            c.Reply.Array(0);
            return;
        }

        var chosen = RandomChoice.Indexes(c.Server.Random, hash.Count, count);
        var isNested = withValues && c.Reply.Protocol == 3;
        c.Reply.Array(withValues && !isNested ? checked(chosen.Count * 2) : chosen.Count);
        foreach (var index in chosen)
        {
            if (isNested)
            {
                c.Reply.Array(2);
            }

            c.Reply.Bulk(hash.FieldAt(index));
            if (withValues)
            {
                c.Reply.Bulk(hash.ValueAt(index));
            }
        }
    }

    private static void HScan(CommandContext c)
    {
        if (!c.TryCursor(2, out var cursor) || !c.TryGet<HashValue>(1, out var hash))
        {
            return;
        }

        if (hash is null)
        {
            c.Reply.BeginScanReply(0, 0);
            return;
        }

        if (!c.TryScanOptions(3, allowsType: false, out var options))
        {
            return;
        }

        cursor = hash.Scan(cursor, options.Count, out var from, out var to);
        var matching = 0;
        for (var i = from; i < to; i++)
        {
            matching += options.Matches(c, hash.FieldAt(i).Span) ? 1 : 0;
        }

        c.Reply.BeginScanReply(cursor, matching * 2);
        for (var i = from; i < to; i++)
        {
            if (options.Matches(c, hash.FieldAt(i).Span))
            {
                c.Reply.Bulk(hash.FieldAt(i));
                c.Reply.Bulk(hash.ValueAt(i));
            }
        }
    }

    /// <summary>Sets the field of argument <paramref name="field"/>; true when it is new. Copies the field's name only then.</summary>
    private static bool Put(CommandContext c, HashValue hash, int field, ByteString value)
    {
        var index = hash.IndexOf(c[field]);
        if (index >= 0)
        {
            hash.SetAt(index, value);
            return false;
        }

        hash.Add(c.Text(field), value);
        return true;
    }

    private static bool TryHashToWrite(CommandContext c, out HashValue hash)
    {
        var isHash = c.TryGet<HashValue>(1, out var found);
        hash = found ?? (isHash ? NewHash(c) : null!);
        return isHash;
    }

    private static HashValue NewHash(CommandContext c)
    {
        var hash = new HashValue();
        c.Add(1, hash);
        return hash;
    }

    private static void ReplyOrNull(CommandContext c, ByteString? value)
    {
        if (value is null)
        {
            c.Reply.Null();
        }
        else
        {
            c.Reply.Bulk(value);
        }
    }
}
