// One function's code within a method: the function that is compiled, or a small one whose call was written out in it.
// Always true: a written-out function has its registers where a call would give them, from the caller's register after the called one, and its
// instructions name them so; positions are its own. Its last position, one behind the code, is where its returns meet.
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using OpCode = Evalsha.Lua.Bytecode.OpCode;

namespace Evalsha.Lua.Compiled;

internal sealed class CodePart
{
    public readonly Executable Executable;
    public readonly Prototype Function;
    public readonly Instruction[] Code;
    public readonly CompiledCode Known;
    public readonly bool[] IsData;
    public readonly bool[] IsTarget;
    public readonly Translator.Loop?[] Loops;
    public readonly byte[]?[] In;
    public readonly Label[] Labels;
    public Liveness Live = null!;

    /// <summary>The first register; 0 of the function itself.</summary>
    public readonly int Offset;

    /// <summary>Where the call stands that was written out.</summary>
    public readonly int CallPc;

    public LocalBuilder? Closure;
    public LocalBuilder? ConstantsAt;
    public LocalBuilder? WordsAt;

    public CodePart(Executable executable, int offset, int callPc)
    {
        Executable = executable;
        Function = executable.Prototype;
        Known = executable.Compiled ??= new CompiledCode(executable.Words.Length);
        if (executable.Originals.Length == 0) executable.Originals = (ulong[])executable.Words.Clone();
        Offset = offset;
        CallPc = callPc;
        Code = offset == 0 ? Function.Code : Array.ConvertAll(Function.Code, i => Moved(i, offset));
        IsData = new bool[Code.Length];
        IsTarget = new bool[Code.Length + 1];
        Loops = new Translator.Loop?[Code.Length + 1];
        In = new byte[]?[Code.Length + 1];
        Labels = new Label[Code.Length + 1];
    }

    /// <summary>Whether calls of the function can be written out: it is small, calls nothing, captures nothing, and takes and returns a known number of values.</summary>
    public static bool IsSmall(Executable executable)
    {
        var function = executable.Prototype;
        if (executable.IsVararg || executable.IsHooked || function.Code.Length > InstructionsMax || (executable.Heat < 0 && executable.Body is null && executable.Compiled is { Versions: > 0 })) return false;
        foreach (var i in function.Code)
        {
            switch (i.OpCode)
            {
                case OpCode.Call or OpCode.TailCall or OpCode.Closure or OpCode.VarArg or OpCode.TForLoop or OpCode.Concat or OpCode.SetList or OpCode.Close:
                case OpCode.Return when i.B == 0:
                    return false;
            }
        }
        return true;
    }

    /// <summary>Instructions of the largest function that is written out.</summary>
    private const int InstructionsMax = 40;

    // The same instruction on registers that lie further up.
    private static Instruction Moved(Instruction i, int by)
    {
        switch (i.OpCode)
        {
            case OpCode.Move or OpCode.Unm or OpCode.Not or OpCode.Len or OpCode.LoadNil or OpCode.TestSet:
                return i.WithA(i.A + by).WithB(i.B + by);
            case OpCode.GetTable or OpCode.Self:
                return i.WithA(i.A + by).WithB(i.B + by).WithC(Operand(i.C));
            case OpCode.SetTable or OpCode.Add or OpCode.Sub or OpCode.Mul or OpCode.Div or OpCode.Mod or OpCode.Pow:
                return i.WithA(i.A + by).WithB(Operand(i.B)).WithC(Operand(i.C));
            case OpCode.Eq or OpCode.Lt or OpCode.Le:
                return i.WithB(Operand(i.B)).WithC(Operand(i.C));
            case OpCode.Jmp:
                return i;
            default:
                return i.WithA(i.A + by);
        }

        int Operand(int rk) => Instruction.IsConstant(rk) ? rk : rk + by;
    }
}
