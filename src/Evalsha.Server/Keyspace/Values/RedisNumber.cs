// Numbers as Redis reads and prints them: 64-bit integers strictly (no sign "+", no leading zero, no blank),
// and doubles as C's strtod. (RespDouble prints them.)
// Always true: what FormatInteger prints, TryParseInteger reads back; no other text is an integer.
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Numerics;

namespace Evalsha.Server.Keyspace.Values;

internal static class RedisNumber
{
    /// <summary>Room for any 64-bit integer in decimal.</summary>
    public const int IntegerBytesMax = 20;

    /// <summary>Redis's string2ll: the one canonical decimal form of a 64-bit integer and nothing else.</summary>
    public static bool TryParseInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.Length is 0 or > IntegerBytesMax)
        {
            return false;
        }

        if (text.Length == 1 && text[0] == '0')
        {
            return true;
        }

        var negative = text[0] == '-';
        var i = negative ? 1 : 0;
        if (i == text.Length || text[i] is < (byte)'1' or > (byte)'9')
        {
            return false;
        }

        ulong magnitude = 0;
        for (; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit > 9 || magnitude > (ulong.MaxValue - digit) / 10)
            {
                return false;
            }

            magnitude = magnitude * 10 + digit;
        }

        if (negative)
        {
            value = unchecked(-(long)magnitude);
            return magnitude <= 1UL << 63;
        }

        value = unchecked((long)magnitude);
        return magnitude <= long.MaxValue;
    }

    public static int FormatInteger(long value, Span<byte> destination)
    {
        var fits = Utf8Formatter.TryFormat(value, destination, out var written);
        Debug.Assert(fits);
        return written;
    }

    /// <summary>How many bytes the decimal form takes.</summary>
    public static int IntegerLength(long value)
    {
        Span<byte> scratch = stackalloc byte[IntegerBytesMax];
        return FormatInteger(value, scratch);
    }

    /// <summary>
    /// Redis's getDoubleFromObject: the whole text must be one strtod number (decimal, hexadecimal or "inf"), without leading blank,
    /// not NaN, and neither too large nor rounded to zero.
    /// </summary>
    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.IsEmpty || IsBlank(text[0]))
        {
            return false;
        }

        return TryParseStrtod(text, out value, out var outOfRange) && !outOfRange && !double.IsNaN(value);
    }

    /// <summary>
    /// strtod as Redis calls it where a text ends at its first zero byte: blanks before the number are allowed, an empty text is 0, NaN is refused.
    /// </summary>
    public static bool TryParseText(ReadOnlySpan<byte> text, out double value, out bool outOfRange)
    {
        (value, outOfRange) = (0, false);
        var end = text.IndexOf((byte)0);
        text = end < 0 ? text : text[..end];
        if (text.IsEmpty)
        {
            return true;
        }

        while (!text.IsEmpty && IsBlank(text[0]))
        {
            text = text[1..];
        }

        return TryParseStrtod(text, out value, out outOfRange) && !double.IsNaN(value);
    }

    /// <summary>strtod over the whole text, but without its leading blanks. <paramref name="outOfRange"/> is ERANGE with an infinite or zero result.</summary>
    public static bool TryParseStrtod(ReadOnlySpan<byte> text, out double value, out bool outOfRange)
    {
        outOfRange = false;
        value = 0;
        var rest = text;
        var negative = false;
        if (!rest.IsEmpty && rest[0] is (byte)'-' or (byte)'+')
        {
            negative = rest[0] == '-';
            rest = rest[1..];
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        if (rest[0] is (>= (byte)'0' and <= (byte)'9') or (byte)'.')
        {
            if (rest.Length > 2 && rest[0] == '0' && (rest[1] | 0x20) == 'x')
            {
                return TryParseHexadecimal(rest[2..], negative, out value, out outOfRange);
            }

            if (!IsDecimal(rest, out var hasDigit))
            {
                return false;
            }

            if (!double.TryParse(rest, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value))
            {
                return false;
            }

            outOfRange = double.IsInfinity(value) || (value == 0 && hasDigit);
            value = negative ? -value : value;
            return true;
        }

        if (EqualsLower(rest, "inf"u8) || EqualsLower(rest, "infinity"u8))
        {
            value = negative ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        if (EqualsLower(rest, "nan"u8) || (rest.Length > 4 && EqualsLower(rest[..4], "nan("u8) && rest[^1] == ')'))
        {
            value = double.NaN;
            return true;
        }

        return false;
    }

    internal static bool IsBlank(byte c) => c is (byte)' ' or (>= 9 and <= 13);

    private static bool IsDecimal(ReadOnlySpan<byte> text, out bool hasNonZeroDigit)
    {
        hasNonZeroDigit = false;
        var i = 0;
        var digits = 0;
        var seenPoint = false;
        for (; i < text.Length; i++)
        {
            if (text[i] is >= (byte)'0' and <= (byte)'9')
            {
                digits++;
                hasNonZeroDigit |= text[i] != '0';
            }
            else if (text[i] == '.' && !seenPoint)
            {
                seenPoint = true;
            }
            else
            {
                break;
            }
        }

        if (digits == 0 || i == text.Length)
        {
            return digits > 0;
        }

        if ((text[i] | 0x20) != 'e')
        {
            return false;
        }

        i++;
        if (i < text.Length && text[i] is (byte)'-' or (byte)'+')
        {
            i++;
        }

        return i < text.Length && !text[i..].ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    private static bool TryParseHexadecimal(ReadOnlySpan<byte> text, bool negative, out double value, out bool outOfRange)
    {
        var parsed = TryScanHexadecimal(text, out var mantissa, out var exponent);
        outOfRange = false;
        value = 0;
        if (!parsed)
        {
            return false;
        }

        if (!mantissa.IsZero)
        {
            // Exact scaling: at most 53 bits are kept, rounded once by the conversion; what lies under 2^-1074 is out of range anyway.
            var excess = (int)mantissa.GetBitLength() - 64;
            if (excess > 0)
            {
                var sticky = (mantissa & ((BigInteger.One << excess) - 1)).IsZero ? 0 : 1;
                mantissa = (mantissa >> excess) | sticky;
                exponent += excess;
            }

            value = Math.ScaleB((double)(ulong)mantissa, (int)Math.Clamp(exponent, -5000, 5000));
            outOfRange = double.IsInfinity(value) || value == 0;
        }

        value = negative ? -value : value;
        return true;
    }

    /// <summary>The digits after "0x": mantissa × 2^exponent.</summary>
    internal static bool TryScanHexadecimal(ReadOnlySpan<byte> text, out BigInteger mantissa, out long exponent)
    {
        mantissa = BigInteger.Zero;
        exponent = 0;
        var i = 0;
        var digits = 0;
        var seenPoint = false;
        for (; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '.' && !seenPoint)
            {
                seenPoint = true;
                continue;
            }

            if (!char.IsAsciiHexDigit((char)c))
            {
                break;
            }

            mantissa = (mantissa << 4) | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
            exponent -= seenPoint ? 4 : 0;
            digits++;
        }

        if (digits == 0)
        {
            return false;
        }

        if (i == text.Length)
        {
            return true;
        }

        if ((text[i] | 0x20) != 'p')
        {
            return false;
        }

        var sign = text[(i + 1)..];
        var negative = !sign.IsEmpty && sign[0] == '-';
        sign = !sign.IsEmpty && sign[0] is (byte)'-' or (byte)'+' ? sign[1..] : sign;
        if (sign.IsEmpty || sign.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        var power = sign.Length > 9 || !Utf8Parser.TryParse(sign, out int small, out _) ? 999_999_999 : small;
        exponent += negative ? -power : power;
        return true;
    }

    private static bool EqualsLower(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => System.Text.Ascii.EqualsIgnoreCase(text, lower);
}
