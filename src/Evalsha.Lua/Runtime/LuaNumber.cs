// Numbers as text and text as numbers, byte for byte as Lua 5.1 on glibc does it.
// Out: "%.14g" (tostring, concatenation), any "%.Ng" (cjson), and the shortest form Redis gives to command arguments.
// In: what strtod takes, hexadecimal integers and floats, inf and nan included, with white space around, up to the first NUL byte.
// Always: nothing here depends on the culture; NaN keeps its sign ("-nan" when the sign bit is set, as 0/0 has on x86-64).
using System.Buffers.Text;
using System.Globalization;

namespace Evalsha.Lua.Runtime;

public static class LuaNumber
{
    /// <summary>Bytes that <see cref="Format"/> and <see cref="FormatRedisArgument"/> never exceed.</summary>
    public const int MaxTextLength = 32;

    private const int LuaPrecision = 14;
    private const double PlainIntegerLimit = 1e14;          // from here on %.14g turns to exponents
    private const double RedisIntegerLimit = 4611686018427387904;   // Redis prints as integers what lies within half of a 64-bit integer's range
    private const long MaxExponentText = 100_000_000;       // far past any double; keeps the arithmetic on exponents in range

    /// <summary>Writes the number as <c>tostring</c> prints it and returns the bytes written, at most <see cref="MaxTextLength"/>.</summary>
    public static int Format(double value, Span<byte> destination)
    {
        if (Math.Abs(value) < PlainIntegerLimit)
        {
            var whole = (long)value;
            if (whole == value && (whole != 0 || !double.IsNegative(value)))
            {
                Utf8Formatter.TryFormat(whole, destination, out var written);
                return written;
            }
        }

        return FormatG(value, LuaPrecision, destination);
    }

    /// <summary>Writes the number as C's <c>%.Ng</c> does; <paramref name="precision"/> is 1 to 99 and needs that many bytes and ten more.</summary>
    public static int FormatG(double value, int precision, Span<byte> destination)
        => new PrintfSpec { Precision = precision }.WriteDouble((byte)'g', value, destination);

    /// <summary>The text Redis 7.2 gives a number passed to redis.call: an integer when it is one within ±2^62, else the shortest text that reads back.</summary>
    public static int FormatRedisArgument(double value, Span<byte> destination)
    {
        if (Math.Abs(value) <= RedisIntegerLimit)
        {
            var whole = (long)value;
            if (whole == value)
            {
                Utf8Formatter.TryFormat(whole, destination, out var written);
                return written;
            }
        }

        return ShortestDecimal.Format(value, destination);
    }

    /// <summary>The number as a new string, as <c>tostring</c> prints it. For messages; hot paths use the span form.</summary>
    public static string ToText(double value)
    {
        Span<byte> text = stackalloc byte[MaxTextLength];
        return System.Text.Encoding.ASCII.GetString(text[..Format(value, text)]);
    }

