// Which functions are worth compiling. The loop counts nothing for it: where a stretch of steps ends anyway, the running function and the one
// it is about to call are noted, and a function noted often enough is hot. So a program that is over in a moment compiles nothing.
using System.Runtime.CompilerServices;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Compiled;

internal static class Hotness
{
    /// <summary>Steps between two looks.</summary>
    public const int SampleInterval = 2048;

    /// <summary>Looks before anything is compiled: the compiler itself is loaded first, which a program of a few milliseconds had better not pay for.</summary>
    private const int LooksBefore = 64;

    /// <summary>Looks after which a function is hot: about what compiling it costs was spent in it.</summary>
    private const int Hot = 16;

    /// <summary>Both, where another core compiles: nobody waits, so it may begin sooner.</summary>
    private const int LooksBeforeInBackground = 8;
    private const int HotInBackground = 8;

    /// <summary>A look at a call weighs more: its step stands for a whole call, not for one instruction of a loop.</summary>
    private const int CallWeight = 8;

    /// <summary>A function that compiled code had to leave for weighs one look in this many calls.</summary>
    private const int CalledWeight = 1;

    /// <summary>Calls by the host that count as one look at a call; a power of two.</summary>
    public const int EntriesPerLook = 1024;

    /// <summary>Instructions of the largest function that is compiled; above it the runtime would not optimise the method.</summary>
    private const int InstructionsMax = 800;

    /// <summary>Methods made for one function before it is left to the interpreter for good.</summary>
    private const int VersionsMax = 10;

    public static void Sample(LuaState state)
    {
        InstallFinished(state);
        var thread = state.RunningThread;
        ref var frame = ref thread.Frames[thread.FrameIndex];
        state.CompilerLooks++;
        if (!frame.IsLua) return;
        var code = Unsafe.As<LuaClosure>(thread.Stack[frame.Func].Ref!).Code;
        var last = code.Prototype.Code[Math.Max(frame.Pc - 1, 0)];
        if (last.OpCode is OpCode.Call or OpCode.TailCall)
        {
            if (thread.Stack[frame.Base + last.A] is { IsFunction: true, Ref: LuaClosure callee })
            {
                Warm(state, callee.Code, CallWeight, new Specimen(callee, thread, frame.Base + last.A + 1));
            }
            Warm(state, code, CallWeight, Specimen.Running(thread));
            return;
        }
        Warm(state, code, 1, Specimen.Running(thread));
    }

    /// <summary>Compiled code left for this function, and would again.</summary>
    public static void CalledFromCompiled(LuaThread thread, Executable code)
    {
        if (thread.State.Options.Tier != LuaTier.Interpreted) Warm(thread.State, code, CalledWeight, Specimen.Running(thread));
    }

    /// <summary>The host calls this function again and again, as table.sort does: no look at the running function would find it there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool EnteredByHost(LuaThread thread, Executable code)
    {
        if (thread.State.Options.Tier == LuaTier.Automatic) Warm(thread.State, code, CallWeight, Specimen.Running(thread));
        return code.Body is not null;
    }

    private static void Warm(LuaState state, Executable code, int by, in Specimen specimen)
    {
        var (hot, before) = state.Finishing is null ? (Hot, LooksBefore) : (HotInBackground, LooksBeforeInBackground);
        if (code.Body is not null || code.Heat < 0 || (code.Heat = Math.Min(code.Heat + by, hot)) < hot || state.CompilerLooks < before) return;
        Compile(state, code, specimen);
    }

    /// <summary>Compiles the function, unless it is too large or has failed before.</summary>
    public static void Compile(LuaState state, Executable code, in Specimen specimen)
    {
        if (code.Body is not null || code.Heat < 0 || state.IsCompiledOff) return;
        code.Heat = -1;
        if (!RuntimeFeature.IsDynamicCodeCompiled || code.Words.Length > InstructionsMax) return;
        if (code.Originals.Length == 0) code.Originals = (ulong[])code.Words.Clone();
        code.Compiled ??= new CompiledCode(code.Words.Length);
        Translate(state, code, specimen);
    }

