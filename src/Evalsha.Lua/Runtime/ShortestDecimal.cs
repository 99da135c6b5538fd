// The short text of a double that Redis 7.2 uses for command arguments and replies: Loitsch's Grisu2 in 64-bit arithmetic, then Redis's layout.
// Always: the text reads back as the same double. It is nearly always the shortest such text; where Grisu2 is one digit longer, so is Redis.
// Layout: plain digits while the number has fewer than seven zeros behind its digits, a plain fraction down to 1e-6, else d.ddde+XX without padding.
using System.Numerics;

namespace Evalsha.Lua.Runtime;

internal static class ShortestDecimal
{
    private const int FirstPower = -348;
    private const int PowerStep = 8;
    private const int PowerCount = 87;
    private const int MinExponent = -60;
    private const int MaxExponent = -32;
    private const int MaxDigits = 18;

    private static readonly ScaledFraction[] CachedPowers = ComputePowers();

    /// <summary>fraction * 2^exponent.</summary>
    private readonly record struct ScaledFraction(ulong Fraction, int Exponent)
    {
        public ScaledFraction Normalised()
        {
            var zeros = BitOperations.LeadingZeroCount(Fraction);
            return new(Fraction << zeros, Exponent - zeros);
        }

        public static ScaledFraction operator *(ScaledFraction a, ScaledFraction b)
        {
            var product = (UInt128)a.Fraction * b.Fraction;
            return new((ulong)((product + (1UL << 63)) >> 64), a.Exponent + b.Exponent + 64);
        }
    }

    public static int Format(double value, Span<byte> destination)
    {
        var length = 0;
        if (double.IsNegative(value))
        {
            destination[length++] = (byte)'-';
            value = -value;
        }

        if (double.IsNaN(value) || double.IsInfinity(value))
        {
            (double.IsNaN(value) ? "nan"u8 : "inf"u8).CopyTo(destination[length..]);
            return length + 3;
        }

        if (value == 0)
        {
            destination[length++] = (byte)'0';
            return length;
        }

        Span<byte> digits = stackalloc byte[MaxDigits];
        var count = Digits(value, digits, out var scale);
        return length + Lay(digits[..count], scale, destination[length..], MaxDigits - length);
    }

    /// <summary>value = digits * 10^scale.</summary>
    private static int Digits(double value, Span<byte> digits, out int scale)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        var biased = (int)(bits >> 52);
        var fraction = bits & 0xF_FFFF_FFFF_FFFF;
        var exact = biased == 0 ? new ScaledFraction(fraction, -1074) : new ScaledFraction(fraction | (1UL << 52), biased - 1075);

        var upper = new ScaledFraction((exact.Fraction << 1) + 1, exact.Exponent - 1).Normalised();
        var closer = exact.Fraction == 1UL << 52;            // below a power of two the neighbour is half as far
        var below = closer
            ? new ScaledFraction((exact.Fraction << 2) - 1, exact.Exponent - 2)
            : new ScaledFraction((exact.Fraction << 1) - 1, exact.Exponent - 1);
        var lower = new ScaledFraction(below.Fraction << (below.Exponent - upper.Exponent), upper.Exponent);

