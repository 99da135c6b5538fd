// Numbers as Redis reads and prints them.
// Always: TryParseInteger accepts exactly what Redis's string2ll does (no blanks, no plus, no leading zeros, 64 bits).
using System.Buffers.Text;
using System.Globalization;
using Evalsha.Lua.Runtime;
using Evalsha.Resp;

namespace Evalsha.Server.Dispatch;

public static class Numbers
{
    private const int SmallIntegers = 1024;
    private static readonly ByteString[] SmallTexts = MakeSmallTexts();

    public static bool TryParseInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty || text.Length > 20)
        {
            return false;
        }

        var digits = text[0] == (byte)'-' ? text[1..] : text;
        if (digits.IsEmpty || (digits[0] == (byte)'0' && text.Length > 1))
        {
            return false;
        }

        foreach (var b in digits)
        {
            if (b is < (byte)'0' or > (byte)'9')
            {
                return false;
            }
        }

        return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length;
    }

    /// <summary>A double as strtod reads it over the whole text. NaN is refused, as are blanks.</summary>
    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value) =>
        RespDouble.TryParse(text, out value) && !double.IsNaN(value) && text[0] is not (byte)' ' && text[^1] is not (byte)' ';

    /// <summary>The integer as text; small ones are shared objects.</summary>
    public static ByteString Text(long value)
    {
        if ((ulong)value < SmallIntegers)
        {
            return SmallTexts[value];
        }

        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
        return ByteString.From(digits[..written]);
    }

    public static ByteString Text(double value)
    {
        Span<byte> digits = stackalloc byte[RespDouble.MaxLength];
        return ByteString.From(digits[..RespDouble.Format(value, digits)]);
    }

    private static ByteString[] MakeSmallTexts()
    {
        var texts = new ByteString[SmallIntegers];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = ByteString.FromUtf8(i.ToString(CultureInfo.InvariantCulture));
        }

        return texts;
    }
}
