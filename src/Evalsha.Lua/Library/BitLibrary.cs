// BitOp 1.0.2 as Redis has it: 32-bit operations on numbers, results signed.
// Always: a number is taken modulo 2^32 after rounding half to even, by adding 2^52 + 2^51 and reading the low half of the sum's bits.
using System.Buffers.Binary;
using System.Numerics;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class BitLibrary
{
    private const double Shifter = 6755399441055744.0;

    /// <summary>In BitOp's order, which decides the order of <c>pairs(bit)</c>.</summary>
    public static readonly LuaFunctionRow[] Rows =
    [
        new("tobit", static (ref LuaCall call) => Argument(ref call, 0, out var b) ? Return(ref call, b) : LuaCall.Raised),
        new("bnot", static (ref LuaCall call) => Argument(ref call, 0, out var b) ? Return(ref call, ~b) : LuaCall.Raised),
        new("band", And),
        new("bor", Or),
        new("bxor", Xor),
        new("lshift", static (ref LuaCall call) => Shift(ref call, out var b, out var n) ? Return(ref call, b << n) : LuaCall.Raised),
        new("rshift", static (ref LuaCall call) => Shift(ref call, out var b, out var n) ? Return(ref call, b >> n) : LuaCall.Raised),
        new("arshift", static (ref LuaCall call) => Shift(ref call, out var b, out var n) ? Return(ref call, unchecked((uint)((int)b >> n))) : LuaCall.Raised),
        new("rol", static (ref LuaCall call) => Shift(ref call, out var b, out var n) ? Return(ref call, BitOperations.RotateLeft(b, n)) : LuaCall.Raised),
        new("ror", static (ref LuaCall call) => Shift(ref call, out var b, out var n) ? Return(ref call, BitOperations.RotateRight(b, n)) : LuaCall.Raised),
        new("bswap", static (ref LuaCall call) => Argument(ref call, 0, out var b) ? Return(ref call, BinaryPrimitives.ReverseEndianness(b)) : LuaCall.Raised),
        new("tohex", ToHex),
    ];

    public static LuaTable Open(LuaState state) => LibraryTable.Make(state, Rows);

    private static bool Argument(ref LuaCall call, int index, out uint bits)
    {
        var isNumber = call.CheckNumber(index, out var number);
        bits = unchecked((uint)BitConverter.DoubleToInt64Bits(number + Shifter));
        return isNumber;
    }

    private static bool Shift(ref LuaCall call, out uint bits, out int count)
    {
        count = 0;
        if (!Argument(ref call, 0, out bits) || !Argument(ref call, 1, out var n))
        {
            return false;
        }

        count = (int)(n & 31);
        return true;
    }

    private static int Return(ref LuaCall call, uint bits) => call.Return((double)unchecked((int)bits));

    // The first argument, then the others from the last: the order in which BitOp notices a wrong one.
    private static int And(ref LuaCall call)
    {
        if (!Argument(ref call, 0, out var bits))
        {
            return LuaCall.Raised;
        }

        for (var i = call.Count - 1; i > 0; i--)
        {
            if (!Argument(ref call, i, out var other))
            {
                return LuaCall.Raised;
            }

            bits &= other;
        }

        return Return(ref call, bits);
    }

    private static int Or(ref LuaCall call)
    {
        if (!Argument(ref call, 0, out var bits))
        {
            return LuaCall.Raised;
        }

        for (var i = call.Count - 1; i > 0; i--)
        {
            if (!Argument(ref call, i, out var other))
            {
                return LuaCall.Raised;
            }

            bits |= other;
        }

        return Return(ref call, bits);
    }

    private static int Xor(ref LuaCall call)
    {
        if (!Argument(ref call, 0, out var bits))
        {
            return LuaCall.Raised;
        }

        for (var i = call.Count - 1; i > 0; i--)
        {
            if (!Argument(ref call, i, out var other))
            {
                return LuaCall.Raised;
            }

            bits ^= other;
        }

        return Return(ref call, bits);
    }

    private static int ToHex(ref LuaCall call)
    {
        if (!Argument(ref call, 0, out var bits))
        {
            return LuaCall.Raised;
        }

        var count = 8;
        if (call.Count > 1)
        {
            if (!Argument(ref call, 1, out var wanted))
            {
                return LuaCall.Raised;
            }

            count = unchecked((int)wanted);
        }

        var digits = count < 0 ? "0123456789ABCDEF"u8 : "0123456789abcdef"u8;
        count = (int)Math.Min(Math.Abs((long)count), 8);
        Span<byte> text = stackalloc byte[8];
        for (var i = count - 1; i >= 0; i--)
        {
            text[i] = digits[(int)(bits & 15)];
            bits >>= 4;
        }

        return call.Return((ReadOnlySpan<byte>)text[..count]);
    }
}
