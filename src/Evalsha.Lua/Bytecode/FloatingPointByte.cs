// Sizes of a table constructor in one operand: eeeeexxx stands for (1xxx) * 2^(eeeee - 1), or for xxx when eeeee is 0 (PUC's luaO_int2fb).
// Always true: encoding rounds up, so a decoded size is never too small.
namespace Evalsha.Lua.Bytecode;

public static class FloatingPointByte
{
    public static int Encode(int value)
    {
        var exponent = 0;
        while (value >= 16)
        {
            value = (value + 1) >> 1;
            exponent++;
        }
        return value < 8 ? value : (exponent + 1) << 3 | (value - 8);
    }

    public static int Decode(int encoded)
    {
        var exponent = encoded >> 3 & 31;
        return exponent == 0 ? encoded : ((encoded & 7) + 8) << (exponent - 1);
    }
}
