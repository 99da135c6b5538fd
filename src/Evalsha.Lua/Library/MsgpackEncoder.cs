// Lua values to MessagePack as cmsgpack writes them: integers in their smallest form, other numbers as float32 when that is exact,
// tables whose keys are 1..n as arrays, others as maps in traversal order.
// Always: tables nested deeper than 16 become nil, which bounds the recursion here.
using System.Buffers.Binary;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal static class MsgpackEncoder
{
    private const int MaxNesting = 16;
    private const int StepsAtOnce = 256;

    public static bool Encode(ref LuaCall call, ref ByteBuilder builder, in LuaValue value, int level)
    {
        switch (value.Type)
        {
            case LuaType.String:
                return Bytes(ref call, ref builder, value.AsString.Span);
            case LuaType.Boolean:
                return builder.Append(ref call, value.AsBoolean ? (byte)0xC3 : (byte)0xC2);
            case LuaType.Number:
                return Number(ref call, ref builder, value.AsNumber);
            case LuaType.Table when level < MaxNesting:
                return IsArray(ref call, value.AsTable, out var isArray)
                    && (isArray ? Array(ref call, ref builder, value.AsTable, level) : Map(ref call, ref builder, value.AsTable, level));
            default:
                return builder.Append(ref call, (byte)0xC0);
        }
    }

    private static bool Bytes(ref LuaCall call, ref ByteBuilder builder, ReadOnlySpan<byte> bytes)
    {
        var header = bytes.Length switch
        {
            < 32 => builder.Append(ref call, (byte)(0xA0 | bytes.Length)),
            <= byte.MaxValue => builder.Append(ref call, [0xD9, (byte)bytes.Length]),
            <= ushort.MaxValue => WithUInt16(ref call, ref builder, 0xDA, (ushort)bytes.Length),
            _ => WithUInt32(ref call, ref builder, 0xDB, (uint)bytes.Length),
        };
        return header && builder.Append(ref call, bytes);
    }

    private static bool Number(ref LuaCall call, ref ByteBuilder builder, double number)
    {
        var integer = LuaNumber.ToInt64(number);
        if (double.IsFinite(number) && integer == number)
        {
            return Integer(ref call, ref builder, integer);
        }

        if ((float)number == number)
        {
            return WithUInt32(ref call, ref builder, 0xCA, BitConverter.SingleToUInt32Bits((float)number));
        }

        return WithUInt64(ref call, ref builder, 0xCB, BitConverter.DoubleToUInt64Bits(number));
    }

    private static bool Integer(ref LuaCall call, ref ByteBuilder builder, long n) => n switch
    {
        >= -32 and <= 127 => builder.Append(ref call, unchecked((byte)n)),
        >= 0 and <= byte.MaxValue => builder.Append(ref call, [0xCC, (byte)n]),
        >= 0 and <= ushort.MaxValue => WithUInt16(ref call, ref builder, 0xCD, (ushort)n),
        >= 0 and <= uint.MaxValue => WithUInt32(ref call, ref builder, 0xCE, (uint)n),
        >= 0 => WithUInt64(ref call, ref builder, 0xCF, (ulong)n),
        >= sbyte.MinValue => builder.Append(ref call, [0xD0, unchecked((byte)n)]),
        >= short.MinValue => WithUInt16(ref call, ref builder, 0xD1, unchecked((ushort)n)),
        >= int.MinValue => WithUInt32(ref call, ref builder, 0xD2, unchecked((uint)n)),
        _ => WithUInt64(ref call, ref builder, 0xD3, unchecked((ulong)n)),
    };

    private static bool WithUInt16(ref LuaCall call, ref ByteBuilder builder, byte tag, ushort value)
    {
        Span<byte> bytes = stackalloc byte[3];
        bytes[0] = tag;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[1..], value);
        return builder.Append(ref call, bytes);
    }

    private static bool WithUInt32(ref LuaCall call, ref ByteBuilder builder, byte tag, uint value)
    {
        Span<byte> bytes = stackalloc byte[5];
        bytes[0] = tag;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[1..], value);
        return builder.Append(ref call, bytes);
    }

    private static bool WithUInt64(ref LuaCall call, ref ByteBuilder builder, byte tag, ulong value)
    {
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = tag;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[1..], value);
        return builder.Append(ref call, bytes);
    }

    private static bool Header(ref LuaCall call, ref ByteBuilder builder, byte small, byte medium, byte large, int count) => count switch
    {
        <= 15 => builder.Append(ref call, (byte)(small | count)),
        <= ushort.MaxValue => WithUInt16(ref call, ref builder, medium, (ushort)count),
        _ => WithUInt32(ref call, ref builder, large, (uint)count),
    };

    private static bool Array(ref LuaCall call, ref ByteBuilder builder, LuaTable table, int level)
    {
        var length = table.Length;
        if (!Header(ref call, ref builder, 0x90, 0xDC, 0xDD, length))
        {
            return false;
        }

        for (var i = 1; i <= length; i++)
        {
            if ((i % StepsAtOnce == 0 && !call.Step(StepsAtOnce)) || !Encode(ref call, ref builder, table.GetInt(i), level + 1))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Map(ref LuaCall call, ref ByteBuilder builder, LuaTable table, int level)
    {
        var count = 0;
        var key = LuaValue.Nil;
        for (var position = 0; table.NextAt(ref position, ref key, out _);)
        {
            count++;
        }

        if (!call.Step(count / 16) || !Header(ref call, ref builder, 0x80, 0xDE, 0xDF, count))
        {
            return false;
        }

        key = LuaValue.Nil;
        for (var position = 0; table.NextAt(ref position, ref key, out var value);)
        {
            if (!call.Step(1) || !Encode(ref call, ref builder, key, level + 1) || !Encode(ref call, ref builder, value, level + 1))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>All keys are positive integers, and the highest is their number.</summary>
    private static bool IsArray(ref LuaCall call, LuaTable table, out bool isArray)
    {
        int count = 0, max = 0;
        var key = LuaValue.Nil;
        isArray = false;
        for (var position = 0; table.NextAt(ref position, ref key, out _);)
        {
            var number = key.IsNumber ? key.AsNumber : 0;
            if (!(number > 0 && number <= int.MaxValue) || (int)number != number)
            {
                return true;
            }

            count++;
            max = Math.Max(max, (int)number);
            if (count % StepsAtOnce == 0 && !call.Step(StepsAtOnce))
            {
                return false;
            }
        }

        isArray = max == count;
        return true;
    }
}
