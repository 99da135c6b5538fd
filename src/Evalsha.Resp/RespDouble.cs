// Doubles as text, both ways: shortest digits that read back as the same double, laid out as Redis 7.2 lays them out (fpconv's emit_digits).
// 100, 0.1, 1e+21, 1e-7, inf, -inf, nan. Used by the writer for replies, by the client for arguments, and by commands that answer with scores.
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Evalsha.Resp;

public static class RespDouble
{
    /// <summary>A buffer of this many bytes holds any double: sign, 17 digits, point, six zeros before digits, exponent.</summary>
    public const int MaxLength = 32;

    private const double WholeMax = 1L << 62; // Redis's double2ll: whole numbers up to here are written as integers.

    /// <summary>Writes the text of <paramref name="value"/>; <paramref name="destination"/> needs <see cref="MaxLength"/> bytes. Returns the length.</summary>
    public static int Format(double value, Span<byte> destination)
    {
        if (!double.IsFinite(value))
        {
            var word = double.IsNaN(value) ? "nan"u8 : value > 0 ? "inf"u8 : "-inf"u8;
            word.CopyTo(destination);
            return word.Length;
        }

        if (value == Math.Floor(value) && Math.Abs(value) <= WholeMax)
        {
            if (value == 0 && double.IsNegative(value))
            {
                "-0"u8.CopyTo(destination);
                return 2;
            }

            Utf8Formatter.TryFormat((long)value, destination, out var plain);
            return plain;
        }

        // "E16" would round; "R" gives the shortest digits, in one of its own two layouts, so take only digits and exponent from it.
        Span<byte> text = stackalloc byte[MaxLength];
        var ok = value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        Debug.Assert(ok);
        Span<byte> digits = stackalloc byte[MaxLength];
        var count = 0;
        var exponent = 0;
        var afterPoint = 0;
        var seenPoint = false;
        for (var i = value < 0 ? 1 : 0; i < length; i++)
        {
            if (text[i] == '.')
            {
                seenPoint = true;
            }
            else if (text[i] == 'E')
            {
                Utf8Parser.TryParse(text[(i + 1)..length], out exponent, out _);
                break;
            }
            else
            {
                digits[count++] = text[i];
                afterPoint += seenPoint ? 1 : 0;
            }
        }

        var lead = digits[..count].IndexOfAnyExcept((byte)'0');
        digits[lead..count].CopyTo(digits);
        count -= lead;
        exponent -= afterPoint;
        while (count > 1 && digits[count - 1] == '0')
        {
            count--;
            exponent++;
        }

        var at = 0;
        if (value < 0)
        {
            destination[at++] = (byte)'-';
        }

        return at + LayOut(digits[..count], exponent, destination[at..]);
    }

    public static string ToText(double value)
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return Encoding.ASCII.GetString(text[..Format(value, text)]);
    }

    /// <summary>Reads what <see cref="Format"/> and Redis write, also <c>+inf</c>, <c>infinity</c> and any case of them.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        if (Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && double.IsFinite(value))
        {
            return true;
        }

        Span<char> word = stackalloc char[16];
        if (text.Length is 0 or > 16 || Encoding.Latin1.GetChars(text, word) == 0)
        {
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && !text.IsEmpty;
        }

        var name = word[..text.Length];
        var sign = name[0] is '+' or '-' ? name[0] : '+';
        var bare = name[0] is '+' or '-' ? name[1..] : name;
        if (bare.Equals("inf", StringComparison.OrdinalIgnoreCase) || bare.Equals("infinity", StringComparison.OrdinalIgnoreCase))
        {
            value = sign == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        if (bare.Equals("nan", StringComparison.OrdinalIgnoreCase))
        {
            value = double.NaN;
            return true;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    // The value is digits * 10^power.
    private static int LayOut(ReadOnlySpan<byte> digits, int power, Span<byte> to)
    {
        var magnitude = Math.Abs(power + digits.Length - 1);
        if (power >= 0 && magnitude < digits.Length + 7)
        {
            digits.CopyTo(to);
            to.Slice(digits.Length, power).Fill((byte)'0');
            return digits.Length + power;
        }

        if (power < 0 && (power > -7 || magnitude < 4))
        {
            var whole = digits.Length + power;
            if (whole <= 0)
            {
                "0."u8.CopyTo(to);
                to.Slice(2, -whole).Fill((byte)'0');
                digits.CopyTo(to[(2 - whole)..]);
                return digits.Length + 2 - whole;
            }

            digits[..whole].CopyTo(to);
            to[whole] = (byte)'.';
            digits[whole..].CopyTo(to[(whole + 1)..]);
            return digits.Length + 1;
        }

        var at = 0;
        to[at++] = digits[0];
        if (digits.Length > 1)
        {
            to[at++] = (byte)'.';
            digits[1..].CopyTo(to[at..]);
            at += digits.Length - 1;
        }

        to[at++] = (byte)'e';
        to[at++] = power + digits.Length - 1 < 0 ? (byte)'-' : (byte)'+';
        Utf8Formatter.TryFormat(magnitude, to[at..], out var written);
        return at + written;
    }
}
