// Commands on strings. Bits are next door in BitsCommands.cs, LCS in LcsCommand.cs.
// Always: a string is one of StringValue's three forms; what SET takes is stored as a counter when it is an integer; a command that fails changes nothing.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class StringsCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("get", 2, ReadOnly | Fast, KeySpec.One, Get) { Since = "1.0.0", Group = "string", Summary = "The value of a string key.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = "key" },
        new("set", -3, Write | DenyOom, KeySpec.One, Set) { Since = "1.0.0", Group = "string", Summary = "Stores a string, with options for condition, deadline and the old value.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE VARIABLE_FLAGS"], KeyUseOfCall = SetUse, Syntax = "key value [condition(NX|XX)@2.6.12] [GET@6.2.0] [expiration(EX <seconds:integer>@2.6.12|PX <milliseconds:integer>@2.6.12|EXAT <unix-time-seconds:unix-time>@6.2.0|PXAT <unix-time-milliseconds:unix-time>@6.2.0|KEEPTTL@6.0.0)]", History = ["2.6.12: EX, PX, NX, XX", "6.0.0: KEEPTTL", "6.2.0: GET, EXAT, PXAT", "7.0.0: NX together with GET"] },
        new("setnx", 3, Write | DenyOom | Fast, KeySpec.One, SetNx) { Since = "1.0.0", Group = "string", Summary = "Stores a string if the key is missing.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["OW INSERT"], Syntax = "key value" },
        new("setex", 4, Write | DenyOom, KeySpec.One, SetEx) { Since = "2.0.0", Group = "string", Summary = "Stores a string with a time to live in seconds.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["OW UPDATE"], Syntax = "key seconds:integer value" },
        new("psetex", 4, Write | DenyOom, KeySpec.One, PSetEx) { Since = "2.6.0", Group = "string", Summary = "Stores a string with a time to live in milliseconds.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["OW UPDATE"], Syntax = "key milliseconds:integer value" },
        new("mset", -3, Write | DenyOom, KeySpec.Pairs, MSet) { Since = "1.0.1", Group = "string", Summary = "Stores several strings at once.", AclCategories = ["@string"], Complexity = "O(N), N: keys to set", KeyUses = ["OW UPDATE"], Tips = ["request_policy:multi_shard", "response_policy:all_succeeded"], Syntax = "key_value{key value}..." },
        new("msetnx", -3, Write | DenyOom, KeySpec.Pairs, MSetNx) { Since = "1.0.1", Group = "string", Summary = "Stores several strings if none of the keys exists.", AclCategories = ["@string"], Complexity = "O(N), N: keys to set", KeyUses = ["OW INSERT"], Tips = ["request_policy:multi_shard", "response_policy:agg_min"], Syntax = "key_value{key value}..." },
        new("mget", -2, ReadOnly | Fast, KeySpec.All, MGet) { Since = "1.0.0", Group = "string", Summary = "The values of several string keys.", AclCategories = ["@string"], Complexity = "O(N), N: keys to retrieve", KeyUses = ["RO ACCESS"], Tips = ["request_policy:multi_shard"], Syntax = "key..." },
        new("getset", 3, Write | DenyOom | Fast, KeySpec.One, GetSet) { LooksUp = true, Since = "1.0.0", Group = "string", Summary = "Stores a string and answers the one it replaces.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key value", DeprecatedSince = "6.2.0", ReplacedBy = "SET … GET" },
        new("getdel", 2, Write | Fast, KeySpec.One, GetDel) { LooksUp = true, Since = "6.2.0", Group = "string", Summary = "The value of a string key, which is then deleted.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS DELETE"], Syntax = "key" },
        new("getex", -2, Write | Fast, KeySpec.One, GetEx) { LooksUp = true, Since = "6.2.0", Group = "string", Summary = "The value of a string key, whose deadline may be set or dropped.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key [expiration(EX <seconds:integer>|PX <milliseconds:integer>|EXAT <unix-time-seconds:unix-time>|PXAT <unix-time-milliseconds:unix-time>|PERSIST)]" },
        new("append", 3, Write | DenyOom | Fast, KeySpec.One, Append) { Since = "2.0.0", Group = "string", Summary = "Adds bytes to the end of a string.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW INSERT"], Syntax = "key value" },
        new("strlen", 2, ReadOnly | Fast, KeySpec.One, StrLen) { Since = "2.2.0", Group = "string", Summary = "The length of a string in bytes.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key" },
        new("getrange", 4, ReadOnly, KeySpec.One, GetRange) { Since = "2.4.0", Group = "string", Summary = "A part of a string, by first and last index.", AclCategories = ["@string"], Complexity = "O(N), N: length of the returned string", KeyUses = ["RO ACCESS"], Syntax = "key start:integer end:integer" },
        new("setrange", 4, Write | DenyOom, KeySpec.One, SetRange) { Since = "2.2.0", Group = "string", Summary = "Overwrites a part of a string from an offset on.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key offset:integer value" },
        new("substr", 4, ReadOnly, KeySpec.One, GetRange) { Since = "1.0.0", Group = "string", Summary = "A part of a string; the older name of GETRANGE.", AclCategories = ["@string"], Complexity = "O(N), N: length of the returned string", KeyUses = ["RO ACCESS"], Syntax = "key start:integer end:integer", DeprecatedSince = "2.0.0", ReplacedBy = "GETRANGE" },
        new("incr", 2, Write | DenyOom | Fast, KeySpec.One, Incr) { Since = "1.0.0", Group = "string", Summary = "Adds one to an integer.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key" },
        new("decr", 2, Write | DenyOom | Fast, KeySpec.One, Decr) { Since = "1.0.0", Group = "string", Summary = "Takes one from an integer.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key" },
        new("incrby", 3, Write | DenyOom | Fast, KeySpec.One, IncrBy) { Since = "1.0.0", Group = "string", Summary = "Adds to an integer.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key increment:integer" },
        new("decrby", 3, Write | DenyOom | Fast, KeySpec.One, DecrBy) { Since = "1.0.0", Group = "string", Summary = "Takes from an integer.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key decrement:integer" },
        new("incrbyfloat", 3, Write | DenyOom | Fast, KeySpec.One, IncrByFloat) { Since = "2.6.0", Group = "string", Summary = "Adds to a number with decimals.", AclCategories = ["@string"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key increment:double" },
    ];

    /// <summary>The entry of a string key: null when missing; false: WRONGTYPE has been replied.</summary>
    internal static bool TryString(CommandContext c, int i, out Entry? entry)
    {
        entry = c.LookOrFind(i);
        if (entry is null || StringValue.IsString(entry.Value))
        {
            return true;
        }

        c.Reply.Error(Errors.WrongType);
        return false;
    }

    /// <summary>A script gets the stored object itself: bytes that a client brought become one at its first look, and stay one.</summary>
    internal static void ReplyString(CommandContext c, Entry entry)
    {
        var value = entry.Value;
        if (value is ByteString text)
        {
            c.Reply.Bulk(text);
        }
        else if (!StringValue.TryPlain(value, out var bytes))
        {
            c.Reply.Bulk(StringValue.Bytes(value, stackalloc byte[StringValue.ScratchBytes]));
        }
        else if (c.IsScript)
        {
            text = ByteString.Own(bytes);
            entry.Value = text;
            c.Reply.Bulk(text);
        }
        else
        {
            c.Reply.Bulk(bytes);
        }
    }

    /// <summary>"string exceeds maximum allowed size" has been replied when false.</summary>
    internal static bool TryLength(CommandContext c, long length)
    {
        if (length <= EncodingLimits.StringBytesMax)
        {
            return true;
        }

        c.Reply.Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8);
        return false;
    }

    /// <summary>Without GET, the old value does not matter.</summary>
    private static string SetUse(CommandContext c)
    {
        for (var i = 3; i < c.Count; i++)
        {
            if (c.Is(i, "GET"u8))
            {
                return "RW ACCESS UPDATE";
            }
        }

        return "OW UPDATE";
    }

    private static void Get(CommandContext c)
    {
        var entry = c.Look(1);
        if (entry is null)
        {
            c.Reply.Null();
        }
        else if (StringValue.IsString(entry.Value))
        {
            ReplyString(c, entry);
        }
        else
        {
            c.Reply.Error(Errors.WrongType);
        }
    }

    private static void Set(CommandContext c)
    {
        if (c.Count == 3)
        {
            Put(c, 1, 2, keepsExpiry: false);
            c.Reply.Ok();
            return;
        }

        if (!SetOptions.TryParse(c, 3, isSet: true, out var options) || !options.TryDeadline(c, out var deadline))
        {
            return;
        }

        var entry = options.Get ? c.Look(1) : c.Find(1);
        if (options.Get)
        {
            if (entry is not null && !StringValue.IsString(entry.Value))
            {
                c.Reply.Error(Errors.WrongType);
                return;
            }

            ReplyOrNull(c, entry);
        }

        if ((options.IfMissing && entry is not null) || (options.IfPresent && entry is null))
        {
            if (!options.Get)
            {
                c.Reply.Null();
            }

            return;
        }

        entry = Put(c, 1, 2, options.KeepTtl);
        if (options.HasDeadline)
        {
            c.Db.SetExpiry(entry, deadline);
            c.Notify(Happened.Expire, entry.Key);
            SetEffect(c, entry, deadline);
        }
        else if (c.WantsEffects && options.Get)
        {
            if (options.KeepTtl)
            {
                c.Effect(Words.Set, entry.Key, c.Text(2), Words.KeepTtl);
            }
            else
            {
                c.Effect(Words.Set, entry.Key, c.Text(2));
            }
        }

        if (!options.Get)
        {
            c.Reply.Ok();
        }
    }

    private static void SetNx(CommandContext c)
    {
        if (c.Find(1) is not null)
        {
            c.Reply.Integer(0);
            return;
        }

        Put(c, 1, 2, keepsExpiry: false);
        c.Reply.Integer(1);
    }

    private static void SetEx(CommandContext c) => SetWithTtl(c, inSeconds: true);

    private static void PSetEx(CommandContext c) => SetWithTtl(c, inSeconds: false);

    private static void SetWithTtl(CommandContext c, bool inSeconds)
    {
        if (!SetOptions.TryDeadline(c, 2, inSeconds, isRelative: true, out var deadline))
        {
            return;
        }

        var entry = Put(c, 1, 3, keepsExpiry: false);
        c.Db.SetExpiry(entry, deadline);
        c.Notify(Happened.Expire, entry.Key);
        if (c.WantsEffects)
        {
            c.Effect(Words.Set, entry.Key, c.Text(3), Words.Pxat, Numbers.Text(deadline));
        }

        c.Reply.Ok();
    }

    private static void MSet(CommandContext c)
    {
        if (c.Count % 2 == 0)
        {
            c.WrongArity();
            return;
        }

        for (var i = 1; i < c.Count; i += 2)
        {
            Put(c, i, i + 1, keepsExpiry: false);
        }

        c.Reply.Ok();
    }

    private static void MSetNx(CommandContext c)
    {
        if (c.Count % 2 == 0)
        {
            c.WrongArity();
            return;
        }

        for (var i = 1; i < c.Count; i += 2)
        {
            if (c.Find(i) is not null)
            {
                c.Reply.Integer(0);
                return;
            }
        }

        for (var i = 1; i < c.Count; i += 2)
        {
            Put(c, i, i + 1, keepsExpiry: false);
        }

        c.Reply.Integer(1);
    }

    private static void MGet(CommandContext c)
    {
        c.Reply.Array(c.Count - 1);
        for (var i = 1; i < c.Count; i++)
        {
            var entry = c.Look(i);
            ReplyOrNull(c, entry is not null && StringValue.IsString(entry.Value) ? entry : null);
        }
    }

    private static void GetSet(CommandContext c)
    {
        if (!TryString(c, 1, out var entry))
        {
            return;
        }

        ReplyOrNull(c, entry);
        entry = Put(c, 1, 2, keepsExpiry: false);
        if (c.WantsEffects)
        {
            c.Effect(Words.Set, entry.Key, c.Text(2));
        }
    }

    private static void GetDel(CommandContext c)
    {
        if (!TryString(c, 1, out var entry))
        {
            return;
        }

        ReplyOrNull(c, entry);
        if (entry is not null)
        {
            c.Db.Remove(entry);
            c.Changed(entry.Key);
            c.Notify(Happened.Del, entry.Key);
            c.Effect(Words.Del, entry.Key);
        }
    }

    private static void GetEx(CommandContext c)
    {
        if (!SetOptions.TryParse(c, 2, isSet: false, out var options) || !TryString(c, 1, out var entry))
        {
            return;
        }

        if (entry is null)
        {
            c.Reply.Null();
            return;
        }

        if (!options.TryDeadline(c, out var deadline))
        {
            return;
        }

        ReplyString(c, entry);
        if (options.HasDeadline && deadline <= c.Now)
        {
            c.Db.Remove(entry);
            c.Changed(entry.Key);
            c.Notify(Happened.Del, entry.Key);
            c.Effect(Words.Del, entry.Key);
        }
        else if (options.HasDeadline)
        {
            c.Db.SetExpiry(entry, deadline);
            c.Changed(entry.Key);
            c.Notify(Happened.Expire, entry.Key);
            if (c.WantsEffects)
            {
                c.Effect(Words.PExpireAt, entry.Key, Numbers.Text(deadline));
            }
        }
        else if (options.Persist && c.Db.ClearExpiry(entry))
        {
            c.Changed(entry.Key);
            c.Notify(Happened.Persist, entry.Key);
            c.Effect(Words.Persist, entry.Key);
        }
    }

    private static void Append(CommandContext c)
    {
        if (!TryString(c, 1, out var entry))
        {
            return;
        }

        if (entry is null)
        {
            entry = Put(c, 1, 2, keepsExpiry: false, Happened.Append);
            c.Reply.Integer(StringValue.Length(entry.Value));
            return;
        }

        var tail = c[2];
        var length = StringValue.Length(entry.Value);
        if (!TryLength(c, (long)length + tail.Length))
        {
            return;
        }

        var buffer = StringValue.Buffer(entry.Value);
        entry.Value = buffer;
        tail.CopyTo(buffer.Extend(length + tail.Length)[length..]);
        c.Changed(entry.Key);
        c.Notify(Happened.Append, entry.Key);
        c.Reply.Integer(buffer.Length);
    }

    private static void StrLen(CommandContext c)
    {
        if (TryString(c, 1, out var entry))
        {
            c.Reply.Integer(entry is null ? 0 : StringValue.Length(entry.Value));
        }
    }

    private static void GetRange(CommandContext c)
    {
        if (!c.TryInteger(2, out var first) || !c.TryInteger(3, out var last) || !TryString(c, 1, out var entry))
        {
            return;
        }

        var bytes = entry is null ? default : StringValue.Bytes(entry.Value, stackalloc byte[StringValue.ScratchBytes]);
        var isBackward = first < 0 && last < 0 && first > last;
        last = last < 0 ? Math.Max(0, last + bytes.Length) : last; // unlike LRANGE, an end before the start of the string means its first byte
        c.Reply.Bulk(!isBackward && Arguments.TryClamp(ref first, ref last, bytes.Length) ? bytes[(int)first..((int)last + 1)] : default);
    }

    private static void SetRange(CommandContext c)
    {
        if (!c.TryInteger(2, out var offset))
        {
            return;
        }

        if (offset < 0)
        {
            c.Reply.Error("ERR offset is out of range"u8);
            return;
        }

        if (!TryString(c, 1, out var entry))
        {
            return;
        }

        var bytes = c[3];
        var length = entry is null ? 0 : StringValue.Length(entry.Value);
        if (bytes.IsEmpty)
        {
            c.Reply.Integer(length);
            return;
        }

        if (offset > EncodingLimits.StringBytesMax || !TryLength(c, offset + bytes.Length))
        {
            if (offset > EncodingLimits.StringBytesMax)
            {
                TryLength(c, long.MaxValue);
            }

            return;
        }

        var buffer = Writable(c, entry);
        bytes.CopyTo(buffer.Extend(Math.Max(length, (int)offset + bytes.Length))[(int)offset..]);
        c.Changed(1);
        c.Notify(Happened.SetRange, 1);
        c.Reply.Integer(buffer.Length);
    }

    private static void Incr(CommandContext c) => Add(c, 1);

    private static void Decr(CommandContext c) => Add(c, -1);

    private static void IncrBy(CommandContext c)
    {
        if (c.TryInteger(2, out var step))
        {
            Add(c, step);
        }
    }

    private static void DecrBy(CommandContext c)
    {
        if (!c.TryInteger(2, out var step))
        {
            return;
        }

        if (step == long.MinValue)
        {
            c.Reply.Error("ERR decrement would overflow"u8);
            return;
        }

        Add(c, -step);
    }

    private static void Add(CommandContext c, long step)
    {
        if (!TryString(c, 1, out var entry))
        {
            return;
        }

        long old = 0;
        if (entry is not null && !StringValue.TryInteger(entry.Value, out old))
        {
            c.Reply.Error(Errors.NotInteger);
            return;
        }

        var sum = unchecked(old + step);
        if (step < 0 ? sum > old : sum < old)
        {
            c.Reply.Error("ERR increment or decrement would overflow"u8);
            return;
        }

        if (entry is null)
        {
            c.Add(1, new IntegerValue(sum));
        }
        else if (entry.Value is IntegerValue counter)
        {
            counter.Value = sum;
        }
        else
        {
            entry.Value = new IntegerValue(sum);
        }

        c.Changed(1);
        c.Notify(Happened.IncrBy, 1);
        c.Reply.Integer(sum);
    }

    private static void IncrByFloat(CommandContext c)
    {
        if (!TryString(c, 1, out var entry))
        {
            return;
        }

        ExtendedFloat old = default;
        if ((entry is not null && !ExtendedFloat.TryParse(StringValue.Bytes(entry.Value, stackalloc byte[StringValue.ScratchBytes]), out old))
            || !ExtendedFloat.TryParse(c[2], out var step))
        {
            c.Reply.Error(Errors.NotFloat);
            return;
        }

        var sum = old + step;
        if (sum.IsInfinite)
        {
            c.Reply.Error("ERR increment would produce NaN or Infinity"u8);
            return;
        }

        var text = ByteString.Own(sum.Format());
        if (entry is null)
        {
            entry = c.Add(1, text);
        }
        else
        {
            entry.Value = text;
        }

        c.Changed(entry.Key);
        c.Notify(Happened.IncrByFloat, entry.Key);
        c.Effect(Words.Set, entry.Key, text, Words.KeepTtl);
        c.Reply.Bulk(text);
    }

    /// <summary>The string as a buffer to write into, under the key of argument 1; its deadline stays.</summary>
    internal static StringBuffer Writable(CommandContext c, Entry? entry)
    {
        if (entry is null)
        {
            var fresh = new StringBuffer([]);
            c.Add(1, fresh);
            return fresh;
        }

        var buffer = StringValue.Buffer(entry.Value);
        entry.Value = buffer;
        return buffer;
    }

    private static void ReplyOrNull(CommandContext c, Entry? entry)
    {
        if (entry is null)
        {
            c.Reply.Null();
        }
        else
        {
            ReplyString(c, entry);
        }
    }

    /// <summary>
    /// Stores argument <paramref name="value"/> under the key of argument <paramref name="key"/>; a counter, and bytes of the same length, are written over.
    /// </summary>
    private static Entry Put(CommandContext c, int key, int value, bool keepsExpiry, KeyEvent? what = null)
    {
        var entry = c.Find(key);
        var stored = StringValue.Encoded(c[value], entry?.Value, c.HoldsObjects ? c.Text(value) : null);
        if (entry is null)
        {
            entry = c.Add(key, stored);
        }
        else if (keepsExpiry)
        {
            entry.Value = stored;
        }
        else
        {
            c.Db.Replace(entry, stored);
        }

        c.Changed(key);
        c.Notify(what ?? Happened.Set, key);
        return entry;
    }


    private static void SetEffect(CommandContext c, Entry entry, long deadline)
    {
        if (c.WantsEffects)
        {
            c.Effect(Words.Set, entry.Key, c.Text(2), Words.Pxat, Numbers.Text(deadline));
        }
    }
}
