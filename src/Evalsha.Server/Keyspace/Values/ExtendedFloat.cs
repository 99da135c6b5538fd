// An 80-bit x87 number ("long double"): INCRBYFLOAT and HINCRBYFLOAT add in it and print it with 17 decimals.
// Doubles would print 0.30000000000000004 where Redis prints 0.3, so the 64-bit mantissa is kept, with big integers, rounded half to even once per operation.
// Always true: a finite value is Mantissa × 2^Exponent with |Mantissa| < 2^64.
using System.Numerics;

namespace Evalsha.Server.Keyspace.Values;

internal readonly struct ExtendedFloat
{
    private const int MantissaBits = 64;
    private const int LargestExponent = 16384 - MantissaBits; // the largest finite value is just under 2^16384
    private const int SmallestExponent = -16445;              // of the smallest subnormal
    private const int PrintedDecimals = 17;
    private const int ExponentDigitsMax = 9;
    private const int TextBytesMax = 5 * 1024 - 1; // MAX_LONG_DOUBLE_CHARS

    private readonly BigInteger _mantissa;
    private readonly int _exponent;

    private ExtendedFloat(BigInteger mantissa, int exponent, bool isInfinite) => (_mantissa, _exponent, IsInfinite) = (mantissa, exponent, isInfinite);

    public bool IsInfinite { get; }

    /// <summary>Redis's string2ld: the whole text is one strtold number, no leading blank, not NaN, not out of range.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out ExtendedFloat value)
    {
        value = default;
        if (text.Length > TextBytesMax || !RedisNumber.TryParseStrtod(text, out var approximate, out _) || double.IsNaN(approximate))
        {
            return false;
        }

        var negative = text[0] == '-';
        var rest = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        if ((rest[0] | 0x20) == 'i')
        {
            value = new ExtendedFloat(negative ? BigInteger.MinusOne : BigInteger.One, 0, isInfinite: true);
            return true;
        }

        var parsed = rest.Length > 2 && (rest[1] | 0x20) == 'x'
            ? FromHexadecimal(rest[2..], negative)
            : FromDecimal(rest, negative, out var hasNonZeroDigit) is var number && number._mantissa.IsZero && hasNonZeroDigit
                ? new ExtendedFloat(BigInteger.One, 0, isInfinite: true) // rounded to zero: ERANGE, refused below like the overflow
                : number;
        value = parsed;
        return !parsed.IsInfinite;
    }

    public static ExtendedFloat operator +(in ExtendedFloat a, in ExtendedFloat b)
    {
        if (a.IsInfinite || b.IsInfinite)
        {
            return a.IsInfinite ? a : b;
        }

        var exponent = Math.Min(a._exponent, b._exponent);
        return Rounded((a._mantissa << (a._exponent - exponent)) + (b._mantissa << (b._exponent - exponent)), exponent, sticky: false);
    }

    /// <summary>Redis's ld2string for people: "%.17Lf" without the zeros at the end.</summary>
    public byte[] Format()
    {
        // mantissa × 2^e × 10^17, rounded half to even, is the digit string.
        var scaled = BigInteger.Abs(_mantissa) * BigInteger.Pow(10, PrintedDecimals);
        BigInteger digits;
        if (_exponent >= 0)
        {
            digits = scaled << _exponent;
        }
        else
        {
            digits = scaled >> -_exponent;
            var remainder = scaled - (digits << -_exponent);
            var half = BigInteger.One << (-_exponent - 1);
            if (remainder > half || (remainder == half && !digits.IsEven))
            {
                digits += 1;
            }
        }

        var text = digits.ToString().PadLeft(PrintedDecimals + 1, '0');
        var whole = text[..^PrintedDecimals];
        var decimals = text[^PrintedDecimals..].TrimEnd('0');
        var sign = _mantissa.Sign < 0 && !digits.IsZero ? "-" : "";
        return System.Text.Encoding.ASCII.GetBytes(decimals.Length == 0 ? sign + whole : $"{sign}{whole}.{decimals}");
    }

    private static ExtendedFloat FromDecimal(ReadOnlySpan<byte> text, bool negative, out bool hasNonZeroDigit)
    {
        var digits = BigInteger.Zero;
        long exponent = 0;
        var seenPoint = false;
        var i = 0;
        for (; i < text.Length && (text[i] | 0x20) != 'e'; i++)
        {
            if (text[i] == '.')
            {
                seenPoint = true;
                continue;
            }

            digits = digits * 10 + (text[i] - '0');
            exponent -= seenPoint ? 1 : 0;
        }

        hasNonZeroDigit = !digits.IsZero;
        if (i < text.Length)
        {
            var power = text[(i + 1)..].TrimStart((byte)'+');
            var below = power[0] == '-';
            power = power.TrimStart("+-"u8).TrimStart((byte)'0');
            var magnitude = power.Length > ExponentDigitsMax ? 999_999_999 : power.IsEmpty ? 0 : int.Parse(power, System.Globalization.CultureInfo.InvariantCulture);
            exponent += below ? -magnitude : magnitude;
        }

        if (digits.IsZero)
        {
            return default;
        }

        digits = negative ? -digits : digits;
        var decimalPlaces = (long)BigInteger.Abs(digits).GetBitLength() * 3 / 10 + exponent; // within one of log10
        if (decimalPlaces > 5000)
        {
            return new ExtendedFloat(digits.Sign, 0, isInfinite: true);
        }

        if (decimalPlaces < -5500)
        {
            return default;
        }

        if (exponent >= 0)
        {
            return Rounded(digits * BigInteger.Pow(10, (int)exponent), 0, sticky: false);
        }

        // Enough quotient bits for one correct rounding; the remainder only breaks ties.
        var divisor = BigInteger.Pow(10, (int)-exponent);
        var shift = (int)Math.Max(0, divisor.GetBitLength() - BigInteger.Abs(digits).GetBitLength() + MantissaBits + 2);
        var quotient = BigInteger.DivRem(digits << shift, divisor, out var remainder);
        return Rounded(quotient, -shift, !remainder.IsZero);
    }

    private static ExtendedFloat FromHexadecimal(ReadOnlySpan<byte> text, bool negative)
    {
        if (!RedisNumber.TryScanHexadecimal(text, out var mantissa, out var exponent) || mantissa.IsZero)
        {
            return default;
        }

        var bits = (long)mantissa.GetBitLength() + exponent;
        return bits is > 16384 or < SmallestExponent
            ? new ExtendedFloat(BigInteger.One, 0, isInfinite: true)
            : Rounded(negative ? -mantissa : mantissa, (int)exponent, sticky: false);
    }

    private static ExtendedFloat Rounded(BigInteger mantissa, int exponent, bool sticky)
    {
        var magnitude = BigInteger.Abs(mantissa);
        var excess = Math.Max((int)magnitude.GetBitLength() - MantissaBits, SmallestExponent - exponent);
        if (excess > 0)
        {
            var kept = magnitude >> excess;
            var rest = magnitude - (kept << excess);
            var half = BigInteger.One << (excess - 1);
            if (rest > half || (rest == half && (sticky || !kept.IsEven)))
            {
                kept += 1;
            }

            magnitude = kept;
            exponent += excess;
        }

        if (magnitude.GetBitLength() + exponent > LargestExponent + MantissaBits)
        {
            return new ExtendedFloat(mantissa.Sign, 0, isInfinite: true);
        }

        return new ExtendedFloat(mantissa.Sign < 0 ? -magnitude : magnitude, magnitude.IsZero ? 0 : exponent, isInfinite: false);
    }
}
