// What several families of commands ask of their arguments and say about them, with Redis's texts.
// Always: a Try… that answers false has replied the error.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Commands;

internal static class Arguments
{
    public static void WrongArity(this CommandContext c) => c.Reply.Error($"ERR wrong number of arguments for '{c.Row.FullName}' command");

    /// <summary>Redis's answer to a subcommand whose arguments do not fit.</summary>
    public static void SubcommandSyntaxError(this CommandContext c, string container) =>
        c.Reply.Error([.. "ERR unknown subcommand or wrong number of arguments for '"u8, .. CText(c[1]), .. "'. Try "u8, .. Encoding.UTF8.GetBytes(container), .. " HELP."u8]);

    /// <summary>The bytes as printf's %s shows them: up to the first zero byte.</summary>
    public static ReadOnlySpan<byte> CText(ReadOnlySpan<byte> bytes) => bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : bytes;

    public static void SyntaxError(this CommandContext c) => c.Reply.Error(Errors.Syntax);

    /// <summary>An integer inside an interval; anything else is the given error.</summary>
    public static bool TryIntegerWithin(this CommandContext c, int i, long least, long most, ReadOnlySpan<byte> error, out long value)
    {
        if (RedisNumber.TryParseInteger(c[i], out value) && value >= least && value <= most)
        {
            return true;
        }

        c.Reply.Error(error);
        return false;
    }

    /// <summary>Redis's getPositiveLongFromObjectOrReply without a text of its own.</summary>
    public static bool TryCount(this CommandContext c, int i, out long value) => c.TryIntegerWithin(i, 0, long.MaxValue, Errors.NotPositive, out value);

    /// <summary>A count of random elements: negative means "with repetition". Redis's two checks, in its order.</summary>
    public static bool TryRandomCount(this CommandContext c, int i, bool halved, out long value)
    {
        if (!c.TryInteger(i, out value))
        {
            return false;
        }

        if (value < -long.MaxValue)
        {
            c.Reply.Error($"ERR value is out of range, value must between {-long.MaxValue} and {long.MaxValue}");
            return false;
        }

        if (halved && value is < -(long.MaxValue / 2) or > long.MaxValue / 2)
        {
            c.Reply.Error(Errors.OutOfRange);
            return false;
        }

        return true;
    }

    /// <summary>A double as strtod reads it, the whole text, neither NaN nor out of range.</summary>
    public static bool TryFloat(this CommandContext c, int i, out double value) => c.TryFloat(i, Errors.NotFloat, out value);

    /// <inheritdoc cref="TryFloat(CommandContext, int, out double)"/>
    public static bool TryFloat(this CommandContext c, int i, ReadOnlySpan<byte> error, out double value)
    {
        if (RedisNumber.TryParseDouble(c[i], out value))
        {
            return true;
        }

        c.Reply.Error(error);
        return false;
    }

    /// <summary>A count of keys at <paramref name="i"/> and the keys behind it, with at least one argument left (<paramref name="next"/>): LMPOP, ZMPOP.</summary>
    public static bool TryKeysAndCount(this CommandContext c, int i, out int next, out IEnumerable<int> keys)
    {
        (next, keys) = (0, []);
        if (!c.TryIntegerWithin(i, 1, long.MaxValue, "ERR numkeys should be greater than 0"u8, out var count))
        {
            return false;
        }

        if (count >= c.Count - i - 1)
        {
            c.SyntaxError();
            return false;
        }

        next = i + 1 + (int)count;
        keys = Enumerable.Range(i + 1, (int)count);
        return true;
    }

    /// <summary>The option COUNT behind argument <paramref name="i"/>; 1 when it is missing.</summary>
    public static bool TryPopCount(this CommandContext c, int i, out long count)
    {
        count = -1;
        for (i++; i < c.Count; i += 2)
        {
            if (count != -1 || !c.Is(i, "COUNT"u8) || i + 1 == c.Count)
            {
                c.SyntaxError();
                return false;
            }

            if (!c.TryIntegerWithin(i + 1, 1, long.MaxValue, "ERR count should be greater than 0"u8, out count))
            {
                return false;
            }
        }

        count = Math.Max(1, count);
        return true;
    }

    /// <summary>How long to block: seconds with a fraction, answered in milliseconds rounded up; 0 is for ever.</summary>
    public static bool TryTimeoutSeconds(this CommandContext c, int i, out long milliseconds)
    {
        milliseconds = 0;
        if (!RedisNumber.TryParseDouble(c[i], out var seconds))
        {
            c.Reply.Error("ERR timeout is not a float or out of range"u8);
            return false;
        }

        var wanted = Math.Ceiling(seconds * 1000);
        if (wanted >= long.MaxValue)
        {
            c.Reply.Error("ERR timeout is out of range"u8);
            return false;
        }

        milliseconds = double.IsNegativeInfinity(wanted) ? long.MinValue : (long)wanted;
        return c.IsPossibleTimeout(milliseconds);
    }

    public static bool TryTimeoutMilliseconds(this CommandContext c, int i, out long milliseconds)
    {
        if (!RedisNumber.TryParseInteger(c[i], out milliseconds))
        {
            c.Reply.Error("ERR timeout is not an integer or out of range"u8);
            return false;
        }

        return c.IsPossibleTimeout(milliseconds);
    }

