// Text to double for number literals: C's strtod on what PUC's lexer gathers, correctly rounded.
// Sits here and not in Runtime because Syntax compiles alone; tonumber has a wider grammar (signs, spaces, inf, nan) and its own code.
using System.Globalization;
using System.Text;

namespace Evalsha.Lua.Syntax;

internal static class Numeral
{
    // Beyond these powers of ten (of two) any digits give infinity or zero; the margin covers all positions of the point.
    private const int DecimalExponentMax = 400;
    private const int BinaryExponentMax = 2200;

    /// <summary>Reads all of text[0..length); false when it is not a number from end to end.</summary>
    internal static bool TryParse(byte[] text, int length, out double value)
    {
        if (length >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x') return TryParseHexadecimal(text, length, out value);
        return TryParseDecimal(text, length, out value);
    }

    private static bool TryParseDecimal(byte[] text, int length, out double value)
    {
        value = 0;
        var digits = new StringBuilder("0.", 24); // the significant digits behind "0.", leading zeros left out
        long point = 0; // the value is 0.digits * 10^point
        var i = 0;
        var any = false;
        for (; i < length && IsDigit(text[i]); i++)
        {
            any = true;
            if (text[i] == '0' && digits.Length == 2) continue;
            digits.Append((char)text[i]);
            point++;
        }
        if (i < length && text[i] == '.')
        {
            for (i++; i < length && IsDigit(text[i]); i++)
            {
                any = true;
                if (text[i] == '0' && digits.Length == 2) point--;
                else digits.Append((char)text[i]);
            }
        }
        if (!any || !TryReadExponent(text, length, 'e', ref i, out var exponent) || i != length) return false;
        if (digits.Length == 2) return true;

        point += exponent;
        if (point > DecimalExponentMax) value = double.PositiveInfinity;
        else if (point < -DecimalExponentMax) value = 0;
        else
        {
            digits.Append('e').Append(point.ToString(CultureInfo.InvariantCulture));
            // Fails only by overflow, and only on runtimes that do not give infinity for it.
            if (!double.TryParse(digits.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out value)) value = double.PositiveInfinity;
        }
        return true;
    }

    private static bool TryParseHexadecimal(byte[] text, int length, out double value)
    {
        value = 0;
        ulong mantissa = 0; // the first 60 significant bits or more, the lowest one "sticky": set if any later bit was
        long exponent = 0; // the value is mantissa * 2^exponent
        var i = 2;
        var any = false;
        var afterPoint = false;
        for (; i < length; i++)
        {
            if (text[i] == '.' && !afterPoint)
            {
                afterPoint = true;
                continue;
            }
            var digit = HexadecimalDigit(text[i]);
            if (digit < 0) break;
            any = true;
            if (mantissa >> 60 == 0)
            {
                mantissa = mantissa << 4 | (uint)digit;
                if (afterPoint) exponent -= 4;
            }
            else
            {
                if (digit != 0) mantissa |= 1;
                if (!afterPoint) exponent += 4;
            }
        }
        if (!any || !TryReadExponent(text, length, 'p', ref i, out var written) || i != length) return false;
        value = Scale(mantissa, exponent + written);
        return true;
    }

    /// <summary>An optional exponent: letter, optional sign, digits. A letter without digits is left unread, as strtod leaves it.</summary>
    private static bool TryReadExponent(byte[] text, int length, char letter, ref int i, out long exponent)
    {
        exponent = 0;
        if (i >= length || (text[i] | 0x20) != letter) return true;
        var j = i + 1;
        var negative = j < length && text[j] == '-';
        if (j < length && text[j] is (byte)'-' or (byte)'+') j++;
        if (j >= length || !IsDigit(text[j])) return false;
        for (; j < length && IsDigit(text[j]); j++)
        {
            if (exponent < int.MaxValue) exponent = exponent * 10 + (text[j] - '0');
        }
        if (negative) exponent = -exponent;
        i = j;
        return true;
    }

    /// <summary>mantissa * 2^exponent, rounded once, half to even.</summary>
    private static double Scale(ulong mantissa, long exponent)
    {
        if (mantissa == 0 || exponent < -BinaryExponentMax) return 0;
        if (exponent > BinaryExponentMax) return double.PositiveInfinity;
        while (mantissa >> 63 == 0)
        {
            mantissa <<= 1;
            exponent--;
        }
        // The value is 1.xxx * 2^(exponent + 63). A normal double keeps 53 bits of the 64, a subnormal one fewer.
        var power = exponent + 63;
        if (power > 1023) return double.PositiveInfinity;
        var drop = power >= -1022 ? 11 : 11 + (int)Math.Min(-1022 - power, 60);
        if (drop > 64) return 0;
        var kept = drop == 64 ? 0 : mantissa >> drop;
        var lost = drop == 64 ? mantissa : mantissa & ((1UL << drop) - 1);
        var half = 1UL << (drop - 1);
        if (lost > half || (lost == half && (kept & 1) != 0)) kept++;
        // Rounding up may carry into the next power; adding (not or-ing) the mantissa to the exponent field carries too.
        var bits = power >= -1022 ? ((ulong)(power + 1022) << 52) + kept : kept;
        return BitConverter.Int64BitsToDouble((long)bits);
    }

    private static bool IsDigit(byte c) => c is >= (byte)'0' and <= (byte)'9';

    private static int HexadecimalDigit(byte c) => c switch
    {
        >= (byte)'0' and <= (byte)'9' => c - '0',
        >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
        >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
        _ => -1,
    };
}