    /// <summary>The conversion of strings to numbers in arithmetic and <c>tonumber</c>. False when the text is not a number as a whole.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        text = UpToNul(text);
        var start = SkipSpace(text, 0);
        var length = ParsePrefix(text[start..], out value);
        return length > 0 && SkipSpace(text, start + length) == text.Length;
    }

    /// <summary>C's <c>strtod</c> without the leading white space: the longest number at the start of the text; returns its length, 0 when there is none.</summary>
    public static int ParsePrefix(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        var at = 0;
        var negative = false;
        if (at < text.Length && text[at] is (byte)'-' or (byte)'+')
        {
            negative = text[at++] == '-';
        }

        if (at >= text.Length)
        {
            return 0;
        }

        int length;
        if (text[at] == '0' && at + 1 < text.Length && (text[at + 1] | 0x20) == 'x')
        {
            length = ParseHex(text[(at + 2)..], out value);
            length = length > 0 ? length + 2 : 1;            // "0x" and nothing after it is the number 0, followed by an x
        }
        else if (text[at] is (>= (byte)'0' and <= (byte)'9') or (byte)'.')
        {
            length = ParseDecimal(text[at..], out value);
        }
        else
        {
            length = ParseWord(text[at..], out value);
        }

        if (length == 0)
        {
            return 0;
        }

        value = negative ? -value : value;
        return at + length;
    }

    /// <summary><c>tonumber(text, base)</c> for bases 2 to 36 other than ten: <c>strtoul</c>, so it saturates at 2^64-1 and a minus sign wraps.</summary>
    public static bool TryParseInBase(ReadOnlySpan<byte> text, int @base, out double value)
    {
        value = 0;
        text = UpToNul(text);
        var at = SkipSpace(text, 0);
        var negative = false;
        if (at < text.Length && text[at] is (byte)'-' or (byte)'+')
        {
            negative = text[at++] == '-';
        }

        if (@base == 16 && at + 2 < text.Length && text[at] == '0' && (text[at + 1] | 0x20) == 'x' && DigitValue(text[at + 2]) < 16)
        {
            at += 2;
        }

        var first = at;
        ulong number = 0;
        var overflow = false;
        for (; at < text.Length && DigitValue(text[at]) < @base; at++)
        {
            var next = ((UInt128)number * (uint)@base) + (uint)DigitValue(text[at]);
            overflow |= next > ulong.MaxValue;
            number = (ulong)next;
        }

        if (at == first || SkipSpace(text, at) != text.Length)
        {
            return false;
        }

        value = overflow ? ulong.MaxValue : negative ? unchecked(0 - number) : number;
        return true;
    }

    /// <summary>The value a C cast to a 64-bit signed integer gives on x86-64: truncation, and the smallest integer for NaN and what does not fit.</summary>
    public static long ToInt64(double value)
        => value >= -9223372036854775808.0 && value < 9223372036854775808.0 ? (long)value : long.MinValue;

    /// <summary>The value a C cast to a 64-bit unsigned integer gives on x86-64: negative numbers wrap, what does not fit gives 2^63 or 0 as the compiler's code does.</summary>
    public static ulong ToUInt64(double value)
        => value < 9223372036854775808.0 || double.IsNaN(value)
            ? unchecked((ulong)ToInt64(value))
            : unchecked((ulong)ToInt64(value - 9223372036854775808.0)) ^ (1UL << 63);

    internal static bool IsSpace(byte c) => c is (byte)' ' or (>= 9 and <= 13);

    private static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> text)
    {
        var nul = text.IndexOf((byte)0);                     // C reads no further
        return nul < 0 ? text : text[..nul];
    }

    private static int SkipSpace(ReadOnlySpan<byte> text, int at)
    {
        while (at < text.Length && IsSpace(text[at]))
        {
            at++;
        }

        return at;
    }

    private static int DigitValue(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'z' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'Z' => c - 'A' + 10,
        _ => int.MaxValue,
    };

    private static bool IsDigit(byte c) => (uint)(c - '0') <= 9;

    private static int ParseDecimal(ReadOnlySpan<byte> text, out double value)
    {
        var at = 0;
        ulong small = 0;
        while (at < text.Length && IsDigit(text[at]))
        {
            small = unchecked((small * 10) + (uint)(text[at] - '0'));
            at++;
        }

        var digits = at;
        if (digits is > 0 and <= 19 && (at == text.Length || (text[at] != '.' && (text[at] | 0x20) != 'e')))
        {
            value = small;                                   // the conversion of a 64-bit integer rounds correctly
            return at;
        }

        value = 0;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            while (at < text.Length && IsDigit(text[at]))
            {
                at++;
                digits++;
            }
        }

        if (digits == 0)
        {
            return 0;
        }

        var mantissa = at;
        long exponent = 0;
        if (at < text.Length && (text[at] | 0x20) == 'e')
        {
            var length = ParseExponent(text[(at + 1)..], out exponent);
            at += length > 0 ? length + 1 : 0;
        }

        value = at - mantissa <= 6 && mantissa <= 700
            ? double.Parse(text[..at], NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture)
            : LongDecimal(text[..mantissa], exponent);
        return at;
    }

    /// <summary>Very long mantissas and exponents, brought into the range the runtime's parser is sure of: at most 800 digits that matter, and a small exponent.</summary>
    private static double LongDecimal(ReadOnlySpan<byte> mantissa, long exponent)
    {
        const int Kept = 780;                                // no double's midpoint has more than 767 digits
        Span<byte> text = stackalloc byte[Kept + 40];
        var count = 0;
        var seenPoint = false;
        var tail = false;
        foreach (var c in mantissa)
        {
            if (c == '.')
            {
                seenPoint = true;
                continue;
            }

            if (count == 0 && c == '0')
            {
                exponent -= seenPoint ? 1 : 0;
            }
            else if (count < Kept)
            {
                text[count++] = c;
                exponent -= seenPoint ? 1 : 0;
            }
            else
            {
                tail |= c != '0';
                exponent += seenPoint ? 0 : 1;
            }
        }

        if (count == 0)
        {
            return 0;
        }

        if (tail)
        {
            text[count++] = (byte)'1';                       // something above zero follows: enough to decide a tie
            exponent--;
        }

        if (exponent + count > 400)
        {
            return double.PositiveInfinity;
        }

        if (exponent + count < -400)
        {
            return 0;
        }

        text[count++] = (byte)'e';
        Utf8Formatter.TryFormat(exponent, text[count..], out var written);
        return double.Parse(text[..(count + written)], NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    private static int ParseExponent(ReadOnlySpan<byte> text, out long exponent)
    {
        var at = 0;
        var negative = false;
        if (at < text.Length && text[at] is (byte)'-' or (byte)'+')
        {
            negative = text[at++] == '-';
        }

        var first = at;
        exponent = 0;
        for (; at < text.Length && IsDigit(text[at]); at++)
        {
            exponent = Math.Min((exponent * 10) + (text[at] - '0'), MaxExponentText);
        }

        exponent = negative ? -exponent : exponent;
        return at == first ? 0 : at;
    }

    private static int ParseHex(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        ulong mantissa = 0;
        var sticky = false;
        long exponent = 0;
        var digits = 0;
        var at = 0;
        var seenPoint = false;
        for (; at < text.Length; at++)
        {
            if (text[at] == '.' && !seenPoint)
            {
                seenPoint = true;
                continue;
            }

            var digit = DigitValue(text[at]);
            if (digit >= 16)
            {
                break;
            }

            digits++;
            if (mantissa >> 60 == 0)
            {
                mantissa = (mantissa << 4) | (uint)digit;
                exponent -= seenPoint ? 4 : 0;
            }
            else
            {
                sticky |= digit != 0;
                exponent += seenPoint ? 0 : 4;
            }
        }

        if (digits == 0)
        {
            return 0;
        }

        if (at < text.Length && (text[at] | 0x20) == 'p')
        {
            var length = ParseExponent(text[(at + 1)..], out var power);
            if (length > 0)
            {
                at += length + 1;
                exponent += power;
            }
        }

        value = Compose(mantissa, sticky, exponent);
        return at;
    }

    /// <summary>mantissa * 2^exponent rounded to nearest, ties to even; <paramref name="sticky"/> says that nonzero bits were dropped below.</summary>
    private static double Compose(ulong mantissa, bool sticky, long exponent)
    {
        if (mantissa == 0)
        {
            return 0;
        }

        var zeros = System.Numerics.BitOperations.LeadingZeroCount(mantissa);
        mantissa <<= zeros;
        exponent -= zeros;
        var top = exponent + 63;                             // exponent of the highest bit
        if (top > 1023)
        {
            return double.PositiveInfinity;
        }

        var drop = top >= -1022 ? 11 : 11 + (-1022 - top);   // bits below the last one that is kept
        if (drop > 64)
        {
            return 0;
        }

        var kept = drop == 64 ? 0 : mantissa >> (int)drop;
        var rest = drop == 64 ? mantissa : mantissa & ((1UL << (int)drop) - 1);
        var half = 1UL << (int)(drop - 1);
        if (rest > half || (rest == half && (sticky || (kept & 1) == 1)))
        {
            kept++;
        }

        return Math.ScaleB((double)kept, (int)(exponent + drop));   // exact: what is kept already has no bit too many
    }

    private static int ParseWord(ReadOnlySpan<byte> text, out double value)
    {
        if (StartsWithWord(text, "inf"u8))
        {
            value = double.PositiveInfinity;
            return StartsWithWord(text, "infinity"u8) ? 8 : 3;
        }

        if (!StartsWithWord(text, "nan"u8))
        {
            value = 0;
            return 0;
        }

        value = BitConverter.UInt64BitsToDouble(0x7FF8_0000_0000_0000);     // without sign; double.NaN has one
        if (text.Length > 3 && text[3] == '(')
        {
            var at = 4;
            while (at < text.Length && (DigitValue(text[at]) < 36 || text[at] == '_'))
            {
                at++;
            }

            return at < text.Length && text[at] == ')' ? at + 1 : 3;
        }

        return 3;
    }

    private static bool StartsWithWord(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerWord)
    {
        if (text.Length < lowerWord.Length)
        {
            return false;
        }

        for (var i = 0; i < lowerWord.Length; i++)
        {
            if ((text[i] | 0x20) != lowerWord[i])
            {
                return false;
            }
        }

        return true;
    }
}
