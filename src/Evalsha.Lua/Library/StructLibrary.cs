// Redis's struct library (Roberto Ierusalimschy's struct 0.2 with Redis's bounds checks): values to and from binary layouts.
// Always: integers of any size up to 32 bytes go through 64 bits, as on x86-64; sizes and shifts that overflow behave as the C code does there.
using System.Buffers.Binary;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class StructLibrary
{
    private const int MaxIntegerSize = 32;
    private const int MaxAlignment = 8;
    private const int DefaultIntegerSize = 4;

    public static readonly LuaFunctionRow[] Rows = [new("pack", Pack), new("unpack", Unpack), new("size", Size)];

    public static LuaTable Open(LuaState state) => LibraryTable.Make(state, Rows);

    private static int Pack(ref LuaCall call)
    {
        if (!call.CheckString(0, out var format))
        {
            return LuaCall.Raised;
        }

        var builder = new ByteBuilder();
        var reader = new Layout(format.Span);
        var argument = 1;
        long total = 0;
        while (reader.More)
        {
            if (!call.Step(1) || !PackItem(ref call, ref builder, ref reader, ref argument, ref total))
            {
                builder.Dispose();
                return LuaCall.Raised;
            }
        }

        return builder.Finish(ref call);
    }

    private static bool PackItem(ref LuaCall call, ref ByteBuilder builder, ref Layout reader, ref int argument, ref long total)
    {
        if (!reader.Next(ref call, total, out var option, out var size, out var padding) || !Zeros(ref call, ref builder, padding))
        {
            return false;
        }

        total += padding;
        switch (option)
        {
            case (byte)'b' or (byte)'B' or (byte)'h' or (byte)'H' or (byte)'l' or (byte)'L' or (byte)'T' or (byte)'i' or (byte)'I':
                if (!CheckNumber(ref call, argument++, out var integer) || !builder.Reserve(ref call, size))
                {
                    return false;
                }

                PutInteger(builder.Free[..size], integer < 0 ? unchecked((ulong)LuaNumber.ToInt64(integer)) : LuaNumber.ToUInt64(integer), reader.IsBigEndian);
                builder.Advance(size);
                break;
            case (byte)'x':
                if (!builder.Append(ref call, (byte)0))
                {
                    return false;
                }

                break;
            case (byte)'f':
                if (!CheckNumber(ref call, argument++, out var single) || !builder.Reserve(ref call, size))
                {
                    return false;
                }

                PutInteger(builder.Free[..size], BitConverter.SingleToUInt32Bits((float)single), reader.IsBigEndian);
                builder.Advance(size);
                break;
            case (byte)'d':
                if (!CheckNumber(ref call, argument++, out var number) || !builder.Reserve(ref call, size))
                {
                    return false;
                }

                PutInteger(builder.Free[..size], BitConverter.DoubleToUInt64Bits(number), reader.IsBigEndian);
                builder.Advance(size);
                break;
            case (byte)'c' or (byte)'s':
                if (!PackText(ref call, ref builder, option, ref size, ref argument))
                {
                    return false;
                }

                break;
            default:
                if (!reader.Control(ref call, option))
                {
                    return false;
                }

                break;
        }

        total += size;
        return true;
    }

    private static bool PackText(ref LuaCall call, ref ByteBuilder builder, byte option, ref int size, ref int argument)
    {
        if (!CheckString(ref call, argument++, out var text))
        {
            return false;
        }

        size = size == 0 ? text.Length : size;
        if (text.Length < size)
        {
            call.ArgumentError(argument, "string too short");       // one too high, as in the C code
            return false;
        }

        if (!builder.Append(ref call, text.Span[..size]))
        {
            return false;
        }

        if (option != 's')
        {
            return true;
        }

        size++;
        return builder.Append(ref call, (byte)0);
    }

    // The C code pushes a nil after the arguments before it reads them: the first missing one is "nil", not "no value".
    private static bool CheckNumber(ref LuaCall call, int index, out double value)
    {
        if (index != call.Count)
        {
            return call.CheckNumber(index, out value);
        }

        value = 0;
        call.ArgumentError(index, "number expected, got nil");
        return false;
    }

    private static bool CheckString(ref LuaCall call, int index, out ByteString value)
    {
        if (index != call.Count)
        {
            return call.CheckString(index, out value);
        }

        value = ByteString.Empty;
        call.ArgumentError(index, "string expected, got nil");
        return false;
    }

    private static bool Zeros(ref LuaCall call, ref ByteBuilder builder, int count)
    {
        for (; count > 0; count--)
        {
            if (!builder.Append(ref call, (byte)0))
            {
                return false;
            }
        }

        return true;
    }

    private static void PutInteger(Span<byte> to, ulong value, bool bigEndian)
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[bigEndian ? to.Length - 1 - i : i] = (byte)value;
            value >>= 8;
        }
    }

    private static int Unpack(ref LuaCall call)
    {
        if (!call.CheckString(0, out var format) || !call.CheckString(1, out var text) || !call.OptInteger(2, 1, out var start))
        {
            return LuaCall.Raised;
        }

        if (start == 0)
        {
            return call.ArgumentError(2, "offset must be 1 or greater");
        }

        var data = text.Span;
        var at = unchecked((ulong)(start - 1));                     // size_t: a negative offset lies far behind the end
        var reader = new Layout(format.Span);
        var arguments = call.Count;
        var room = Math.Min(format.Length + 1, LuaLimits.HostStackSlotsMax);
        var values = new LuaValue[room];
        var count = 0;
        while (reader.More)
        {
            if (!call.Step(1) || !reader.Next(ref call, unchecked((long)at), out var option, out var size, out var padding))
            {
                return LuaCall.Raised;
            }

            at = unchecked(at + (ulong)padding);
            if (!Fits(at, (ulong)size, data.Length))
            {
                return call.ArgumentError(1, "data string too short");
            }

            if (arguments + count + 2 > LuaLimits.HostStackSlotsMax)
            {
                return call.Error("stack overflow (too many results)");
            }

            switch (option)
            {
                case (byte)'b' or (byte)'B' or (byte)'h' or (byte)'H' or (byte)'l' or (byte)'L' or (byte)'T' or (byte)'i' or (byte)'I':
                    values[count++] = GetInteger(data.Slice((int)at, size), reader.IsBigEndian, isSigned: option is >= (byte)'a');
                    break;
                case (byte)'x':
                    break;
                case (byte)'f':
                    values[count++] = (double)(reader.IsBigEndian
                        ? BinaryPrimitives.ReadSingleBigEndian(data[(int)at..])
                        : BinaryPrimitives.ReadSingleLittleEndian(data[(int)at..]));
                    break;
                case (byte)'d':
                    values[count++] = reader.IsBigEndian
                        ? BinaryPrimitives.ReadDoubleBigEndian(data[(int)at..])
                        : BinaryPrimitives.ReadDoubleLittleEndian(data[(int)at..]);
                    break;
                case (byte)'c':
                    if (size == 0 && !TakeSize(ref call, values, ref count, at, data.Length, out size))
                    {
                        return LuaCall.Raised;
                    }

                    if (!Strings.Make(ref call, data.Slice((int)at, size), out values[count++]))
                    {
                        return LuaCall.Raised;
                    }

                    break;
                case (byte)'s':
                    var length = data[(int)at..].IndexOf((byte)0);
                    if (length < 0)
                    {
                        return call.Error("unfinished string in data");
                    }

                    if (!Strings.Make(ref call, data.Slice((int)at, length), out values[count++]))
                    {
                        return LuaCall.Raised;
                    }

                    size = length + 1;
                    break;
                default:
                    if (!reader.Control(ref call, option))
                    {
                        return LuaCall.Raised;
                    }

                    break;
            }

            at += (ulong)size;
        }

        values[count++] = (double)unchecked((long)(at + 1));
        return call.Return(values.AsSpan(0, count));
    }

    private static bool Fits(ulong at, ulong size, int length) => size <= (ulong)length && at <= (ulong)length - size;

    /// <summary>The size of "c0": the number read last, which is then no result.</summary>
    private static bool TakeSize(ref LuaCall call, LuaValue[] values, ref int count, ulong at, int length, out int size)
    {
        size = 0;
        double number = 0;
        var hasSize = count > 0 && (values[count - 1].IsNumber || (values[count - 1].IsString && LuaNumber.TryParse(values[count - 1].AsString.Span, out number)));
        if (!hasSize)
        {
            call.Error("format 'c0' needs a previous size");
            return false;
        }

        number = values[count - 1].IsNumber ? values[count - 1].AsNumber : number;
        count--;
        var wanted = LuaNumber.ToUInt64(number);
        if (!Fits(at, wanted, length))
        {
            call.ArgumentError(1, "data string too short");
            return false;
        }

        size = (int)wanted;
        return true;
    }

    private static double GetInteger(ReadOnlySpan<byte> bytes, bool bigEndian, bool isSigned)
    {
        ulong value = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            value = (value << 8) | bytes[bigEndian ? i : bytes.Length - 1 - i];
        }

        if (!isSigned)
        {
            return value;
        }

        var mask = ulong.MaxValue << ((bytes.Length * 8) - 1);      // the shift counts modulo 64, in C on x86-64 as here
        return unchecked((long)((value & mask) != 0 ? value | mask : value));
    }

    private static int Size(ref LuaCall call)
    {
        if (!call.CheckString(0, out var format))
        {
            return LuaCall.Raised;
        }

        var reader = new Layout(format.Span);
        long total = 0;
        while (reader.More)
        {
            if (!call.Step(1) || !reader.Next(ref call, total, out var option, out var size, out var padding))
            {
                return LuaCall.Raised;
            }

            total += padding;
            if (option == 's')
            {
                return call.ArgumentError(0, "option 's' has no fixed size");
            }

            if (option == 'c' && size == 0)
            {
                return call.ArgumentError(0, "option 'c0' has no fixed size");
            }

            if (!char.IsAsciiLetterOrDigit((char)option) && !reader.Control(ref call, option))
            {
                return LuaCall.Raised;
            }

            total += size;
        }

        return call.Return((double)total);
    }

    /// <summary>Reads a format, option by option, with the byte order and alignment that hold at that place.</summary>
    private ref struct Layout(ReadOnlySpan<byte> format)
    {
        private readonly ReadOnlySpan<byte> _format = PatternMatcher.Effective(format);
        private int _at;
        private int _alignment = 1;

        public bool IsBigEndian { get; private set; }

        public readonly bool More => _at < _format.Length;

        /// <summary>The next option, its size in bytes (0: not fixed), and the zeros that align it when it stands at <paramref name="position"/>.</summary>
        public bool Next(ref LuaCall call, long position, out byte option, out int size, out int padding)
        {
            option = _format[_at++];
            padding = 0;
            switch (option)
            {
                case (byte)'b' or (byte)'B' or (byte)'x':
                    size = 1;
                    break;
                case (byte)'h' or (byte)'H':
                    size = 2;
                    break;
                case (byte)'f':
                    size = 4;
                    break;
                case (byte)'l' or (byte)'L' or (byte)'T' or (byte)'d':
                    size = 8;
                    break;
                case (byte)'c':
                    return Number(ref call, 1, out size);
                case (byte)'i' or (byte)'I':
                    if (!Number(ref call, DefaultIntegerSize, out size))
                    {
                        return false;
                    }

                    if (size > MaxIntegerSize)
                    {
                        call.Error($"integral size {size} is larger than limit of {MaxIntegerSize}");
                        return false;
                    }

                    break;
                default:
                    size = 0;
                    return true;
            }

            if (size > 0)
            {
                var boundary = Math.Min(size, _alignment);
                padding = (boundary - (int)(position & (boundary - 1))) & (boundary - 1);
            }

            return true;
        }

        /// <summary>Options that set something, and the error for those that mean nothing.</summary>
        public bool Control(ref LuaCall call, byte option)
        {
            switch (option)
            {
                case (byte)' ':
                    return true;
                case (byte)'>':
                    IsBigEndian = true;
                    return true;
                case (byte)'<':
                    IsBigEndian = false;
                    return true;
                case (byte)'!':
                    if (!Number(ref call, MaxAlignment, out var alignment))
                    {
                        return false;
                    }

                    if (alignment <= 0 || (alignment & (alignment - 1)) != 0)
                    {
                        call.Error($"alignment {alignment} is not a power of 2");
                        return false;
                    }

                    _alignment = alignment;
                    return true;
                default:
                    call.ArgumentError(0, $"invalid format option '{(char)option}'");
                    return false;
            }
        }

        private bool Number(ref LuaCall call, int byDefault, out int number)
        {
            number = byDefault;
            if (!More || !char.IsAsciiDigit((char)_format[_at]))
            {
                return true;
            }

            long read = 0;
            do
            {
                read = (read * 10) + _format[_at++] - '0';
                if (read > int.MaxValue)
                {
                    call.Error("integral size overflow");
                    return false;
                }
            }
            while (More && char.IsAsciiDigit((char)_format[_at]));
            number = (int)read;
            return true;
        }
    }
}
