// The decimal digits of a double, exactly as C's printf rounds them: the true binary value, ties to even.
// Two shapes are wanted: so many significant digits (for %e and %g) or so many digits after the point (for %f).
// Always: common magnitudes are answered by 128-bit integers without allocating; the rest goes through BigInteger, with the same result.
// Knows no signs, no special values and no layout: LuaNumber and PrintfSpec add those.
using System.Buffers.Text;
using System.Diagnostics;
using System.Numerics;

namespace Evalsha.Lua.Runtime;

internal static class ExactDecimal
{
    /// <summary>Digits of the longest answer of <see cref="Fixed"/>: 309 before the point and 99 after it.</summary>
    public const int MaxFixedDigits = 309 + 99 + 1;

    private const int MaxFastPower = 22;            // 2^53 * 10^22 < 2^127
    private const int MaxFastDigits = 19;           // 10^19 fits a ulong
    private const int MaxFastShift = 74;            // 2^53 << 74 < 2^127

    private static readonly UInt128[] TenTo = PowersOfTen();

    /// <summary>Writes exactly <paramref name="digits"/>.Length significant digits of a finite value above zero; returns the exponent of ten of the first.</summary>
    public static int Significant(double value, Span<byte> digits)
    {
        Debug.Assert(value > 0 && double.IsFinite(value) && digits.Length > 0);
        var (mantissa, exponent) = Decompose(value);
        var power = (int)Math.Floor(Math.Log10(value));     // may be one off; corrected below
        return digits.Length <= MaxFastDigits && TryFast(mantissa, exponent, ref power, digits)
            ? power
            : SlowSignificant(mantissa, exponent, power, digits);
    }

    /// <summary>Writes a finite value not below zero, rounded to so many digits after the point, without the point; returns the digits before it (at least one).</summary>
    public static int Fixed(double value, int fractionDigits, Span<byte> digits)
    {
        Debug.Assert(value >= 0 && double.IsFinite(value) && fractionDigits >= 0);
        if (value == 0)
        {
            digits[..(fractionDigits + 1)].Fill((byte)'0');
            return 1;
        }

        var (mantissa, exponent) = Decompose(value);
        int written;
        if (exponent <= 0 && fractionDigits <= MaxFastPower)
        {
            var scaled = (UInt128)mantissa * TenTo[fractionDigits];
            var shift = -exponent;
            var quotient = shift > 127 ? UInt128.Zero : RoundedShift(scaled, shift);    // below half of the last digit when shifted out entirely
            written = Print(quotient, digits);
        }
        else if (exponent > 0 && exponent <= MaxFastShift)
        {
            written = Print((UInt128)mantissa << exponent, digits);
            digits.Slice(written, fractionDigits).Fill((byte)'0');
            written += fractionDigits;
        }
        else
        {
            var scaled = mantissa * BigInteger.Pow(10, fractionDigits);
            written = Print(exponent >= 0 ? scaled << exponent : RoundedQuotient(scaled, BigInteger.One << -exponent), digits);
        }

        if (written > fractionDigits)
        {
            return written - fractionDigits;
        }

        var missing = fractionDigits + 1 - written;         // 5 with two digits after the point is 0.05: put the zeros in front
        digits[..written].CopyTo(digits[missing..]);
        digits[..missing].Fill((byte)'0');
        return 1;
    }

    private static (ulong Mantissa, int Exponent) Decompose(double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var biased = (int)(bits >> 52) & 0x7FF;
        var fraction = bits & 0xF_FFFF_FFFF_FFFF;
        if (biased == 0)
        {
            return (fraction, -1074);
        }

        var mantissa = fraction | (1UL << 52);
        var exponent = biased - 1075;
        var zeros = BitOperations.TrailingZeroCount(mantissa);
        if (exponent < 0 && zeros > 0)
        {
            var drop = Math.Min(zeros, -exponent);          // fewer bits, more values on the fast path
            (mantissa, exponent) = (mantissa >> drop, exponent + drop);
        }

        return (mantissa, exponent);
    }

