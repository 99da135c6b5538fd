// What each opcode does with its operands: the facts by which the code generator finds the test before a jump,
// the symbolic execution behind error texts follows register writes, and a listing is printed.
// Always true: one row for each OpCode, in its order.
namespace Evalsha.Lua.Bytecode;

/// <summary>How the 26 bits beside opcode and A are cut.</summary>
public enum OperandLayout : byte { ABC, ABx, AsBx }

/// <summary>What operand B or C is.</summary>
public enum OperandKind : byte
{
    /// <summary>Not used.</summary>
    None,
    /// <summary>A plain number (count, upvalue, flag).</summary>
    Number,
    /// <summary>A register or a jump offset.</summary>
    Register,
    /// <summary>A constant or a register (RK).</summary>
    Constant,
}

/// <summary>The facts of one opcode, as in PUC's luaP_opmodes.</summary>
public readonly struct OpMode
{
    internal OpMode(bool isTest, bool setsA, OperandKind b, OperandKind c, OperandLayout layout)
    {
        IsTest = isTest;
        SetsA = setsA;
        B = b;
        C = c;
        Layout = layout;
    }

    /// <summary>The next instruction is a jump that this one may skip.</summary>
    public bool IsTest { get; }
    /// <summary>Register A is written.</summary>
    public bool SetsA { get; }
    public OperandKind B { get; }
    public OperandKind C { get; }
    public OperandLayout Layout { get; }
}

/// <summary>The table of <see cref="OpMode"/> rows.</summary>
public static class OpModes
{
    private static readonly OpMode[] Rows =
    [
        //   test   A      B                     C                     layout
        new(false, true,  OperandKind.Register, OperandKind.None,     OperandLayout.ABC),   // Move
        new(false, true,  OperandKind.Constant, OperandKind.None,     OperandLayout.ABx),   // LoadK
        new(false, true,  OperandKind.Number,   OperandKind.Number,   OperandLayout.ABC),   // LoadBool
        new(false, true,  OperandKind.Register, OperandKind.None,     OperandLayout.ABC),   // LoadNil
        new(false, true,  OperandKind.Number,   OperandKind.None,     OperandLayout.ABC),   // GetUpval
        new(false, true,  OperandKind.Constant, OperandKind.None,     OperandLayout.ABx),   // GetGlobal
        new(false, true,  OperandKind.Register, OperandKind.Constant, OperandLayout.ABC),   // GetTable
        new(false, false, OperandKind.Constant, OperandKind.None,     OperandLayout.ABx),   // SetGlobal
        new(false, false, OperandKind.Number,   OperandKind.None,     OperandLayout.ABC),   // SetUpval
        new(false, false, OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // SetTable
        new(false, true,  OperandKind.Number,   OperandKind.Number,   OperandLayout.ABC),   // NewTable
        new(false, true,  OperandKind.Register, OperandKind.Constant, OperandLayout.ABC),   // Self
        new(false, true,  OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Add
        new(false, true,  OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Sub
        new(false, true,  OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Mul
        new(false, true,  OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Div
        new(false, true,  OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Mod
        new(false, true,  OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Pow
        new(false, true,  OperandKind.Register, OperandKind.None,     OperandLayout.ABC),   // Unm
        new(false, true,  OperandKind.Register, OperandKind.None,     OperandLayout.ABC),   // Not
        new(false, true,  OperandKind.Register, OperandKind.None,     OperandLayout.ABC),   // Len
        new(false, true,  OperandKind.Register, OperandKind.Register, OperandLayout.ABC),   // Concat
        new(false, false, OperandKind.Register, OperandKind.None,     OperandLayout.AsBx),  // Jmp
        new(true,  false, OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Eq
        new(true,  false, OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Lt
        new(true,  false, OperandKind.Constant, OperandKind.Constant, OperandLayout.ABC),   // Le
        new(true,  true,  OperandKind.Register, OperandKind.Number,   OperandLayout.ABC),   // Test
        new(true,  true,  OperandKind.Register, OperandKind.Number,   OperandLayout.ABC),   // TestSet
        new(false, true,  OperandKind.Number,   OperandKind.Number,   OperandLayout.ABC),   // Call
        new(false, true,  OperandKind.Number,   OperandKind.Number,   OperandLayout.ABC),   // TailCall
        new(false, false, OperandKind.Number,   OperandKind.None,     OperandLayout.ABC),   // Return
        new(false, true,  OperandKind.Register, OperandKind.None,     OperandLayout.AsBx),  // ForLoop
        new(false, true,  OperandKind.Register, OperandKind.None,     OperandLayout.AsBx),  // ForPrep
        new(true,  false, OperandKind.None,     OperandKind.Number,   OperandLayout.ABC),   // TForLoop
        new(false, false, OperandKind.Number,   OperandKind.Number,   OperandLayout.ABC),   // SetList
        new(false, false, OperandKind.None,     OperandKind.None,     OperandLayout.ABC),   // Close
        new(false, true,  OperandKind.Number,   OperandKind.None,     OperandLayout.ABx),   // Closure
        new(false, true,  OperandKind.Number,   OperandKind.None,     OperandLayout.ABC),   // VarArg
    ];

    /// <summary>The facts of one opcode.</summary>
    public static OpMode Of(OpCode op) => Rows[(int)op];
}
