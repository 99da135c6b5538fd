// One instruction: 32 bits, cut as PUC 5.1 cuts them, so that a dumped function is the same bytes.
//   bits 0-5 opcode | 6-13 A (8 bits) | 14-22 C (9 bits) | 23-31 B (9 bits); Bx is the 18 bits of B and C together, sBx is Bx - 131071.
// Every property is one shift and one mask, so that the interpreter inlines them.
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Bytecode;

/// <summary>A machine word of the Lua virtual machine.</summary>
public readonly struct Instruction(uint word)
{
    /// <summary>Largest A (a register).</summary>
    public const int MaxA = 255;
    /// <summary>Largest B and C.</summary>
    public const int MaxB = 511, MaxC = 511;
    /// <summary>Largest Bx (constants and children of one function).</summary>
    public const int MaxBx = (1 << 18) - 1;
    /// <summary>Largest distance of a jump.</summary>
    public const int MaxSBx = MaxBx >> 1;
    /// <summary>Added to a constant's index in an RK operand; a smaller operand is a register.</summary>
    public const int ConstantBit = 256;
    /// <summary>Largest constant index that fits an RK operand.</summary>
    public const int MaxIndexRK = ConstantBit - 1;
    /// <summary>An A that names no register (an 8-bit operand's largest value).</summary>
    public const int NoRegister = MaxA;

    public uint Word { get; } = word;

    public OpCode OpCode
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (OpCode)(Word & 0x3F);
    }

    public int A
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(Word >> 6) & 0xFF;
    }

    public int B
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(Word >> 23);
    }

    public int C
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(Word >> 14) & 0x1FF;
    }

    public int Bx
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(Word >> 14);
    }

    public int SBx
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (int)(Word >> 14) - MaxSBx;
    }

    public static Instruction ABC(OpCode op, int a, int b, int c) => new((uint)op | (uint)a << 6 | (uint)b << 23 | (uint)c << 14);
    public static Instruction ABx(OpCode op, int a, int bx) => new((uint)op | (uint)a << 6 | (uint)bx << 14);
    public static Instruction AsBx(OpCode op, int a, int sBx) => ABx(op, a, sBx + MaxSBx);

    public Instruction WithOpCode(OpCode op) => new(Word & ~0x3Fu | (uint)op);
    public Instruction WithA(int a) => new(Word & ~(0xFFu << 6) | (uint)a << 6);
    public Instruction WithB(int b) => new(Word & ~(0x1FFu << 23) | (uint)b << 23);
    public Instruction WithC(int c) => new(Word & ~(0x1FFu << 14) | (uint)c << 14);
    public Instruction WithSBx(int sBx) => new(Word & 0x3FFFu | (uint)(sBx + MaxSBx) << 14);

    /// <summary>Whether an RK operand names a constant.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsConstant(int rk) => rk >= ConstantBit;

    /// <summary>The constant's index of an RK operand for which <see cref="IsConstant"/> holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ConstantIndex(int rk) => rk - ConstantBit;

    public override string ToString() => $"{OpCode} {A} {B} {C} (Bx {Bx}, sBx {SBx})";
}