    // What the compiler allocates is not the program's.
    private static void Translate(LuaState state, Executable code, in Specimen specimen)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        code.Compiled!.Renew();
        var translator = new Translator(code, specimen, state.TypeMetatables[(int)LuaType.String]);
        if (translator.JumpsIntoData)
        {
            state.ForgetAllocated(GC.GetAllocatedBytesForCurrentThread() - allocated);
            return;
        }
        var translation = translator.Translate();
        if (state.Finishing is { } finishing)
        {
            code.Compiled.IsAwaited = true;
            finishing.Add(translation);
        }
        else
        {
            translation.Finish();
            Install(translation);
        }
        state.ForgetAllocated(GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    private static void InstallFinished(LuaState state)
    {
        if (state.Finishing is not { HasFinished: true } finishing) return;
        while (finishing.TryTake(out var translation))
        {
            translation.Code.Compiled!.IsAwaited = false;
            if (!state.IsCompiledOff) Install(translation);
        }
    }

    private static void Install(Translation translation)
    {
        var code = translation.Code;
        code.Body = translation.Body;
        for (var entry = 0; entry < translation.Entries.Length; entry++)
        {
            // The operands stay where they are: what completes an instruction that was left reads them there.
            var position = translation.Entries[entry];
            code.Words[position] = (uint)code.Originals[position] & ~0x3Fu | Op.Compiled | (ulong)(uint)entry << 32;
        }
    }

    /// <summary>Called by compiled code: an instruction met operands it was not compiled for. The interpreter goes on at <paramref name="pc"/>.</summary>
    /// <param name="register">The register that was no number at a loop's beginning, or -1.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Deoptimise(Executable code, LuaThread thread, int pc, int blamed, int register)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        if (code.Body is null) return CompiledStatus.Deoptimise;
        if (register >= 0 ? code.Compiled!.RegisterFailed(register) : code.Compiled!.Failed(blamed)) Renew(thread, code, thread.FrameIndex);
        return CompiledStatus.Deoptimise;
    }

    /// <summary>Minus this and a register of the caller: how <see cref="DeoptimiseWrittenOut"/> is told of one.</summary>
    public const int CallersRegister = -2;

    /// <summary>The same within a function whose call was written out and whose frame has now been pushed: it learns, and the caller is made anew.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int DeoptimiseWrittenOut(Executable code, LuaThread thread, int pc, int blamed, int register)
    {
        ref var frame = ref thread.Frames[thread.FrameIndex];
        frame.Pc = pc;
        if (code.Body is null) return CompiledStatus.Deoptimise;
        var callee = Unsafe.As<LuaClosure>(thread.Stack[frame.Func].Ref!).Code;
        if (register >= 0) callee.Compiled!.NotNumbers[register] = true;
        else if (register == -1) callee.Compiled!.Generic[blamed] = true;
        else code.Compiled!.NotNumbers[CallersRegister - register] = true;
        if (code.Compiled!.Failed()) Renew(thread, code, thread.FrameIndex - 1);
        return CompiledStatus.Deoptimise;
    }

    /// <summary>Called by compiled code: a register was no number at an entry. All that are none are noted at once.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Refuse(Executable code, LuaThread thread, int entry)
    {
        if (code.Body is null) return CompiledStatus.Refused;
        var failed = false;
        var registers = thread.Stack.AsSpan(thread.Frames[thread.FrameIndex].Base);
        foreach (var register in code.Compiled!.NumbersAt[entry])
        {
            if (!registers[register].IsNumber) failed |= code.Compiled.RegisterFailed(register);
        }
        if (failed) Renew(thread, code, thread.FrameIndex);
        return CompiledStatus.Refused;
    }

    private static void Renew(LuaThread thread, Executable code, int frame)
    {
        if (code.Compiled!.IsAwaited) return;
        if (code.Compiled.Versions < VersionsMax)
        {
            Translate(thread.State, code, Specimen.At(thread, frame));
            return;
        }
        Remove(code);
    }

    /// <summary>Leaves the function to the interpreter for good. Calls that run compiled code now end in it.</summary>
    public static void Remove(Executable code)
    {
        code.Heat = -1;
        if (code.Body is null) return;
        code.Body = null;
        for (var pc = 0; pc < code.Words.Length; pc++)
        {
            if ((code.Words[pc] & 0x3F) == Op.Compiled) code.Words[pc] = code.Originals[pc];
        }
    }
}
