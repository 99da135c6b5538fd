// An expression under compilation (PUC's expdesc): where its value is, or what code will put it somewhere.
namespace Evalsha.Lua.Bytecode;

internal enum ExpressionKind : byte
{
    /// <summary>No value.</summary>
    Void,
    Nil,
    True,
    False,
    /// <summary>Info: index of a constant.</summary>
    Constant,
    /// <summary>Value: a number that is not yet a constant, so that it can be folded.</summary>
    Number,
    /// <summary>Info: register of a local variable.</summary>
    Local,
    /// <summary>Info: index of an upvalue.</summary>
    Upvalue,
    /// <summary>Info: constant that names the global.</summary>
    Global,
    /// <summary>Info: register of the table. Aux: register or constant (RK) of the key.</summary>
    Indexed,
    /// <summary>Info: pc of a conditional jump.</summary>
    Jump,
    /// <summary>Info: pc of an instruction whose A is still free.</summary>
    Relocatable,
    /// <summary>Info: the register that holds the value.</summary>
    Register,
    /// <summary>Info: pc of a call.</summary>
    Call,
    /// <summary>Info: pc of a VarArg.</summary>
    VarArg,
}

internal struct ExpressionCode
{
    internal ExpressionKind Kind;
    internal int Info;
    internal int Aux;
    internal double Value;
    /// <summary>Jumps taken when the value is true, and when it is false: lists linked through the jump offsets.</summary>
    internal int TrueJumps;
    internal int FalseJumps;

    internal ExpressionCode(ExpressionKind kind, int info)
    {
        Kind = kind;
        Info = info;
        Aux = 0;
        Value = 0;
        TrueJumps = FunctionBuilder.NoJump;
        FalseJumps = FunctionBuilder.NoJump;
    }

    internal static ExpressionCode OfNumber(double value) => new(ExpressionKind.Number, 0) { Value = value };

    internal readonly bool HasJumps => TrueJumps != FalseJumps;

    internal readonly bool IsNumeral => Kind == ExpressionKind.Number && TrueJumps == FunctionBuilder.NoJump && FalseJumps == FunctionBuilder.NoJump;

    /// <summary>May give any number of values.</summary>
    internal readonly bool IsMulti => Kind is ExpressionKind.Call or ExpressionKind.VarArg;
}
