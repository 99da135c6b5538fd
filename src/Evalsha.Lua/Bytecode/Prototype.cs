// A compiled function without its upvalues: what the compiler makes and the interpreter runs.
// Always true: immutable once compiled, so one prototype may be run by many states at once; Lines has one entry for each instruction.
// A state's own data for a prototype (inline caches, counters) is a side array by pc that the interpreter owns, never a field here.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Bytecode;

/// <summary>How a function takes extra arguments (PUC's VARARG_* bits).</summary>
[Flags]
public enum VarargFlags : byte
{
    /// <summary>A fixed number of parameters.</summary>
    None = 0,
    /// <summary>The compatibility local <c>arg</c> exists (every function with <c>...</c>; never the main function).</summary>
    HasArg = 1,
    /// <summary>The function has <c>...</c>.</summary>
    IsVararg = 2,
    /// <summary>The table <c>arg</c> must be made at each call, since the body never uses <c>...</c> itself.</summary>
    NeedsArg = 4,
}

/// <summary>A local variable for error texts and the debug library: it is in its register from StartPc to before EndPc.</summary>
public readonly struct LocalVariableInfo(ByteString name, int startPc, int endPc)
{
    public ByteString Name { get; } = name;
    public int StartPc { get; } = startPc;
    public int EndPc { get; } = endPc;
}

/// <summary>A compiled function.</summary>
public sealed class Prototype
{
    internal Prototype(Instruction[] code, LuaValue[] constants, Prototype[] children, int[] lines,
        LocalVariableInfo[] localVariables, ByteString[] upvalueNames)
    {
        Code = code;
        Constants = constants;
        Children = children;
        Lines = lines;
        LocalVariables = localVariables;
        UpvalueNames = upvalueNames;
    }

    public Instruction[] Code { get; }
    public LuaValue[] Constants { get; }
    public Prototype[] Children { get; }

    /// <summary>The source line of each instruction; the last token read when it was made.</summary>
    public int[] Lines { get; }

    /// <summary>In order of declaration, hidden loop variables included.</summary>
    public LocalVariableInfo[] LocalVariables { get; }

    /// <summary>One for each upvalue.</summary>
    public ByteString[] UpvalueNames { get; }
    public int UpvalueCount => UpvalueNames.Length;

    /// <summary>Fixed parameters, <c>self</c> included, <c>arg</c> not.</summary>
    public required int ParameterCount { get; init; }
    public required VarargFlags Vararg { get; init; }

    /// <summary>Registers needed, 2 to 249.</summary>
    public required int MaxStackSize { get; init; }

    /// <summary>Registers below this one must be nil at entry (parameters aside): the compiler makes no LoadNil at a function's start.
    /// PUC clears the whole frame instead.</summary>
    public required int CleanRegisters { get; init; }

    /// <summary>0 for the main function.</summary>
    public required int LineDefined { get; init; }
    public required int LastLineDefined { get; init; }

    /// <summary>The chunk's name as given, with its '=' or '@' or the source text itself.</summary>
    public required ByteString Source { get; init; }

    /// <summary>The name of local variable number <paramref name="number"/> (from 1) that is active at <paramref name="pc"/>, or null.</summary>
    public ByteString? LocalName(int number, int pc)
    {
        foreach (var variable in LocalVariables)
        {
            if (variable.StartPc > pc) break;
            if (pc >= variable.EndPc) continue;
            if (--number == 0) return variable.Name;
        }
        return null;
    }
}
