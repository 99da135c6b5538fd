// Whether loaded bytecode keeps to the frame it declares: registers, constants, upvalues and jump targets in range (PUC's luaG_checkcode),
// and to what PUC leaves open and every compiler does: a for loop jumps back at its end only, values up to the top are taken where they were
// made, a table is made no larger than its function could fill. So no chunk that passes can run without counting steps, read a top that is not
// its own, or ask for more memory than there is. Compiled functions need no check; only Undump asks.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Bytecode;

internal static class BytecodeCheck
{
    private const int StackMax = 250;

    /// <summary>Checks one function; its children have been checked before.</summary>
    internal static bool Passes(Prototype f)
    {
        var hasArg = (f.Vararg & VarargFlags.HasArg) != 0;
        if (f.MaxStackSize > StackMax || f.ParameterCount + (hasArg ? 1 : 0) > f.MaxStackSize) return false;
        if ((f.Vararg & VarargFlags.NeedsArg) != 0 && !hasArg) return false;
        if (f.Code.Length == 0 || f.Code[^1].OpCode != OpCode.Return) return false;
        var isTarget = new bool[f.Code.Length + 1];
        for (var pc = 0; pc < f.Code.Length; pc++)
        {
            var i = f.Code[pc];
            if (!Passes(f, ref pc)) return false;
            if (OpModes.Of(i.OpCode).Layout == OperandLayout.AsBx) isTarget[pc + 1 + i.SBx] = true;
        }
        return OpenUsesPass(f, isTarget);
    }

    private static bool Passes(Prototype f, ref int pc)
    {
        var i = f.Code[pc];
        if (i.OpCode > OpCode.VarArg || i.A >= f.MaxStackSize) return false;
        var mode = OpModes.Of(i.OpCode);
        var operands = mode.Layout switch
        {
            OperandLayout.ABC => OperandPasses(f, i.B, mode.B) && OperandPasses(f, i.C, mode.C),
            OperandLayout.ABx => mode.B != OperandKind.Constant || i.Bx < f.Constants.Length,
            _ => TargetPasses(f, pc + 1 + i.SBx),
        };
        if (!operands) return false;
        if (mode.IsTest && (pc + 2 >= f.Code.Length || f.Code[pc + 1].OpCode != OpCode.Jmp)) return false;
        return MeaningPasses(f, i, ref pc);
    }

    private static bool MeaningPasses(Prototype f, Instruction i, ref int pc)
    {
        switch (i.OpCode)
        {
            case OpCode.LoadBool:
                return i.C != 1 || (pc + 2 < f.Code.Length && (f.Code[pc + 1].OpCode != OpCode.SetList || f.Code[pc + 1].C != 0));
            case OpCode.GetUpval or OpCode.SetUpval:
                return i.B < f.UpvalueCount;
            case OpCode.GetGlobal or OpCode.SetGlobal:
                return f.Constants[i.Bx].Type == LuaType.String;
            case OpCode.Self:
                return i.A + 1 < f.MaxStackSize;
            case OpCode.Concat:
                return i.B < i.C;
            case OpCode.NewTable:
                return SizePasses(f, i.B) && SizePasses(f, i.C);
            case OpCode.TForLoop:
                return i.C >= 1 && i.A + 2 + i.C < f.MaxStackSize && i.A + 5 < f.MaxStackSize; // the call of the iterator takes three
            case OpCode.ForLoop:
                return i.A + 3 < f.MaxStackSize && i.SBx < 0;
            case OpCode.ForPrep:
                return i.A + 3 < f.MaxStackSize && i.SBx >= 0;
            case OpCode.Call or OpCode.TailCall:
                if (i.B != 0 && i.A + i.B - 1 >= f.MaxStackSize) return false;
                return i.C == 0 ? IsOpenUse(f.Code[pc + 1]) : i.C == 1 || i.A + i.C - 2 < f.MaxStackSize;
            case OpCode.Return:
                return i.B <= 1 || i.A + i.B - 2 < f.MaxStackSize;
            case OpCode.SetList:
                if (i.B > 0 && i.A + i.B >= f.MaxStackSize) return false;
                return i.C != 0 || (++pc < f.Code.Length - 1 && f.Code[pc].Word <= f.Code.Length + (uint)Instruction.MaxC); // the count is the next word
            case OpCode.Closure:
                return ClosurePasses(f, i, pc);
            case OpCode.VarArg:
                if ((f.Vararg & VarargFlags.IsVararg) == 0 || (f.Vararg & VarargFlags.NeedsArg) != 0) return false;
                return i.B == 0 ? IsOpenUse(f.Code[pc + 1]) : i.B == 1 || i.A + i.B - 2 < f.MaxStackSize;
            default:
                return true;
        }
    }

    private static bool ClosurePasses(Prototype f, Instruction i, int pc)
    {
        if (i.Bx >= f.Children.Length) return false;
        var count = f.Children[i.Bx].UpvalueCount;
        if (pc + count >= f.Code.Length) return false;
        for (var capture = 1; capture <= count; capture++)
        {
            if (f.Code[pc + capture].OpCode is not (OpCode.GetUpval or OpCode.Move)) return false;
        }
        return true;
    }

    /// <summary>One LOADNIL may stand for as many items as go into a table at once; the sizes are rounded up by an eighth.</summary>
    private static bool SizePasses(Prototype f, int encoded) => (uint)FloatingPointByte.Decode(encoded) <= f.Code.Length * 64L;

    // Whoever takes the values up to the top follows whoever made them, and is not jumped to.
    private static bool OpenUsesPass(Prototype f, bool[] isTarget)
    {
        var open = -1; // the register from which the instruction before has set values up to the top
        for (var pc = 0; pc < f.Code.Length; pc++)
        {
            var i = f.Code[pc];
            var isUse = i.OpCode is OpCode.Call or OpCode.TailCall or OpCode.Return or OpCode.SetList && i.B == 0;
            if (isUse && (isTarget[pc] || i.A + (i.OpCode == OpCode.Return ? 0 : 1) > open)) return false;
            open = (i.OpCode == OpCode.Call && i.C == 0) || (i.OpCode == OpCode.VarArg && i.B == 0) || i.OpCode == OpCode.TailCall ? i.A : -1;
            if (i.OpCode == OpCode.SetList && i.C == 0) pc++;
        }
        return true;
    }

    /// <summary>Takes all values up to the top that the instruction before has set.</summary>
    private static bool IsOpenUse(Instruction next) =>
        next.OpCode is OpCode.Call or OpCode.TailCall or OpCode.Return or OpCode.SetList && next.B == 0;

    private static bool OperandPasses(Prototype f, int value, OperandKind kind) => kind switch
    {
        OperandKind.None => value == 0,
        OperandKind.Register => value < f.MaxStackSize,
        OperandKind.Constant => Instruction.IsConstant(value) ? Instruction.ConstantIndex(value) < f.Constants.Length : value < f.MaxStackSize,
        _ => true,
    };

    /// <summary>In the function, and not at the word that carries a SetList's count: that word follows an odd run of what look like such SetLists.</summary>
    private static bool TargetPasses(Prototype f, int target)
    {
        if (target < 0 || target >= f.Code.Length) return false;
        var run = 0;
        while (run < target && f.Code[target - 1 - run] is { OpCode: OpCode.SetList, C: 0 }) run++;
        return run % 2 == 0;
    }
}
