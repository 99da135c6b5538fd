// What is known of the active calls: positions, and the names by which functions and values were reached. Nothing is kept for it while a
// program runs: names are found by following the code backwards (ldebug.c's symbolic execution) when an error is raised or a traceback asked for.
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Runtime;

internal static partial class DebugInfo
{
    /// <summary>Level of a call that a tail call took the place of.</summary>
    public const int LostTailCall = 0;

    /// <summary>
    /// lua_getstack: the frame this many levels up (0 is the running function), <see cref="LostTailCall"/> for one that tail calls replaced,
    /// -1 beyond the last.
    /// </summary>
    public static int FrameAt(LuaThread thread, int level)
    {
        var frame = thread.FrameIndex;
        for (; level > 0 && frame > 0; frame--)
        {
            level--;
            if (thread.Frames[frame].IsLua) level -= thread.Frames[frame].TailCalls;
        }
        if (level == 0 && frame > 0) return frame;
        return level < 0 ? LostTailCall : -1;
    }

    /// <summary>luaL_where: "chunk:line: " of the Lua function this many levels up; empty for host functions and lost tail calls.</summary>
    public static string Where(LuaThread thread, int level)
    {
        var frame = FrameAt(thread, level);
        if (frame <= 0 || !thread.Frames[frame].IsLua) return "";
        var line = CurrentLine(thread, frame);
        return line > 0 ? $"{ShortSource(ClosureAt(thread, frame).Prototype)}:{line}: " : "";
    }

    public static LuaClosure ClosureAt(LuaThread thread, int frame) => (LuaClosure)thread.Stack[thread.Frames[frame].Func].AsFunction;

    /// <summary>The instruction that the Lua function at this frame is executing.</summary>
    public static int CurrentPc(LuaThread thread, int frame) => Math.Max(thread.Frames[frame].Pc - 1, 0);

    /// <summary>-1 for a host function.</summary>
    public static int CurrentLine(LuaThread thread, int frame)
    {
        if (!thread.Frames[frame].IsLua) return -1;
        var lines = ClosureAt(thread, frame).Prototype.Lines;
        var pc = CurrentPc(thread, frame);
        return pc < lines.Length ? lines[pc] : -1;
    }

    /// <summary>The chunk's name as messages show it, one char for each byte.</summary>
    public static string ShortSource(Prototype prototype) =>
        Text.FromBytes(ChunkName.Display(prototype.Source.Span.ToArray(), ChunkName.SizeInRuntimeErrors));

    /// <summary>The name by which the call at this frame was made, and its kind ("global", "local", "method", "field", "upvalue"); null when unknown.</summary>
    public static (string? Name, string Kind) FunctionName(LuaThread thread, int frame)
    {
        ref var called = ref thread.Frames[frame];
        if (frame < 2 || (called.IsLua && called.TailCalls > 0) || !thread.Frames[frame - 1].IsLua) return (null, "");
        var caller = frame - 1;
        var instruction = ClosureAt(thread, caller).Prototype.Code[CurrentPc(thread, caller)];
        return instruction.OpCode is OpCode.Call or OpCode.TailCall or OpCode.TForLoop
            ? NameOfRegister(ClosureAt(thread, caller).Prototype, CurrentPc(thread, caller), instruction.A)
            : (null, "");
    }

    /// <summary>"local 'x'", "field 'y'", … for a register of the running Lua function; null when nothing is known.</summary>
    public static string? DescribeRegister(LuaThread thread, int register)
    {
        if (!thread.Frames[thread.FrameIndex].IsLua) return null;
        var (name, kind) = NameOfRegister(ClosureAt(thread, thread.FrameIndex).Prototype, CurrentPc(thread, thread.FrameIndex), register);
        return name is null ? null : $"{kind} '{name}'";
    }

    // getobjname
    static (string? Name, string Kind) NameOfRegister(Prototype prototype, int pc, int register)
    {
        while (true)
        {
            if (prototype.LocalName(register + 1, pc) is { } local) return (NameText(local), "local");
            var instruction = LastWrite(prototype, pc, register);
            switch (instruction.OpCode)
            {
                case OpCode.GetGlobal:
                    return (NameText(prototype.Constants[instruction.Bx].AsString), "global");
                case OpCode.Move when instruction.B < instruction.A:
                    register = instruction.B;
                    continue;
                case OpCode.GetTable:
                    return (ConstantName(prototype, instruction.C), "field");
                case OpCode.GetUpval:
                    return (instruction.B < prototype.UpvalueCount ? NameText(prototype.UpvalueNames[instruction.B]) : "?", "upvalue");
                case OpCode.Self:
                    return (ConstantName(prototype, instruction.C), "method");
                default:
                    return (null, "");
            }
        }
    }

    // symbexec: the last instruction before pc that changed the register, following forward jumps only. The final return stands for none.
    static Instruction LastWrite(Prototype prototype, int lastPc, int register)
    {
        var code = prototype.Code;
        var last = code.Length - 1;
        for (var pc = 0; pc < lastPc; pc++)
        {
            var i = code[pc];
            if (OpModes.Of(i.OpCode).SetsA && i.A == register) last = pc;
            switch (i.OpCode)
            {
                case OpCode.LoadNil:
                    if (i.A <= register && register <= i.B) last = pc;
                    break;
                case OpCode.Self:
                    if (register == i.A + 1) last = pc;
                    break;
                case OpCode.TForLoop:
                    if (register >= i.A + 2) last = pc;
                    break;
                case OpCode.ForLoop:
                case OpCode.ForPrep:
                case OpCode.Jmp:
                    var target = pc + 1 + i.SBx;
                    if (pc < target && target <= lastPc) pc += i.SBx;
                    break;
                case OpCode.Call:
                case OpCode.TailCall:
                    if (register >= i.A) last = pc;
                    break;
                case OpCode.SetList:
                    if (i.C == 0) pc++;
                    break;
                case OpCode.Closure:
                    pc += prototype.Children[i.Bx].UpvalueCount;
                    break;
            }
        }
        return code[last];
    }

    static string ConstantName(Prototype prototype, int rk) =>
        Instruction.IsConstant(rk) && prototype.Constants[Instruction.ConstantIndex(rk)] is { IsString: true } name ? NameText(name.AsString) : "?";

    // A name in a message ends at its first zero byte, as it does in C.
    static string NameText(ByteString name)
    {
        var bytes = name.Span;
        var end = bytes.IndexOf((byte)0);
        return Text.FromBytes(end < 0 ? bytes : bytes[..end]);
    }
}
