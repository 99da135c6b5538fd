// string.format: reads conversions as PUC does, with its limits and texts, and lets PrintfSpec print them as glibc does.
// PUC's %s goes through sprintf: a NUL ends the text, unless it has no precision and 100 bytes or more (then it is copied whole).
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal static class StringFormat
{
    private const int WholeStringLength = 100;
    private const int FlagsMax = 5;

    public static int Format(ref LuaCall call)
    {
        if (!call.CheckString(0, out var text))
        {
            return LuaCall.Raised;
        }

        var builder = new ByteBuilder();
        if (Print(ref call, ref builder, text.Span))
        {
            return builder.Finish(ref call);
        }

        builder.Dispose();
        return LuaCall.Raised;
    }

    private static bool Print(ref LuaCall call, ref ByteBuilder builder, ReadOnlySpan<byte> text)
    {
        var argument = 0;
        while (true)
        {
            var percent = text.IndexOf((byte)'%');
            if (percent < 0)
            {
                return builder.Append(ref call, text);
            }

            if (!builder.Append(ref call, text[..percent]))
            {
                return false;
            }

            text = text[(percent + 1)..];
            if (text.Length > 0 && text[0] == '%')
            {
                if (!builder.Append(ref call, (byte)'%'))
                {
                    return false;
                }

                text = text[1..];
                continue;
            }

            argument++;
            if (argument >= call.Count)
            {
                call.ArgumentError(argument, "no value");
                return false;
            }

            if (!ReadSpec(ref call, text, out var spec, out var length)
                || !call.Step(1)
                || !Convert(ref call, ref builder, spec, length < text.Length ? text[length] : (byte)0, argument))
            {
                return false;
            }

            text = text[(length + 1)..];
        }
    }

    /// <summary>Flags, width and precision; <paramref name="length"/> is where the conversion's letter stands.</summary>
    private static bool ReadSpec(ref LuaCall call, ReadOnlySpan<byte> text, out PrintfSpec spec, out int length)
    {
        var at = 0;
        bool left = false, plus = false, space = false, alternate = false, zero = false;
        for (; at < text.Length; at++)
        {
            switch (text[at])
            {
                case (byte)'-':
                    left = true;
                    continue;
                case (byte)'+':
                    plus = true;
                    continue;
                case (byte)' ':
                    space = true;
                    continue;
                case (byte)'#':
                    alternate = true;
                    continue;
                case (byte)'0':
                    zero = true;
                    continue;
                default:
                    break;
            }

            break;
        }

        length = at;
        spec = default;
        if (at > FlagsMax)
        {
            call.Error("invalid format (repeated flags)");
            return false;
        }

        var width = TwoDigits(text, ref at);
        var precision = -1;
        if (at < text.Length && text[at] == '.')
        {
            at++;
            precision = TwoDigits(text, ref at);
        }

        if (at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9')
        {
            call.Error("invalid format (width or precision too long)");
            return false;
        }

        length = at;
        spec = new PrintfSpec { Left = left, Plus = plus, Space = space, Alternate = alternate, Zero = zero, Width = width, Precision = precision };
        return true;
    }

    private static int TwoDigits(ReadOnlySpan<byte> text, ref int at)
    {
        var value = 0;
        for (var i = 0; i < 2 && at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9'; i++)
        {
            value = (value * 10) + text[at++] - '0';
        }

        return value;
    }

    private static bool Convert(ref LuaCall call, ref ByteBuilder builder, PrintfSpec spec, byte conversion, int argument)
    {
        switch (conversion)
        {
            case (byte)'q':
                return call.CheckString(argument, out var quoted) && Quote(ref call, ref builder, quoted.Span);
            case (byte)'s':
                return call.CheckString(argument, out var text) && AddText(ref call, ref builder, spec, text.Span);
            case (byte)'c' or (byte)'d' or (byte)'i' or (byte)'o' or (byte)'u' or (byte)'x' or (byte)'X'
                or (byte)'e' or (byte)'E' or (byte)'f' or (byte)'g' or (byte)'G':
                break;
            default:
                // Each char of a message is one byte; the NUL that ends the format prints as nothing, as in C.
                call.Error($"invalid option '%{(conversion == 0 ? "" : (char)conversion)}' to 'format'");
                return false;
        }

        if (!call.CheckNumber(argument, out var number) || !builder.Reserve(ref call, PrintfSpec.MaxLength))
        {
            return false;
        }

        builder.Advance(conversion switch
        {
            (byte)'c' => spec.WriteCharacter((byte)ToInt32(number), builder.Free),
            (byte)'d' or (byte)'i' => spec.WriteSigned(LuaNumber.ToInt64(number), builder.Free),
            (byte)'o' or (byte)'u' or (byte)'x' or (byte)'X' => spec.WriteUnsigned(conversion, LuaNumber.ToUInt64(number), builder.Free),
            _ => spec.WriteDouble(conversion, number, builder.Free),
        });
        return true;
    }

    /// <summary>A C cast to int on x86-64: what does not fit gives the smallest one.</summary>
    private static int ToInt32(double number) => number > -2147483649.0 && number < 2147483648.0 ? (int)number : int.MinValue;

    private static bool AddText(ref LuaCall call, ref ByteBuilder builder, PrintfSpec spec, ReadOnlySpan<byte> text)
    {
        if (spec.Precision < 0 && text.Length >= WholeStringLength)
        {
            return builder.Append(ref call, text);
        }

        var nul = text.IndexOf((byte)0);
        text = nul < 0 ? text : text[..nul];
        if (spec.Precision >= 0 && text.Length > spec.Precision)
        {
            text = text[..spec.Precision];
        }

        if (spec.Width <= text.Length)
        {
            return builder.Append(ref call, text);
        }

        if (!builder.Reserve(ref call, spec.Width))
        {
            return false;
        }

        builder.Advance(spec.WriteText(text, builder.Free));
        return true;
    }

    /// <summary>%q: text that Lua reads back as the same string.</summary>
    private static bool Quote(ref LuaCall call, ref ByteBuilder builder, ReadOnlySpan<byte> text)
    {
        if (!builder.Append(ref call, (byte)'"'))
        {
            return false;
        }

        while (true)
        {
            var special = text.IndexOfAny("\"\\\n\r\0"u8);
            var plain = special < 0 ? text : text[..special];
            if (!builder.Append(ref call, plain))
            {
                return false;
            }

            if (special < 0)
            {
                return builder.Append(ref call, (byte)'"');
            }

            var escaped = text[special] switch
            {
                (byte)'\r' => "\\r"u8,
                0 => "\\000"u8,
                (byte)'"' => "\\\""u8,
                (byte)'\\' => "\\\\"u8,
                _ => "\\\n"u8,
            };
            if (!builder.Append(ref call, escaped))
            {
                return false;
            }

            text = text[(special + 1)..];
        }
    }
}
