// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Lua/LoopBench.cs.
// What compiled functions call, and how the loop enters them. Answers are CompiledStatus, 0 being "go on".
// Always true: at each of these calls the registers that can still be read lie in the stack and the position is given, so the interpreter could
// take over there; and it does so whenever compiled code cannot go on: too many nested C# frames, a callee that is not compiled, a yield.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Compiled;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>Nested C# frames of compiled functions in one state; deeper calls are the interpreter's.</summary>
    const int CompiledLevelsMax = 200;

    /// <summary>Levels between two looks at the room left on the .NET stack; they take far less than the 64 KB that the runtime keeps in reserve.</summary>
    const int CompiledLevelsUnasked = 16;

    // Whether one more C# frame may be entered; the next few need not ask again.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool HasCompiledLevel(LuaState state)
    {
        if (state.CompiledLevels >= CompiledLevelsMax || !RuntimeHelpers.TryEnsureSufficientExecutionStack()) return false;
        state.CompiledLevelsAllowed = Math.Min(state.CompiledLevels + CompiledLevelsUnasked, CompiledLevelsMax);
        return true;
    }

    /// <summary>The loop has come to an entry of the running function.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static int EnterCompiled(LuaThread thread, LuaClosure closure, uint entry)
    {
        var state = thread.State;
        if (closure.Code.Body is not { } body || state.IsCompiledOff || !HasCompiledLevel(state)) return CompiledStatus.Refused;
        state.CompiledLevels++;
        var status = body(thread, closure, thread.Frames[thread.FrameIndex].Base, (int)entry);
        while (status == CompiledStatus.TailCalled)
        {
            closure = Unsafe.As<LuaClosure>(thread.Stack[thread.Frames[thread.FrameIndex].Func].Ref!);
            status = closure.Code.Body is { } next ? next(thread, closure, thread.Frames[thread.FrameIndex].Base, 0) : CompiledStatus.Continue;
        }
        state.CompiledLevels--;
        return status;
    }

    /// <summary>Runs the frame that was just pushed for the host: compiled if it can be, else by the loop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool RunEntered(LuaThread thread, Executable code)
    {
        if (code.Body is null && ((++code.Entered & Hotness.EntriesPerLook - 1) != 0 || !Hotness.EnteredByHost(thread, code)))
        {
            return Execute(thread) == RunStatus.Done;
        }
        return RunEnteredCompiled(thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool RunEnteredCompiled(LuaThread thread)
    {
        switch (EnterCompiled(thread, Unsafe.As<LuaClosure>(thread.Stack[thread.Frames[thread.FrameIndex].Func].Ref!), 0))
        {
            case CompiledStatus.Left:
                return true;
            case CompiledStatus.Raised:
                // The nearest pcall of this activation goes on in the loop.
                return Unwind(thread) && Execute(thread) == RunStatus.Done;
            case CompiledStatus.Yielded:
                return false;
            default:
                return Execute(thread) == RunStatus.Done;
        }
    }

    /// <summary>How a compiled function was entered, beside the number of an entry: by a plain call that wants one result, or none.</summary>
    internal const int CalledForOne = -1;
    internal const int CalledForNone = -2;

    /// <summary>CALL with a known number of arguments.</summary>
    [MethodImpl(Optimised.AtOnce)]
    internal static int CallFromCompiled(LuaThread thread, ref LuaValue called, int func, int arguments, int wanted, int pc)
    {
        var state = thread.State;
        var mine = thread.FrameIndex;
        ref var ci = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Frames), mine);
        ci.Pc = pc;
        if (--state.StepsLeft >= 0 && called.Bits == LuaValue.FunctionTag && called.Ref!.GetType() == typeof(LuaClosure))
        {
            var callee = Unsafe.As<LuaClosure>(called.Ref);
            var code = callee.Code;
            if (code.Body is { } body && func + code.EntrySlots < thread.StackLimit && mine + 1 < thread.Frames.Length
                && state.CompiledLevels < state.CompiledLevelsAllowed)
            {
                thread.FrameIndex = mine + 1;
                ci = ref Unsafe.Add(ref ci, 1);
                ci.Func = func;
                ci.Base = func + 1;
                ci.Wanted = wanted;
                ci.Kind = 0;
                ci.Pc = 0;
                CleanRegisters(ref called, arguments, code);
                state.CompiledLevels++;
                var status = body(thread, callee, func + 1, wanted is 0 or 1 ? wanted - 2 : 0);
                state.CompiledLevels--;
                if (status != CompiledStatus.Done) return AfterCallee(thread, mine, status);
                thread.FrameIndex = mine;
                return CompiledStatus.Done;
            }
        }
        return CallOther(thread, func, arguments, wanted, mine);
    }

    /// <summary>CALL with a known number of arguments, of what is expected to be a function of the host.</summary>
    internal static int CallHostFromCompiled(LuaThread thread, ref LuaValue called, int func, int arguments, int wanted, int pc)
    {
        if (called.Bits != LuaValue.FunctionTag || called.Ref!.GetType() != typeof(LuaHostFunction)) return CallFromCompiled(thread, ref called, func, arguments, wanted, pc);
        var state = thread.State;
        var mine = thread.FrameIndex;
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Frames), mine).Pc = pc;
        if (--state.StepsLeft < 0 && !SpendSteps(state)) return CompiledStatus.Raised;
        var outcome = CallShort(thread, Unsafe.As<LuaHostFunction>(called.Ref), ref called, func, arguments, wanted);
        return outcome == CallOutcome.Completed && !state.IsCompiledOff ? CompiledStatus.Done : AfterOutcome(thread, mine, outcome);
    }

    /// <summary>Registers of the callee that begin as nil.</summary>
    internal static void CleanRegisters(ref LuaValue called, int arguments, Executable code)
    {
        for (var clean = Math.Min(arguments, code.ParameterCount); clean < code.CleanUpTo; clean++)
        {
            LuaValue.WriteBits(ref Unsafe.Add(ref called, clean + 1), LuaValue.NilTag);
        }
    }

    /// <summary>CALL whose arguments end at the thread's top.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int CallOpenFromCompiled(LuaThread thread, int func, int wanted, int pc) =>
        CallFromCompiled(thread, ref thread.Stack[func], func, thread.Top - func - 1, wanted, pc);

    // As the loop's InterruptBefore: the instruction is begun again after each look at the budgets.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool SpendSteps(LuaState state)
    {
        do
        {
            if (!state.OnStepsSpent()) return false;
        }
        while (--state.StepsLeft < 0);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int CallOther(LuaThread thread, int func, int arguments, int wanted, int mine)
    {
        if (thread.State.StepsLeft < 0 && !SpendSteps(thread.State)) return CompiledStatus.Raised;
        ref var called = ref thread.Stack[func];
        var outcome = called.Bits == LuaValue.FunctionTag && called.Ref!.GetType() == typeof(LuaHostFunction)
            ? CallShort(thread, Unsafe.As<LuaHostFunction>(called.Ref!), ref called, func, arguments, wanted)
            : PrepareCall(thread, func, arguments, wanted, 0);
        return AfterOutcome(thread, mine, outcome);
    }

    static int AfterOutcome(LuaThread thread, int mine, CallOutcome outcome) => outcome switch
    {
        CallOutcome.Completed => thread.State.IsCompiledOff ? CompiledStatus.Continue : CompiledStatus.Done,
        CallOutcome.Entered => RunAbove(thread, mine),
        CallOutcome.Raised => AfterCallee(thread, mine, CompiledStatus.Raised),
        _ => CompiledStatus.Yielded,
    };

    // A frame was pushed above the compiled caller's: run it here if it is compiled, else leave it to the loop.
    static int RunAbove(LuaThread thread, int mine)
    {
        var state = thread.State;
        int status;
        do
        {
            ref var frame = ref thread.Frames[thread.FrameIndex];
            var closure = Unsafe.As<LuaClosure>(thread.Stack[frame.Func].Ref!);
            if (closure.Code.Body is null) Hotness.CalledFromCompiled(thread, closure.Code);
            if (closure.Code.Body is not { } body || state.IsCompiledOff || (state.CompiledLevels >= state.CompiledLevelsAllowed && !HasCompiledLevel(state)))
            {
                return CompiledStatus.Continue;
            }
            // A plain call, a metamethod's or an iterator's for at most one result leaves it in the function's place, and its frame to be taken off here.
            var func = frame.Func;
            var kind = frame.Kind & FrameKind.Mask;
            var isShort = frame.Wanted is 0 or 1 && kind is 0 or FrameKind.Metamethod or FrameKind.Iterator;
            state.CompiledLevels++;
            status = body(thread, closure, frame.Base, isShort ? frame.Wanted + CalledForNone : 0);
            state.CompiledLevels--;
            if (status != CompiledStatus.Done || !isShort) continue;
            if (kind == FrameKind.Metamethod)
            {
                EndMetamethod(thread, mine, func);
            }
            else
            {
                thread.FrameIndex = mine;
                if (kind == FrameKind.Iterator)
                {
                    state.HostLevels--;
                    FinishIterator(thread);
                }
            }
        }
        while (status == CompiledStatus.TailCalled); // any number of tail calls takes one C# frame
        return AfterCallee(thread, mine, status);
    }

    // A metamethod has left its result in its own place, its frame being on the list still.
    static void EndMetamethod(LuaThread thread, int mine, int func)
    {
        ref var frame = ref thread.Frames[mine + 1];
        ref var result = ref thread.Stack[func];
        if (frame.ResultOffset >= 0 && frame.Wanted != 0)
        {
            FinishMetamethod(thread, ref result);
            return;
        }
        if (frame.ResultOffset < 0) LuaValue.Copy(ref Unsafe.Add(ref result, frame.ResultOffset), ref result);
        thread.State.HostLevels--;
        thread.FrameIndex = mine;
    }

    // What is above the compiled caller has ended in some way. Done: its call is over and the caller may go on.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int AfterCallee(LuaThread thread, int mine, int status)
    {
        switch (status)
        {
            case CompiledStatus.TailCalled:
                return RunAbove(thread, mine);
            case CompiledStatus.Raised:
                // A pcall that the caller itself called catches it here; any other is the loop's.
                if (thread.FrameIndex <= mine || (thread.Frames[mine + 1].Kind & FrameKind.Protected) == 0) return CompiledStatus.Raised;
                Unwind(thread);
                break;
            case CompiledStatus.Done:
            case CompiledStatus.Continue:
                break;
            default:
                return status;
        }
        return thread.FrameIndex == mine && !thread.State.IsCompiledOff ? CompiledStatus.Done : CompiledStatus.Continue;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int TailCallFromCompiled(LuaThread thread, uint word, int pc)
    {
        var mine = thread.FrameIndex;
        thread.Frames[mine].Pc = pc;
        if (--thread.State.StepsLeft < 0 && !SpendSteps(thread.State)) return CompiledStatus.Raised;
        var outcome = TailCall(thread, new Instruction(word));
        // A Lua function has taken the frame's place; pcall has put frames above it.
        if (outcome == CallOutcome.Entered && thread.FrameIndex == mine) return CompiledStatus.TailCalled;
        return AfterOutcome(thread, mine, outcome);
    }

    /// <summary>TFORLOOP: <see cref="IteratorNext"/>, <see cref="IteratorNextUncounted"/>, <see cref="IteratorEnd"/> or a status above 0.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int IterateFromCompiled(LuaThread thread, ref LuaValue loop, ref ulong word, int pc)
    {
        var mine = thread.FrameIndex;
        thread.Frames[mine].Pc = pc;
        if (--thread.State.StepsLeft < 0 && !SpendSteps(thread.State)) return CompiledStatus.Raised;
        var i = (uint)word;
        loop = ref thread.Stack[thread.Frames[mine].Base + ((int)(i >> 6) & 0xFF)];
        if (loop.Bits == LuaValue.FunctionTag && loop.Ref!.GetType() == typeof(LuaHostFunction) && Unsafe.Add(ref loop, 1).Bits == LuaValue.TableTag)
        {
            var kind = Unsafe.As<LuaHostFunction>(loop.Ref!).Kind;
            if (kind == HostKind.Next || kind == HostKind.IndexIterator)
            {
                var found = kind == HostKind.Next ? StepNext(ref loop, ref word) : StepIndex(ref loop);
                if (found >= 0)
                {
                    var results = (int)(i >> 14) & 0x1FF;
                    for (var n = 2; n < results; n++) LuaValue.WriteBits(ref Unsafe.Add(ref loop, 3 + n), LuaValue.NilTag);
                    return found != 0 ? IteratorNext : IteratorEnd;
                }
            }
        }
        var status = AfterOutcome(thread, mine, CallIterator(thread, new Instruction(i)));
        if (status != CompiledStatus.Done) return status;
        // FinishIterator moved the position past the jump, or along it.
        return thread.Frames[mine].Pc == pc + 1 ? IteratorEnd : IteratorNextUncounted;
    }

    internal const int IteratorNext = -1;
    internal const int IteratorNextUncounted = -2;
    internal const int IteratorEnd = -3;

    /// <summary>The steps of a loop are used up.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int Interrupted(LuaThread thread, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        return Answer(thread, thread.State.OnStepsSpent());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Answer(LuaThread thread, bool ok)
    {
        if (!ok) return AfterDetour(thread);
        return thread.State.IsCompiledOff ? CompiledStatus.Continue : CompiledStatus.Done;
    }

    // A detour that says no has raised an error, or pushed the frame of a metamethod, whose return completes the instruction.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static int AfterDetour(LuaThread thread)
    {
        if (!thread.HasEntered) return CompiledStatus.Raised;
        thread.HasEntered = false;
        return RunAbove(thread, thread.FrameIndex - 1);
    }

    [MethodImpl(Optimised.AtOnce)]
    internal static int ReturnOneFromCompiled(LuaThread thread, ref LuaValue value)
    {
        ref var ci = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Frames), thread.FrameIndex);
        if (thread.OpenUpvalues is { } open && open.Index >= ci.Base) CloseUpvalues(thread, ci.Base);
        ref var target = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Func);
        if ((ci.Kind & FrameKind.Mask) != 0)
        {
            if ((ci.Kind & FrameKind.Mask) != FrameKind.Entry || ci.Wanted != 1)
            {
                return ReturnSpecialFromCompiled(thread, (int)(Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ref value) >> 4), 1);
            }
            LuaValue.Copy(ref target, ref value);
            thread.FrameIndex--;
            return CompiledStatus.Left;
        }
        var wanted = ci.Wanted;
        thread.FrameIndex--;
        if (wanted == 0) return CompiledStatus.Done;
        LuaValue.Copy(ref target, ref value);
        if (wanted == 1) return CompiledStatus.Done;
        if (wanted < 0) thread.Top = ci.Func + 1;
        for (var n = 1; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
        return CompiledStatus.Done;
    }

    /// <summary>RETURN of any number of values from register <paramref name="a"/> on; b as in the instruction.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int ReturnFromCompiled(LuaThread thread, int a, int b)
    {
        ref var ci = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Frames), thread.FrameIndex);
        if (thread.OpenUpvalues is { } open && open.Index >= ci.Base) CloseUpvalues(thread, ci.Base);
        var from = ci.Base + a;
        var count = b != 0 ? b - 1 : thread.Top - from;
        if ((ci.Kind & FrameKind.Mask) != 0) return ReturnSpecialFromCompiled(thread, from, count);
        ref var stack = ref MemoryMarshal.GetArrayDataReference(thread.Stack);
        ref var target = ref Unsafe.Add(ref stack, ci.Func);
        ref var source = ref Unsafe.Add(ref stack, from);
        var wanted = ci.Wanted;
        var copied = wanted >= 0 && wanted < count ? wanted : count;
        for (var n = 0; n < copied; n++) LuaValue.Copy(ref Unsafe.Add(ref target, n), ref Unsafe.Add(ref source, n));
        if (wanted < 0) thread.Top = ci.Func + count;
        for (var n = copied; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
        thread.FrameIndex--;
        return CompiledStatus.Done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static int ReturnSpecialFromCompiled(LuaThread thread, int from, int count) =>
        FinishReturn(thread, from, count) switch
        {
            ReturnOutcome.Leave => CompiledStatus.Left,
            ReturnOutcome.Continue => CompiledStatus.Continue,
            _ => CompiledStatus.Raised,
        };

    // The detours, with the position saved first.
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int GetFieldFromCompiled(LuaThread thread, ref LuaValue container, ref LuaValue key, ref LuaValue target, ref ulong word, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        return Answer(thread, GetFieldSlow(thread, ref container, ref key, ref target, new Instruction((uint)word), ref word, enter: true));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int SelfFromCompiled(LuaThread thread, ref LuaValue container, ref LuaValue key, ref LuaValue target, ref ulong word, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        return Answer(thread, SelfSlow(thread, ref container, ref key, ref target, new Instruction((uint)word), ref word, enter: true));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int SetFieldFromCompiled(LuaThread thread, ref LuaValue container, ref LuaValue key, ref LuaValue value, ref ulong word, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        return Answer(thread, SetFieldSlow(thread, ref container, ref key, ref value, new Instruction((uint)word), ref word, enter: true));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int GetGlobalFromCompiled(LuaThread thread, LuaClosure closure, ref ulong word, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        return Answer(thread, GetGlobalSlow(thread, closure, new Instruction((uint)word), ref word, enter: true));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int SetGlobalFromCompiled(LuaThread thread, LuaClosure closure, ref ulong word, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        return Answer(thread, SetGlobalSlow(thread, closure, new Instruction((uint)word), ref word, enter: true));
    }

    /// <summary>Any instruction that the interpreter too leaves to a detour by its word alone.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int DetourFromCompiled(LuaThread thread, uint word, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        var i = new Instruction(word);
        return Answer(thread, i.OpCode switch
        {
            OpCode.GetTable => GetTableFromCompiled(thread, i),
            OpCode.SetTable => SetTableSlow(thread, i, enter: true),
            OpCode.Self => SelfGeneric(thread, i, enter: true),
            OpCode.Unm => UnaryMinusSlow(thread, i, enter: true),
            OpCode.Len => LengthSlow(thread, i, enter: true),
            OpCode.Concat => ConcatRegisters(thread, i),
            _ => ArithmeticFromCompiled(thread, i),
        });
    }

    // As the loop's own detours: a Lua function of a table's metatable is entered where it is found.
    static bool GetTableFromCompiled(LuaThread thread, Instruction i)
    {
        ref var container = ref Unsafe.Add(ref Registers(thread), i.B);
        if (container.IsTable && container.AsTable.Metatable is { } metatable)
        {
            ref var key = ref OperandSlot(thread, i.C);
            ref var slot = ref container.AsTable.FindSlot(key);
            if (Unsafe.IsNullRef(ref slot) || slot.IsNil)
            {
                ref var handler = ref metatable.IndexSlot;
                if (handler.IsLuaFunction) return EnterMetamethod(thread, in handler, in container, in key, i.A);
            }
        }
        return GetTableSlow(thread, i, enter: true);
    }

    static bool ArithmeticFromCompiled(LuaThread thread, Instruction i)
    {
        ref var b = ref OperandSlot(thread, i.B);
        if (b.IsTable && b.AsTable.Metatable is { } metatable)
        {
            ref var handler = ref metatable.FindMetamethod(OperationOf(i.OpCode));
            if (handler.IsLuaFunction) return EnterMetamethod(thread, in handler, in b, in OperandSlot(thread, i.C), i.A);
        }
        return ArithmeticSlow(thread, i, enter: true);
    }

    // Two tables under one metatable that has a Lua function for this; false when it is not so simple.
    static bool EnterComparison(LuaThread thread, Instruction i, Metamethod method)
    {
        ref var b = ref OperandSlot(thread, i.B);
        ref var c = ref OperandSlot(thread, i.C);
        if (!b.IsTable || !c.IsTable || ReferenceEquals(b.Ref, c.Ref) && method == Metamethod.Equal) return false;
        if (b.AsTable.Metatable is not { } metatable || !ReferenceEquals(metatable, c.AsTable.Metatable)) return false;
        ref var handler = ref metatable.FindMetamethod(method);
        if (!handler.IsLuaFunction) return false;
        EnterMetamethod(thread, in handler, in b, in c, JumpTarget);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int SetListFromCompiled(LuaThread thread, uint word, uint nextWord, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        return Answer(thread, SetList(thread, new Instruction(word), nextWord));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int VarargFromCompiled(LuaThread thread, LuaClosure closure, uint word, int pc)
    {
        ref var ci = ref thread.Frames[thread.FrameIndex];
        ci.Pc = pc;
        return Answer(thread, CopyVarargs(thread, new Instruction(word)));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int CoerceLoopFromCompiled(LuaThread thread, ref LuaValue loop, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        return Answer(thread, CoerceLoop(thread, ref loop));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void ClosureFromCompiled(LuaThread thread, LuaClosure closure, uint word, int pc, int registers, ref LuaValue target) =>
        target = new LuaValue(LuaValue.FunctionTag, MakeClosure(thread, closure, new Instruction(word), pc, registers));

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void NewTableFromCompiled(uint word, ref LuaValue target) =>
        target = new LuaValue(LuaValue.TableTag, (word >> 14) == 0 ? new LuaTable() : NewSizedTable(word));

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void CloseFromCompiled(LuaThread thread, int from) => CloseUpvalues(thread, from);

    /// <summary>t[k] for a table and a number or string that is there: the value was copied. Otherwise the detour is needed.</summary>
    [MethodImpl(Optimised.AtOnce)]
    internal static bool TryGetIndex(ref LuaValue container, ref LuaValue key, ref LuaValue target)
    {
        if (container.Bits != LuaValue.TableTag) return false;
        var table = Unsafe.As<LuaTable>(container.Ref!);
        if (key.IsNumber)
        {
            var number = key.AsNumber;
            var integer = Truncation.ToInt32(number);
            var array = table.Array;
            if ((uint)(integer - 1) >= (uint)array.Length || integer != number) return false;
            ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), integer - 1);
            if (slot.IsNil && table.Metatable is not null) return false;
            LuaValue.Copy(ref target, ref slot);
            return true;
        }
        if (key.Bits != LuaValue.StringTag) return false;
        var found = table.FindString(Unsafe.As<ByteString>(key.Ref!));
        if (found < 0) return false;
        ref var field = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(table.Nodes), found).Value;
        if (field.IsNil) return false;
        LuaValue.Copy(ref target, ref field);
        return true;
    }

    [MethodImpl(Optimised.AtOnce)]
    internal static bool TrySetIndex(ref LuaValue container, ref LuaValue key, ref LuaValue value)
    {
        if (container.Bits != LuaValue.TableTag || !key.IsNumber) return false;
        var table = Unsafe.As<LuaTable>(container.Ref!);
        var number = key.AsNumber;
        var integer = Truncation.ToInt32(number);
        var array = table.Array;
        if ((uint)(integer - 1) >= (uint)array.Length || integer != number) return false;
        ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), integer - 1);
        if (!table.IsPlain && (slot.IsNil || table.IsReadOnly)) return false;
        LuaValue.Store(ref slot, ref value);
        return true;
    }

    /// <summary>1 equal, 0 not, -1: only a metamethod can tell.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int QuickEqual(ref LuaValue b, ref LuaValue c)
    {
        if (b.IsNumber) return c.IsNumber && b.AsNumber == c.AsNumber ? 1 : 0;
        if (b.Bits != c.Bits) return 0;
        if (b.Bits >= LuaValue.TrueTag || ReferenceEquals(b.Ref, c.Ref)) return 1;
        if (b.Bits == LuaValue.StringTag) return Unsafe.As<ByteString>(b.Ref!).Equals(Unsafe.As<ByteString>(c.Ref!)) ? 1 : 0;
        if (b.Bits == LuaValue.TableTag) return Unsafe.As<LuaTable>(b.Ref!).Metatable is null ? 0 : -1;
        return b.Bits == LuaValue.UserdataTag ? -1 : 0;
    }

    /// <summary>0 or 1, or a status with its sign changed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int EqualFromCompiled(LuaThread thread, uint word, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        var i = new Instruction(word);
        return Answered(thread, EnterComparison(thread, i, Metamethod.Equal) ? -1 : EqualSlow(thread, i, enter: true), i, pc);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static int CompareFromCompiled(LuaThread thread, uint word, int pc)
    {
        thread.Frames[thread.FrameIndex].Pc = pc;
        var i = new Instruction(word);
        var isEntered = EnterComparison(thread, i, i.OpCode == OpCode.Lt ? Metamethod.LessThan : Metamethod.LessOrEqual);
        return Answered(thread, isEntered ? -1 : CompareSlow(thread, i, enter: true), i, pc);
    }

    // Compiled code goes on for once if it was turned off meanwhile: an answer cannot be handed to the interpreter in the middle of a test.
    static int Answered(LuaThread thread, int answer, Instruction i, int pc)
    {
        if (answer >= 0) return answer;
        var status = AfterDetour(thread);
        if (status != CompiledStatus.Done) return -status;
        // The return of the metamethod moved the position past the jump, or along it.
        var hasJumped = thread.Frames[thread.FrameIndex].Pc != pc + 1;
        return hasJumped == (i.A != 0) ? 1 : 0;
    }

    internal static int LengthOfTable(LuaTable table) => table.Length;
}
