// One conversion of C's printf: flags, width and precision, applied to a number as glibc applies them.
// Always: a result never exceeds MaxLength bytes, because widths and precisions have at most two digits (string.format refuses longer ones).
// string.format parses the text of a conversion into this; LuaNumber uses it for %.14g.
using System.Buffers.Text;

namespace Evalsha.Lua.Runtime;

internal readonly struct PrintfSpec
{
    /// <summary>The longest result: %.99f of the largest double, with sign and point.</summary>
    public const int MaxLength = ExactDecimal.MaxFixedDigits + 3;

    private readonly int _precisionPlusOne;

    public bool Left { get; init; }

    public bool Plus { get; init; }

    public bool Space { get; init; }

    public bool Alternate { get; init; }

    public bool Zero { get; init; }

    public int Width { get; init; }

    /// <summary>Digits wanted, or -1 where none was written.</summary>
    public int Precision
    {
        get => _precisionPlusOne - 1;
        init => _precisionPlusOne = value + 1;
    }

    /// <summary>Writes by one of e E f g G; returns the bytes written.</summary>
    public int WriteDouble(byte conversion, double value, Span<byte> destination)
    {
        Span<byte> body = stackalloc byte[MaxLength];
        var negative = double.IsNegative(value);
        value = Math.Abs(value);
        var upper = conversion < 'a';
        if (!double.IsFinite(value))
        {
            (double.IsNaN(value) ? upper ? "NAN"u8 : "nan"u8 : upper ? "INF"u8 : "inf"u8).CopyTo(body);
            return Pad(Sign(negative), default, body[..3], zeroPad: false, destination);
        }

        var precision = Precision < 0 ? 6 : Precision;
        var length = (conversion | 0x20) switch
        {
            'e' => Scientific(value, precision, Alternate, upper, body),
            'f' => FixedPoint(value, precision, body),
            _ => General(value, precision == 0 ? 1 : precision, upper, body),
        };
        return Pad(Sign(negative), default, body[..length], Zero, destination);
    }

    /// <summary>%d and %i.</summary>
    public int WriteSigned(long value, Span<byte> destination)
    {
        Span<byte> digits = stackalloc byte[128];
        var magnitude = value < 0 ? unchecked(0UL - (ulong)value) : (ulong)value;
        Utf8Formatter.TryFormat(magnitude, digits, out var length);
        length = WithPrecision(digits, length, magnitude == 0);
        return Pad(Sign(value < 0), default, digits[..length], Zero && Precision < 0, destination);
    }

    /// <summary>%o %u %x %X.</summary>
    public int WriteUnsigned(byte conversion, ulong value, Span<byte> destination)
    {
        Span<byte> digits = stackalloc byte[128];
        int length;
        ReadOnlySpan<byte> prefix = default;
        switch (conversion)
        {
            case (byte)'u':
                Utf8Formatter.TryFormat(value, digits, out length);
                break;
            case (byte)'o':
                length = Octal(value, digits);
                break;
            default:
                Utf8Formatter.TryFormat(value, digits, out length, conversion == 'x' ? 'x' : 'X');
                prefix = !Alternate || value == 0 ? default : conversion == 'x' ? "0x"u8 : "0X"u8;
                break;
        }

        length = WithPrecision(digits, length, value == 0);
        if (conversion == 'o' && Alternate && (length == 0 || digits[0] != '0'))
        {
            digits[..length].CopyTo(digits[1..]);
            digits[0] = (byte)'0';
            length++;
        }

        return Pad(default, prefix, digits[..length], Zero && Precision < 0, destination);
    }

    /// <summary>%c. Lua measures the result with strlen, so a NUL ends it: what stands before it stays.</summary>
    public int WriteCharacter(byte character, Span<byte> destination)
    {
        var length = Pad(default, default, [character], zeroPad: false, destination);
        var nul = destination[..length].IndexOf((byte)0);
        return nul < 0 ? length : nul;
    }

    /// <summary>%s: width and precision over bytes that hold no NUL; <paramref name="destination"/> holds the width or the text, whichever is longer.</summary>
    public int WriteText(ReadOnlySpan<byte> text, Span<byte> destination)
        => Pad(default, default, Precision >= 0 && Precision < text.Length ? text[..Precision] : text, zeroPad: false, destination);

    private static int Octal(ulong value, Span<byte> digits)
    {
        var length = 1;
        for (var rest = value >> 3; rest != 0; rest >>= 3)
        {
            length++;
        }

        for (var i = length - 1; i >= 0; i--, value >>= 3)
        {
            digits[i] = (byte)('0' + (value & 7));
        }

        return length;
    }

    private ReadOnlySpan<byte> Sign(bool negative) => negative ? "-"u8 : Plus ? "+"u8 : Space ? " "u8 : default;

    private int WithPrecision(Span<byte> digits, int length, bool isZero)
    {
        if (Precision < 0)
        {
            return length;
        }

        if (isZero && Precision == 0)
        {
            return 0;
        }

        if (length < Precision)
        {
            digits[..length].CopyTo(digits[(Precision - length)..]);
            digits[..(Precision - length)].Fill((byte)'0');
            return Precision;
        }

        return length;
    }

    private int Pad(ReadOnlySpan<byte> sign, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> body, bool zeroPad, Span<byte> destination)
    {
        var padding = Math.Max(0, Width - sign.Length - prefix.Length - body.Length);
        var at = 0;
        if (!Left && !zeroPad)
        {
            destination[..padding].Fill((byte)' ');
            at = padding;
        }

        sign.CopyTo(destination[at..]);
        at += sign.Length;
        prefix.CopyTo(destination[at..]);
        at += prefix.Length;
        if (!Left && zeroPad)
        {
            destination.Slice(at, padding).Fill((byte)'0');
            at += padding;
        }

        body.CopyTo(destination[at..]);
        at += body.Length;
        if (Left)
        {
            destination.Slice(at, padding).Fill((byte)' ');
            at += padding;
        }

        return at;
    }

    private int FixedPoint(double value, int precision, Span<byte> body)
    {
        var before = ExactDecimal.Fixed(value, precision, body);
        if (precision == 0 && !Alternate)
        {
            return before;
        }

        body.Slice(before, precision).CopyTo(body[(before + 1)..]);
        body[before] = (byte)'.';
        return before + 1 + precision;
    }

    private static int Scientific(double value, int precision, bool keepPoint, bool upper, Span<byte> body)
    {
        Span<byte> digits = stackalloc byte[100];
        digits = digits[..(precision + 1)];
        var exponent = SignificantOrZero(value, digits);
        return LayScientific(digits, exponent, keepPoint, upper, body);
    }

    private static int LayScientific(ReadOnlySpan<byte> digits, int exponent, bool keepPoint, bool upper, Span<byte> body)
    {
        var at = 0;
        body[at++] = digits[0];
        if (digits.Length > 1 || keepPoint)
        {
            body[at++] = (byte)'.';
            digits[1..].CopyTo(body[at..]);
            at += digits.Length - 1;
        }

        body[at++] = upper ? (byte)'E' : (byte)'e';
        body[at++] = exponent < 0 ? (byte)'-' : (byte)'+';
        exponent = Math.Abs(exponent);
        if (exponent < 10)
        {
            body[at++] = (byte)'0';                         // C writes at least two digits
        }

        Utf8Formatter.TryFormat(exponent, body[at..], out var written);
        return at + written;
    }

    private int General(double value, int precision, bool upper, Span<byte> body)
    {
        Span<byte> buffer = stackalloc byte[100];
        Span<byte> digits = buffer[..precision];
        var exponent = SignificantOrZero(value, digits);
        if (!Alternate)
        {
            var kept = precision;
            while (kept > 1 && digits[kept - 1] == '0')
            {
                kept--;
            }

            digits = digits[..kept];
        }

        if (exponent < -4 || exponent >= precision)
        {
            return LayScientific(digits, exponent, Alternate, upper, body);
        }

        var at = 0;
        if (exponent < 0)
        {
            body[at++] = (byte)'0';
            body[at++] = (byte)'.';
            body.Slice(at, -1 - exponent).Fill((byte)'0');
            at += -1 - exponent;
            digits.CopyTo(body[at..]);
            return at + digits.Length;
        }

        var before = exponent + 1;
        var given = Math.Min(before, digits.Length);
        digits[..given].CopyTo(body);
        body[given..before].Fill((byte)'0');                // zeros that were stripped as trailing but stand before the point
        at = before;
        if (digits.Length > before || Alternate)
        {
            body[at++] = (byte)'.';
            digits[given..].CopyTo(body[at..]);
            at += digits.Length - given;
        }

        return at;
    }

    private static int SignificantOrZero(double value, Span<byte> digits)
    {
        if (value != 0)
        {
            return ExactDecimal.Significant(value, digits);
        }

        digits.Fill((byte)'0');
        return 0;
    }
}