    private static bool TryFast(ulong mantissa, int exponent, ref int power, Span<byte> digits)
    {
        var count = digits.Length;
        var limit = TenTo[count];
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var scale = count - 1 - power;
            UInt128 quotient;
            if (scale >= 0)
            {
                if (scale > MaxFastPower || exponent < -127 || exponent > MaxFastShift - 64)
                {
                    return false;
                }

                var scaled = (UInt128)mantissa * TenTo[scale];
                quotient = exponent >= 0 ? scaled << exponent : scaled >> -exponent;
                if (quotient >= limit)
                {
                    power++;
                    continue;
                }

                if (quotient < TenTo[count - 1])
                {
                    power--;
                    continue;
                }

                quotient = exponent >= 0 ? quotient : RoundedShift(scaled, -exponent);
            }
            else
            {
                if (-scale > MaxFastPower || exponent > MaxFastShift || exponent < -52)
                {
                    return false;
                }

                var numerator = exponent > 0 ? (UInt128)mantissa << exponent : mantissa;
                var denominator = exponent < 0 ? TenTo[-scale] << -exponent : TenTo[-scale];
                var (whole, rest) = UInt128.DivRem(numerator, denominator);
                if (whole >= limit)
                {
                    power++;
                    continue;
                }

                if (whole < TenTo[count - 1])
                {
                    power--;
                    continue;
                }

                var twice = rest << 1;
                quotient = twice > denominator || (twice == denominator && !UInt128.IsEvenInteger(whole)) ? whole + 1 : whole;
            }

            if (quotient == limit)
            {
                quotient = TenTo[count - 1];
                power++;
            }

            Print(quotient, digits);
            return true;
        }

        return false;
    }

    private static int SlowSignificant(ulong mantissa, int exponent, int power, Span<byte> digits)
    {
        var count = digits.Length;
        var limit = BigInteger.Pow(10, count);
        for (; ; )
        {
            var scale = count - 1 - power;
            var numerator = new BigInteger(mantissa);
            var denominator = BigInteger.One;
            if (scale >= 0)
            {
                numerator *= BigInteger.Pow(10, scale);
            }
            else
            {
                denominator = BigInteger.Pow(10, -scale);
            }

            if (exponent >= 0)
            {
                numerator <<= exponent;
            }
            else
            {
                denominator <<= -exponent;
            }

            var floor = BigInteger.Divide(numerator, denominator);
            if (floor >= limit)
            {
                power++;
                continue;
            }

            if (floor * 10 < limit)
            {
                power--;
                continue;
            }

            var rounded = RoundedQuotient(numerator, denominator);
            if (rounded == limit)
            {
                rounded /= 10;
                power++;
            }

            Print(rounded, digits);
            return power;
        }
    }

    private static UInt128 RoundedShift(UInt128 value, int shift)
    {
        if (shift == 0)
        {
            return value;
        }

        var quotient = value >> shift;
        var rest = value - (quotient << shift);
        var half = UInt128.One << (shift - 1);
        return rest > half || (rest == half && !UInt128.IsEvenInteger(quotient)) ? quotient + 1 : quotient;
    }

    private static BigInteger RoundedQuotient(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(numerator, denominator, out var rest);
        var side = (rest << 1).CompareTo(denominator);
        return side > 0 || (side == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }

    private static int Print(UInt128 value, Span<byte> destination)
    {
        int written;
        var fits = value <= ulong.MaxValue
            ? Utf8Formatter.TryFormat((ulong)value, destination, out written)
            : value.TryFormat(destination, out written);
        Debug.Assert(fits);
        return written;
    }

    private static int Print(BigInteger value, Span<byte> destination)
    {
        var text = value.ToString();
        for (var i = 0; i < text.Length; i++)
        {
            destination[i] = (byte)text[i];
        }

        return text.Length;
    }

    private static UInt128[] PowersOfTen()
    {
        var powers = new UInt128[39];
        powers[0] = 1;
        for (var i = 1; i < powers.Length; i++)
        {
            powers[i] = powers[i - 1] * 10;
        }

        return powers;
    }
}