    private static bool IsPossibleTimeout(this CommandContext c, long milliseconds)
    {
        if (milliseconds < 0)
        {
            c.Reply.Error("ERR timeout is negative"u8);
            return false;
        }

        if (milliseconds > long.MaxValue - c.Now)
        {
            c.Reply.Error("ERR timeout is out of range"u8);
            return false;
        }

        return true;
    }

    /// <summary>Redis's clamp for GETRANGE, LRANGE, ZRANGE …: negative counts from the end. False when nothing is inside.</summary>
    public static bool TryClamp(ref long first, ref long last, long length)
    {
        first = first < 0 ? Math.Max(0, first + length) : first;
        last = last < 0 ? last + length : Math.Min(last, length - 1);
        return first <= last && first < length;
    }

    /// <summary>SCAN's cursor: an unsigned decimal number.</summary>
    public static bool TryCursor(this CommandContext c, int i, out ulong cursor)
    {
        cursor = 0;
        var text = c[i];
        var digits = !text.IsEmpty && text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
        if (text.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            // strtoul reads an empty text as 0 and says nothing about it.
            if (text.IsEmpty)
            {
                return true;
            }

            c.Reply.Error("ERR invalid cursor"u8);
            return false;
        }

        foreach (var digit in digits)
        {
            if (cursor > (ulong.MaxValue - (ulong)(digit - '0')) / 10)
            {
                c.Reply.Error("ERR invalid cursor"u8);
                return false;
            }

            cursor = cursor * 10 + (ulong)(digit - '0');
        }

        if (digits.IsEmpty)
        {
            c.Reply.Error("ERR invalid cursor"u8);
            return false;
        }

        cursor = text[0] == '-' ? unchecked(0 - cursor) : cursor;
        return true;
    }

    /// <summary>Says the cursor, and the header of what follows it.</summary>
    public static void BeginScanReply(this IReply reply, ulong cursor, int count)
    {
        Span<byte> text = stackalloc byte[20];
        cursor.TryFormat(text, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
        reply.Array(2);
        reply.Bulk(text[..length]);
        reply.Array(count);
    }

    /// <summary>COUNT and MATCH (and TYPE for SCAN itself) from argument <paramref name="i"/> on.</summary>
    public static bool TryScanOptions(this CommandContext c, int i, bool allowsType, out ScanOptions options)
    {
        options = new ScanOptions { Count = 10 };
        for (; i < c.Count; i += 2)
        {
            var more = i + 1 < c.Count;
            if (more && c.Is(i, "COUNT"u8))
            {
                if (!c.TryInteger(i + 1, out var count))
                {
                    return false;
                }

                if (count < 1)
                {
                    c.SyntaxError();
                    return false;
                }

                options.Count = count;
            }
            else if (more && c.Is(i, "MATCH"u8))
            {
                options.PatternAt = c[i + 1] is [(byte)'*'] ? 0 : i + 1;
            }
            else if (more && allowsType && c.Is(i, "TYPE"u8))
            {
                options.TypeAt = i + 1;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }

        return true;
    }

    /// <summary>What a container answers to HELP: its subcommands, each followed by indented lines about it.</summary>
    public static void ReplyHelp(this CommandContext c, params ReadOnlySpan<string> lines)
    {
        c.Reply.Array(lines.Length + 3);
        c.Reply.Status($"{c.Row.Container!.Name.ToUpperInvariant()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        foreach (var line in lines)
        {
            c.Reply.Status(line);
        }

        c.Reply.Status("HELP"u8);
        c.Reply.Status("    Prints this help."u8);
    }

    /// <summary>Deletes the key when its collection has become empty: an empty collection never stays.</summary>
    public static void RemoveIf(this CommandContext c, bool isEmpty, Entry entry)
    {
        if (isEmpty)
        {
            c.Db.Remove(entry);
        }
    }

    /// <summary>Tells of a removal from a collection, and of the key's end when that was its last element.</summary>
    public static void NotifyRemoval(this CommandContext c, KeyEvent what, ByteString key, bool isEmpty)
    {
        c.Notify(what, key);
        if (isEmpty)
        {
            c.Notify(Happened.Del, key);
        }
    }

    /// <summary>Stores a computed collection at argument <paramref name="i"/>, or deletes that key when there is nothing to store.</summary>
    public static void StoreOrDelete(this CommandContext c, int i, object value, bool isEmpty, KeyEvent stored)
    {
        if (!isEmpty)
        {
            c.Store(i, value);
            c.Changed(i);
            c.Notify(stored, i);
        }
        else if (c.Find(i) is { } old)
        {
            c.Db.Remove(old);
            c.Changed(i);
            c.Notify(Happened.Del, i);
        }
    }

    public static ByteString Text(this StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.TextBytesMax];
        return ByteString.From(text[..id.Format(text)]);
    }

    public static ByteString AsText(this string text) => ByteString.Own(Encoding.ASCII.GetBytes(text));
}

internal struct ScanOptions
{
    public long Count;

    /// <summary>The argument that is the pattern; 0 = everything matches.</summary>
    public int PatternAt;

    /// <summary>The argument that is the type's name; 0 = every type.</summary>
    public int TypeAt;

    public readonly bool Matches(CommandContext c, ReadOnlySpan<byte> text) => PatternAt == 0 || Glob.Matches(c[PatternAt], text);
}