        var power = PowerFor(upper.Exponent, out var ten);
        var middle = exact.Normalised() * power;
        upper *= power;
        lower *= power;
        return Generate(middle.Fraction, new(upper.Fraction - 1, upper.Exponent), lower.Fraction + 1, digits, -ten, out scale);
    }

    private static int Generate(ulong middle, ScaledFraction upper, ulong lower, Span<byte> digits, int ten, out int scale)
    {
        var distance = upper.Fraction - middle;
        var delta = upper.Fraction - lower;
        var shift = -upper.Exponent;
        var one = 1UL << shift;
        var whole = upper.Fraction >> shift;
        var rest = upper.Fraction & (one - 1);
        var count = 0;
        var kappa = 10;
        for (var unit = 1_000_000_000UL; kappa > 0; unit /= 10)
        {
            var digit = whole / unit;
            if (digit != 0 || count != 0)
            {
                digits[count++] = (byte)('0' + digit);
            }

            whole -= digit * unit;
            kappa--;
            var remaining = (whole << shift) + rest;
            if (remaining <= delta)
            {
                scale = ten + kappa;
                Approach(ref digits[count - 1], delta, remaining, unit << shift, distance);
                return count;
            }
        }

        for (var factor = 10UL; ; factor = unchecked(factor * 10))
        {
            rest *= 10;
            delta *= 10;
            kappa--;
            var digit = rest >> shift;
            if (digit != 0 || count != 0)
            {
                digits[count++] = (byte)('0' + digit);
            }

            rest &= one - 1;
            if (rest < delta)
            {
                scale = ten + kappa;
                Approach(ref digits[count - 1], delta, rest, one, unchecked(distance * factor));
                return count;
            }
        }
    }

    /// <summary>Lowers the last digit while that brings the text nearer to the number.</summary>
    private static void Approach(ref byte digit, ulong delta, ulong remaining, ulong unit, ulong distance)
    {
        while (remaining < distance && delta - remaining >= unit
            && (remaining + unit < distance || distance - remaining > remaining + unit - distance))
        {
            digit--;
            remaining += unit;
        }
    }

    private static int Lay(ReadOnlySpan<byte> digits, int scale, Span<byte> to, int maxScientificDigits)
    {
        var count = digits.Length;
        var exponent = scale + count - 1;
        if (scale >= 0 && Math.Abs(exponent) < count + 7)
        {
            digits.CopyTo(to);
            to.Slice(count, scale).Fill((byte)'0');
            return count + scale;
        }

        if (scale < 0 && (scale > -7 || Math.Abs(exponent) < 4))
        {
            var before = count + scale;
            if (before > 0)
            {
                digits[..before].CopyTo(to);
                to[before] = (byte)'.';
                digits[before..].CopyTo(to[(before + 1)..]);
                return count + 1;
            }

            to[0] = (byte)'0';
            to[1] = (byte)'.';
            to.Slice(2, -before).Fill((byte)'0');
            digits.CopyTo(to[(2 - before)..]);
            return count + 2 - before;
        }

        digits = digits[..Math.Min(count, maxScientificDigits)];
        var at = 0;
        to[at++] = digits[0];
        if (digits.Length > 1)
        {
            to[at++] = (byte)'.';
            digits[1..].CopyTo(to[at..]);
            at += digits.Length - 1;
        }

        to[at++] = (byte)'e';
        to[at++] = exponent < 0 ? (byte)'-' : (byte)'+';
        System.Buffers.Text.Utf8Formatter.TryFormat(Math.Abs(exponent), to[at..], out var written);
        return at + written;
    }

    private static ScaledFraction PowerFor(int exponent, out int ten)
    {
        const double Log2Of10Inverse = 0.30102999566398114;
        var approximate = (int)(-(exponent + PowerCount) * Log2Of10Inverse);
        var index = (approximate - FirstPower) / PowerStep;
        for (; ; )
        {
            var sum = exponent + CachedPowers[index].Exponent + 64;
            if (sum < MinExponent)
            {
                index++;
            }
            else if (sum > MaxExponent)
            {
                index--;
            }
            else
            {
                ten = FirstPower + (index * PowerStep);
                return CachedPowers[index];
            }
        }
    }

    /// <summary>10^-348, 10^-340 … 10^340 as 64-bit fractions rounded to nearest.</summary>
    private static ScaledFraction[] ComputePowers()
    {
        var powers = new ScaledFraction[PowerCount];
        for (var i = 0; i < PowerCount; i++)
        {
            var ten = FirstPower + (i * PowerStep);
            var power = BigInteger.Pow(10, Math.Abs(ten));
            BigInteger scaled;
            int exponent;
            if (ten >= 0)
            {
                (scaled, exponent) = (power << 64, -64);
            }
            else
            {
                var bits = (int)power.GetBitLength() + 128;
                (scaled, exponent) = ((BigInteger.One << bits) / power, -bits);
            }

            var drop = (int)scaled.GetBitLength() - 64;
            var fraction = ((scaled >> (drop - 1)) + 1) >> 1;
            powers[i] = new((ulong)fraction, exponent + drop);
        }

        return powers;
    }
}
