// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Lua/LoopBench.cs.
// The loop that runs Lua functions: one activation runs any depth of Lua-to-Lua calls, pcalls and errors between them; it is entered again
// only for calls that come through a host function, a metamethod or a resume. One file because a loop over 62 instructions is
// one thing; each case holds the common path and leaves the rest to Interpreter.SlowPaths.cs.
// Always true here: closure is the running function, R its register 0, K its constants, ip the next instruction: with the thread, as many as
// there are registers that calls keep; whatever else lived across instructions would be spilled at each of them. Whatever may call or grow
// the stack is followed by Reload, because the stack may have moved. Registers and constants are reached without bounds checks:
// the compiler stays inside them, and what comes in precompiled has passed BytecodeCheck.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Compiled;

namespace Evalsha.Lua.Runtime;

internal enum RunStatus
{
    Done,
    Raised,
    Yielded,

    /// <summary>Nothing ended: the loop is to be entered again where it was.</summary>
    Again,
}

internal static partial class Interpreter
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static RunStatus Execute(LuaThread thread)
    {
        // A program may spend its life in one activation: left and entered again now and then, it goes on in better code once there is some.
        RunStatus status;
        do status = Loop(thread); while (status == RunStatus.Again);
        return status;
    }

    /// <summary>Every so many steps, of any state. Time to replace the precompiled loop: it lacks what only the machine at hand has, and is a sixth slower.</summary>
    internal static void OnInterval()
    {
#if PRECOMPILED
        if (++s_intervals == LongRun)
        {
            // The runtime compiles anew what was called often, in the background; the loop is called once and runs.
            for (var n = 0; n < CallsToBeHot; n++) Loop(null!);
        }
#endif
    }

#if PRECOMPILED
    /// <summary>Intervals after which the loop is worth compiling: some 20 to 40 ms of running, twice what compiling takes.</summary>
    const int LongRun = 20;

    /// <summary>More than the runtime's threshold (Evalsha.Cli.csproj sets 4096).</summary>
    const int CallsToBeHot = 5000;

    static int s_intervals; // counted by all states at once, so roughly
#endif

    // Optimised at once: its frame is small then (nested host levels must fit a small stack), and a program's first second is not spent in
    // the unoptimised form. The runtime's profile would gain 3 to 8 % later (LoopBench).
    [MethodImpl(Optimised.AtOnce)]
    static RunStatus Loop(LuaThread thread)
    {
        if (thread is null) return RunStatus.Done; // see OnInterval
        ref var entered = ref Running(thread);
        ref var R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), entered.Base);
        var closure = Unsafe.As<LuaClosure>(Unsafe.Add(ref R, entered.Func - entered.Base).Ref!);
        ref var K = ref MemoryMarshal.GetArrayDataReference(closure.Constants);
        ref var ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Words), entered.Pc);

    Next:
        while (true)
        {
            var i = (nuint)(uint)ip;
            ip = ref Unsafe.Add(ref ip, 1);
        Dispatch:
            ref var ra = ref Unsafe.AddByteOffset(ref R, (i >> 2) & 0xFF0);
            switch ((uint)i & 0x3F)
            {
                case (uint)OpCode.Move:
                    LuaValue.Copy(ref ra, ref RB(ref R, i));
                    continue;

                case (uint)OpCode.LoadK:
                    LuaValue.Copy(ref ra, ref KBx(ref K, i));
                    continue;

                case (uint)OpCode.LoadBool:
                    LuaValue.WriteBits(ref ra, (i >> 23) != 0 ? LuaValue.TrueTag : LuaValue.FalseTag);
                    if ((i & (0x1FF << 14)) != 0) ip = ref Unsafe.Add(ref ip, 1);
                    continue;

                case (uint)OpCode.LoadNil:
                    ref var last = ref RB(ref R, i);
                    do
                    {
                        LuaValue.WriteBits(ref ra, LuaValue.NilTag);
                        ra = ref Unsafe.Add(ref ra, 1);
                    }
                    while (!Unsafe.IsAddressGreaterThan(ref ra, ref last));
                    continue;

                case (uint)OpCode.GetUpval:
                    LuaValue.Copy(ref ra, ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Upvalues), i >> 23).Slot);
                    continue;

                case (uint)OpCode.SetUpval:
                    LuaValue.Store(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Upvalues), i >> 23).Slot, ref ra);
                    continue;

                case (uint)OpCode.GetGlobal:
                {
                    var nodes = closure.Environment!.Nodes;
                    var hint = Hint(ref ip);
                    if (hint < (uint)nodes.Length)
                    {
                        ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), hint);
                        if (ReferenceEquals(node.Key.Ref, KBx(ref K, i).Ref) && !node.Value.IsNil)
                        {
                            LuaValue.Copy(ref ra, ref node.Value);
                            continue;
                        }
                    }
                    if (!GetGlobalSlow(thread, closure, ref ip)) goto Raise;
                    goto Reload;
                }

                case Op.GetField:
                {
                    ref var container = ref RB(ref R, i);
                    if (container.Bits == LuaValue.TableTag)
                    {
                        var nodes = Unsafe.As<LuaTable>(container.Ref!).Nodes;
                        var hint = Hint(ref ip);
                        if (hint < (uint)nodes.Length)
                        {
                            ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), hint);
                            if (ReferenceEquals(node.Key.Ref, KC(ref K, i).Ref) && !node.Value.IsNil)
                            {
                                LuaValue.Copy(ref ra, ref node.Value);
                                continue;
                            }
                        }
                    }
                    ref var found = ref FindField(thread, closure, ref container, ref KC(ref K, i), ref ip);
                    if (!Unsafe.IsNullRef(ref found))
                    {
                        LuaValue.Copy(ref RA(ref R, ref ip), ref found);
                        continue;
                    }
                    if (!GetFieldSlow(thread, closure, ref R, ref ip)) goto Raise;
                    goto Reload;
                }

                case Op.SelfField:
                {
                    ref var container = ref RB(ref R, i);
                    if (container.Bits == LuaValue.TableTag)
                    {
                        var nodes = Unsafe.As<LuaTable>(container.Ref!).Nodes;
                        var hint = Hint(ref ip);
                        if (hint < (uint)nodes.Length)
                        {
                            ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), hint);
                            if (ReferenceEquals(node.Key.Ref, KC(ref K, i).Ref) && !node.Value.IsNil)
                            {
                                Unsafe.Add(ref ra, 1) = container;
                                LuaValue.Copy(ref ra, ref node.Value);
                                continue;
                            }
                        }
                    }
                    ref var found = ref FindField(thread, closure, ref container, ref KC(ref K, i), ref ip);
                    if (!Unsafe.IsNullRef(ref found))
                    {
                        ref var target = ref RA(ref R, ref ip);
                        LuaValue.Copy(ref Unsafe.Add(ref target, 1), ref RB(ref R, Reread(ref ip)));
                        LuaValue.Copy(ref target, ref found);
                        continue;
                    }
                    if (!SelfGeneric(thread, Begin(thread, ref ip), enter: true)) goto Raise;
                    goto Reload;
                }

                case Op.GetIndex:
                {
                    ref var container = ref RB(ref R, i);
                    ref var key = ref RC(ref R, i);
                    if (container.Bits == LuaValue.TableTag)
                    {
                        var table = Unsafe.As<LuaTable>(container.Ref!);
                        if (key.IsNumber)
                        {
                            var number = key.AsNumber;
                            var integer = Truncation.ToInt32(number);
                            var array = table.Array;
                            if ((uint)(integer - 1) < (uint)array.Length && integer == number)
                            {
                                ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), integer - 1);
                                if (!slot.IsNil || table.Metatable is null)
                                {
                                    LuaValue.Copy(ref ra, ref slot);
                                    continue;
                                }
                            }
                        }
                        else if (key.Bits == LuaValue.StringTag)
                        {
                            var node = table.FindString(Unsafe.As<ByteString>(key.Ref!));
                            if (node >= 0)
                            {
                                ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(table.Nodes), node).Value;
                                if (!slot.IsNil)
                                {
                                    LuaValue.Copy(ref ra, ref slot);
                                    continue;
                                }
                            }
                        }
                    }
                    ref var found = ref FindIndexed(ref container, ref key);
                    if (!Unsafe.IsNullRef(ref found))
                    {
                        LuaValue.Copy(ref RA(ref R, ref ip), ref found);
                        continue;
                    }
                    if (!GetTableSlow(thread, closure, ref ip)) goto Raise;
                    goto Reload;
                }

                case (uint)OpCode.GetTable:
                {
                    // The key is a constant and no string.
                    ref var container = ref RB(ref R, i);
                    ref var key = ref KC(ref K, i);
                    if (container.Bits == LuaValue.TableTag && key.IsNumber)
                    {
                        var table = Unsafe.As<LuaTable>(container.Ref!);
                        var number = key.AsNumber;
                        var integer = Truncation.ToInt32(number);
                        var array = table.Array;
                        if ((uint)(integer - 1) < (uint)array.Length && integer == number)
                        {
                            ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), integer - 1);
                            if (!slot.IsNil || table.Metatable is null)
                            {
                                LuaValue.Copy(ref ra, ref slot);
                                continue;
                            }
                        }
                    }
                    ref var found = ref FindIndexed(ref container, ref key);
                    if (!Unsafe.IsNullRef(ref found))
                    {
                        LuaValue.Copy(ref RA(ref R, ref ip), ref found);
                        continue;
                    }
                    if (!GetTableSlow(thread, closure, ref ip)) goto Raise;
                    goto Reload;
                }

                case (uint)OpCode.SetGlobal:
                {
                    var table = closure.Environment!;
                    var nodes = table.Nodes;
                    var hint = Hint(ref ip);
                    if (hint < (uint)nodes.Length)
                    {
                        ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), hint);
                        if (ReferenceEquals(node.Key.Ref, KBx(ref K, i).Ref) && !node.Value.IsNil && !table.IsReadOnly)
                        {
                            LuaValue.Store(ref node.Value, ref ra);
                            continue;
                        }
                    }
                    if (!SetGlobalSlow(thread, ref ip)) goto Raise;
                    goto Reload;
                }

                case Op.SetField:
                    if (ra.Bits == LuaValue.TableTag)
                    {
                        var table = Unsafe.As<LuaTable>(ra.Ref!);
                        var nodes = table.Nodes;
                        var hint = Hint(ref ip);
                        if (hint < (uint)nodes.Length)
                        {
                            ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), hint);
                            if (ReferenceEquals(node.Key.Ref, KB(ref K, i).Ref) && !node.Value.IsNil && !table.IsReadOnly)
                            {
                                LuaValue.Store(ref node.Value, ref RKC(ref R, ref K, i));
                                continue;
                            }
                        }
                    }
                    if (TrySetField(closure, ref ra, ref KB(ref K, i), ref RKC(ref R, ref K, i), ref ip)) continue;
                    if (!SetFieldSlow(thread, ref ip)) goto Raise;
                    goto Reload;

                case (uint)OpCode.SetTable: // a constant key that is no string
                case Op.SetIndex:
                {
                    ref var key = ref RKB(ref R, ref K, i);
                    if (ra.Bits == LuaValue.TableTag && key.IsNumber)
                    {
                        var table = Unsafe.As<LuaTable>(ra.Ref!);
                        var number = key.AsNumber;
                        var integer = Truncation.ToInt32(number);
                        var array = table.Array;
                        if ((uint)(integer - 1) < (uint)array.Length && integer == number)
                        {
                            ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(array), integer - 1);
                            if (table.IsPlain || (!slot.IsNil && !table.IsReadOnly))
                            {
                                LuaValue.Store(ref slot, ref RKC(ref R, ref K, i));
                                continue;
                            }
                        }
                    }
                    if (TrySetIndexed(ref ra, ref key, ref RKC(ref R, ref K, i))) continue;
                    if (!SetTableSlow(thread, closure, ref ip)) goto Raise;
                    goto Reload;
                }

                case (uint)OpCode.NewTable:
                    ra = new LuaValue(LuaValue.TableTag, (i >> 14) == 0 ? new LuaTable() : NewSizedTable((uint)i));
                    continue;

                case (uint)OpCode.Self:
                    if (!SelfGeneric(thread, Begin(thread, ref ip), enter: true)) goto Raise;
                    goto Reload;

                case Op.AddRR:
                {
                    ref var b = ref RB(ref R, i);
                    ref var c = ref RC(ref R, i);
                    if (b.IsNumber && c.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber + c.AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.SubRR:
                {
                    ref var b = ref RB(ref R, i);
                    ref var c = ref RC(ref R, i);
                    if (b.IsNumber && c.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber - c.AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.MulRR:
                {
                    ref var b = ref RB(ref R, i);
                    ref var c = ref RC(ref R, i);
                    if (b.IsNumber && c.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber * c.AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.DivRR:
                {
                    ref var b = ref RB(ref R, i);
                    ref var c = ref RC(ref R, i);
                    if (b.IsNumber && c.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber / c.AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.AddNK:
                {
                    ref var b = ref RB(ref R, i);
                    if (b.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber + KC(ref K, i).AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.SubNK:
                {
                    ref var b = ref RB(ref R, i);
                    if (b.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber - KC(ref K, i).AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.SubKN:
                {
                    ref var c = ref RC(ref R, i);
                    if (c.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, KB(ref K, i).AsNumber - c.AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.MulNK:
                {
                    ref var b = ref RB(ref R, i);
                    if (b.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber * KC(ref K, i).AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.DivNK:
                {
                    ref var b = ref RB(ref R, i);
                    if (b.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber / KC(ref K, i).AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case Op.ModNK:
                {
                    ref var b = ref RB(ref R, i);
                    if (b.IsNumber)
                    {
                        var left = b.AsNumber;
                        var right = KC(ref K, i).AsNumber;
                        LuaValue.WriteNumber(ref ra, left - Math.Floor(left / right) * right);
                        continue;
                    }
                    goto Arithmetic;
                }

                case (uint)OpCode.Mod:
                {
                    ref var b = ref RKB(ref R, ref K, i);
                    ref var c = ref RKC(ref R, ref K, i);
                    if (b.IsNumber && c.IsNumber)
                    {
                        var left = b.AsNumber;
                        var right = c.AsNumber;
                        LuaValue.WriteNumber(ref ra, left - Math.Floor(left / right) * right);
                        continue;
                    }
                    goto Arithmetic;
                }

                case (uint)OpCode.Mul:
                {
                    ref var b = ref RKB(ref R, ref K, i);
                    ref var c = ref RKC(ref R, ref K, i);
                    if (b.IsNumber && c.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber * c.AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case (uint)OpCode.Add:
                {
                    ref var b = ref RKB(ref R, ref K, i);
                    ref var c = ref RKC(ref R, ref K, i);
                    if (b.IsNumber && c.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber + c.AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case (uint)OpCode.Div:
                {
                    ref var b = ref RKB(ref R, ref K, i);
                    ref var c = ref RKC(ref R, ref K, i);
                    if (b.IsNumber && c.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, b.AsNumber / c.AsNumber);
                        continue;
                    }
                    goto Arithmetic;
                }

                case (uint)OpCode.Sub:
                case (uint)OpCode.Pow:
                    goto Arithmetic;

                case (uint)OpCode.Unm:
                {
                    ref var b = ref RB(ref R, i);
                    if (b.IsNumber)
                    {
                        LuaValue.WriteNumber(ref ra, -b.AsNumber);
                        continue;
                    }
                    if (!UnaryMinusSlow(thread, ref ip)) goto Raise;
                    goto Reload;
                }

                case (uint)OpCode.Not:
                    LuaValue.WriteBits(ref ra, RB(ref R, i).IsTruthy ? LuaValue.FalseTag : LuaValue.TrueTag);
                    continue;

                case (uint)OpCode.Len:
                {
                    ref var b = ref RB(ref R, i);
                    if (b.Bits == LuaValue.TableTag)
                    {
                        LuaValue.WriteNumber(ref ra, Unsafe.As<LuaTable>(b.Ref!).Length);
                        continue;
                    }
                    if (b.Bits == LuaValue.StringTag)
                    {
                        LuaValue.WriteNumber(ref ra, Unsafe.As<ByteString>(b.Ref!).Length);
                        continue;
                    }
                    if (!LengthSlow(thread, ref ip)) goto Raise;
                    goto Reload;
                }

                case (uint)OpCode.Concat:
                    if (!ConcatRegisters(thread, ref ip)) goto Raise;
                    goto Reload;

                case (uint)OpCode.Jmp:
                {
                    var distance = SBx(i);
                    ip = ref Unsafe.Add(ref ip, distance);
                    if (distance < 0 && (thread.State.StepsLeft += distance) < 0) goto Interrupt;
                    continue;
                }

                case Op.EqK:
                {
                    ref var b = ref RB(ref R, i);
                    ref var constant = ref KC(ref K, i);
                    bool equal;
                    if (b.Bits == constant.Bits)
                    {
                        // A constant is never NaN, and never a table.
                        equal = constant.Bits != LuaValue.StringTag || ReferenceEquals(b.Ref, constant.Ref)
                            || Unsafe.As<ByteString>(b.Ref!).Equals(Unsafe.As<ByteString>(constant.Ref!));
                    }
                    else
                    {
                        equal = b.IsNumber && constant.IsNumber && b.AsNumber == constant.AsNumber; // 0 and -0
                    }
                    if (equal == ((Reread(ref ip) & 0x3FC0) != 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case (uint)OpCode.Eq:
                {
                    ref var b = ref RKB(ref R, ref K, i);
                    ref var c = ref RKC(ref R, ref K, i);
                    bool equal;
                    if (b.IsNumber) equal = c.IsNumber && b.AsNumber == c.AsNumber;
                    else if (b.Bits != c.Bits) equal = false;
                    else if (b.Bits >= LuaValue.TrueTag || ReferenceEquals(b.Ref, c.Ref)) equal = true;
                    else
                    {
                        var answer = EqualSlow(thread, closure, ref ip);
                        if (answer < 0) goto Raise;
                        equal = answer != 0;
                        R = ref Registers(thread);
                    }
                    if (equal == ((Reread(ref ip) & 0x3FC0) != 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case Op.LtRR:
                {
                    ref var b = ref RB(ref R, i);
                    ref var c = ref RC(ref R, i);
                    if (!b.IsNumber || !c.IsNumber) goto Compare;
                    if ((b.AsNumber < c.AsNumber) == ((i & 0x3FC0) != 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case Op.LtRK:
                {
                    ref var b = ref RB(ref R, i);
                    if (!b.IsNumber) goto Compare;
                    if ((b.AsNumber < KC(ref K, i).AsNumber) == ((i & 0x3FC0) != 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case Op.LtKR:
                {
                    ref var c = ref RC(ref R, i);
                    if (!c.IsNumber) goto Compare;
                    if ((KB(ref K, i).AsNumber < c.AsNumber) == ((i & 0x3FC0) != 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case Op.LeRR:
                {
                    ref var b = ref RB(ref R, i);
                    ref var c = ref RC(ref R, i);
                    if (!b.IsNumber || !c.IsNumber) goto Compare;
                    if ((b.AsNumber <= c.AsNumber) == ((i & 0x3FC0) != 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case Op.LeRK:
                {
                    ref var b = ref RB(ref R, i);
                    if (!b.IsNumber) goto Compare;
                    if ((b.AsNumber <= KC(ref K, i).AsNumber) == ((i & 0x3FC0) != 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case Op.LeKR:
                {
                    ref var c = ref RC(ref R, i);
                    if (!c.IsNumber) goto Compare;
                    if ((KB(ref K, i).AsNumber <= c.AsNumber) == ((i & 0x3FC0) != 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case (uint)OpCode.Lt:
                case (uint)OpCode.Le:
                    goto Compare;

                case (uint)OpCode.Test:
                    if (ra.IsTruthy != ((i & (0x1FF << 14)) == 0)) goto Jump;
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;

                case (uint)OpCode.TestSet:
                {
                    ref var b = ref RB(ref R, i);
                    if (b.IsTruthy != ((i & (0x1FF << 14)) == 0))
                    {
                        LuaValue.Copy(ref ra, ref b);
                        goto Jump;
                    }
                    ip = ref Unsafe.Add(ref ip, 1);
                    continue;
                }

                case (uint)OpCode.Call:
                {
                    var a = (int)(i >> 6) & 0xFF;
                    ref var ci = ref Running(thread);
                    var func = ci.Base + a;
                    var b = (int)(i >> 23);
                    var arguments = b != 0 ? b - 1 : thread.Top - func - 1;
                    var wanted = ((int)(i >> 14) & 0x1FF) - 1;
                    ci.Pc = Position(closure, ref ip);
                    if (--thread.State.StepsLeft < 0) goto InterruptBefore;
                    if (ra.Bits == LuaValue.FunctionTag && ra.Ref!.GetType() == typeof(LuaClosure))
                    {
                        var callee = Unsafe.As<LuaClosure>(ra.Ref);
                        var code = callee.Code;
                        var frame = thread.FrameIndex + 1;
                        if (func + 1 + code.EntrySlots <= thread.StackLimit && frame < thread.Frames.Length)
                        {
                            thread.FrameIndex = frame;
                            ci = ref Unsafe.Add(ref ci, 1);
                            ci.Func = func;
                            ci.Base = func + 1;
                            ci.Wanted = wanted;
                            ci.Kind = 0;
                            R = ref Unsafe.Add(ref ra, 1);
                            for (var clean = Math.Min(arguments, code.ParameterCount); clean < code.CleanUpTo; clean++)
                            {
                                LuaValue.WriteBits(ref Unsafe.Add(ref R, clean), LuaValue.NilTag);
                            }
                            closure = callee;
                            K = ref MemoryMarshal.GetArrayDataReference(callee.Constants);
                            ip = ref MemoryMarshal.GetArrayDataReference(callee.Words);
                            continue;
                        }
                        if (!EnterLuaSlow(thread, code, func, arguments, wanted)) goto Raise;
                        goto NewFrame;
                    }
                    var outcome = ra.Bits == LuaValue.FunctionTag && ra.Ref!.GetType() == typeof(LuaHostFunction)
                        ? CallShort(thread, Unsafe.As<LuaHostFunction>(ra.Ref!), ref ra, func, arguments, wanted)
                        : PrepareCall(thread, func, arguments, wanted, 0);
                    if (outcome == CallOutcome.Completed) goto Reload;
                    if (outcome == CallOutcome.Entered) goto NewFrame;
                    if (outcome == CallOutcome.Raised) goto Raise;
                    return RunStatus.Yielded;
                }

                case (uint)OpCode.TailCall:
                    if (--thread.State.StepsLeft < 0) goto InterruptBefore;
                    switch (TailCall(thread, ref ip))
                    {
                        case CallOutcome.Completed:
                            goto Reload;
                        case CallOutcome.Entered:
                            goto NewFrame;
                        case CallOutcome.Raised:
                            goto Raise;
                        default:
                            return RunStatus.Yielded;
                    }

                case Op.Return1:
                {
                    ref var ci = ref Running(thread);
                    if (thread.OpenUpvalues is { } open && open.Index >= ci.Base) CloseUpvalues(thread, ci.Base);
                    ref var target = ref Unsafe.Add(ref R, ci.Func - ci.Base);
                    var wanted = ci.Wanted;
                    if ((ci.Kind & FrameKind.Mask) != 0)
                    {
                        if ((ci.Kind & FrameKind.Mask) == FrameKind.Metamethod)
                        {
                            if (ci.ResultOffset < 0) LuaValue.Copy(ref Unsafe.Add(ref target, ci.ResultOffset), ref ra);
                            else if (wanted != 0) goto MetamethodDone;
                            thread.State.HostLevels--;
                            goto ReturnToLua;
                        }
                        if ((ci.Kind & FrameKind.Mask) == FrameKind.Iterator && thread.HookEvents == HookEvents.None)
                        {
                            LuaValue.Copy(ref target, ref ra);
                            for (var n = 1; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
                            goto IteratorDone;
                        }
                        // A comparator or another callback of the host, mostly.
                        if ((ci.Kind & FrameKind.Mask) != FrameKind.Entry || wanted != 1) goto ReturnSpecial;
                        LuaValue.Copy(ref target, ref ra);
                        thread.FrameIndex--;
                        return RunStatus.Done;
                    }
                    if (wanted == 1)
                    {
                        LuaValue.Copy(ref target, ref ra);
                    }
                    else if (wanted != 0)
                    {
                        LuaValue.Copy(ref target, ref ra);
                        if (wanted < 0) thread.Top = ci.Func + 1;
                        else
                        {
                            for (var n = 1; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
                        }
                    }
                    goto ReturnToLua;
                }

                case Op.Return0:
                {
                    ref var ci = ref Running(thread);
                    if (thread.OpenUpvalues is { } open && open.Index >= ci.Base) CloseUpvalues(thread, ci.Base);
                    ref var target = ref Unsafe.Add(ref R, ci.Func - ci.Base);
                    if ((ci.Kind & FrameKind.Mask) != 0)
                    {
                        if ((ci.Kind & FrameKind.Mask) == FrameKind.Iterator && thread.HookEvents == HookEvents.None)
                        {
                            for (var n = 0; n < ci.Wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
                            goto IteratorDone;
                        }
                        if ((ci.Kind & FrameKind.Mask) != FrameKind.Metamethod) goto ReturnSpecial;
                        if (ci.Wanted != 0)
                        {
                            LuaValue.WriteBits(ref target, LuaValue.NilTag);
                            ra = ref target;
                            goto MetamethodDone;
                        }
                        thread.State.HostLevels--;
                        goto ReturnToLua;
                    }
                    var wanted = ci.Wanted;
                    if (wanted < 0) thread.Top = ci.Func;
                    for (var n = 0; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
                    goto ReturnToLua;
                }

                case (uint)OpCode.Return:
                {
                    ref var ci = ref Running(thread);
                    if (thread.OpenUpvalues is { } open && open.Index >= ci.Base) CloseUpvalues(thread, ci.Base);
                    if ((ci.Kind & FrameKind.Mask) != 0) goto ReturnSpecial;
                    ref var target = ref Unsafe.Add(ref R, ci.Func - ci.Base);
                    var again = Reread(ref ip);
                    var b = (int)(again >> 23);
                    var count = b != 0 ? b - 1 : thread.Top - (ci.Base + ((int)(again >> 6) & 0xFF));
                    var wanted = ci.Wanted;
                    var copied = wanted >= 0 && wanted < count ? wanted : count;
                    for (var n = 0; n < copied; n++) LuaValue.Copy(ref Unsafe.Add(ref target, n), ref Unsafe.Add(ref ra, n));
                    if (wanted < 0) thread.Top = ci.Func + count;
                    for (var n = copied; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
                    goto ReturnToLua;
                }

                case (uint)OpCode.ForLoop:
                {
                    var step = Unsafe.Add(ref ra, 2).AsNumber;
                    var index = ra.AsNumber + step;
                    var limit = Unsafe.Add(ref ra, 1).AsNumber;
                    if (step > 0 ? index <= limit : limit <= index)
                    {
                        var distance = SBx(i);
                        ip = ref Unsafe.Add(ref ip, distance);
                        LuaValue.WriteNumber(ref ra, index);
                        LuaValue.WriteNumber(ref Unsafe.Add(ref ra, 3), index);
                        if ((thread.State.StepsLeft += distance) < 0) goto Interrupt;
                    }
                    continue;
                }

                case (uint)OpCode.ForPrep:
                {
                    ref var limit = ref Unsafe.Add(ref ra, 1);
                    ref var step = ref Unsafe.Add(ref ra, 2);
                    if (!ra.IsNumber || !limit.IsNumber || !step.IsNumber)
                    {
                        if (!CoerceLoop(thread, ref ip)) goto Raise;
                    }
                    LuaValue.WriteNumber(ref ra, ra.AsNumber - step.AsNumber);
                    ip = ref Unsafe.Add(ref ip, SBx(Reread(ref ip)));
                    continue;
                }

                case (uint)OpCode.TForLoop:
                {
                    if (ra.Bits == LuaValue.FunctionTag && ra.Ref!.GetType() == typeof(LuaHostFunction) && Unsafe.Add(ref ra, 1).Bits == LuaValue.TableTag)
                    {
                        var kind = Unsafe.As<LuaHostFunction>(ra.Ref!).Kind;
                        // At the limit of host levels the call itself is the error.
                        if ((kind == HostKind.Next || kind == HostKind.IndexIterator) && thread.State.HostLevels < LuaLimits.HostLevelsMax - 1)
                        {
                            if (--thread.State.StepsLeft < 0) goto InterruptBefore;
                            var found = kind == HostKind.Next ? StepNext(ref ra, ref Unsafe.Subtract(ref ip, 1)) : StepIndex(ref ra);
                            if (found >= 0)
                            {
                                var results = (int)(Reread(ref ip) >> 14) & 0x1FF;
                                for (var n = 2; n < results; n++) LuaValue.WriteBits(ref Unsafe.Add(ref ra, 3 + n), LuaValue.NilTag);
                                if (found != 0) goto Jump;
                                ip = ref Unsafe.Add(ref ip, 1);
                                continue;
                            }
                        }
                    }
                    goto Iterate;
                }

                case (uint)OpCode.SetList:
                    if (!SetList(thread, ref ip)) goto Raise;
                    if ((Reread(ref ip) & (0x1FF << 14)) == 0) ip = ref Unsafe.Add(ref ip, 1);
                    goto Reload;

                case (uint)OpCode.Close:
                    CloseUpvalues(thread, Running(thread).Base + ((int)(i >> 6) & 0xFF));
                    continue;

                case (uint)OpCode.Closure:
                {
                    var made = MakeClosure(thread, ref ip);
                    ip = ref Unsafe.Add(ref ip, made.Upvalues.Length);
                    ra = new LuaValue(LuaValue.FunctionTag, made);
                    continue;
                }

                case (uint)OpCode.VarArg:
                    if (TryCopyVarargs(thread, closure, ref ra, ref ip)) continue;
                    if (!CopyVarargs(thread, Begin(thread, ref ip))) goto Raise;
                    goto Reload;

                case Op.Hook:
                {
                    var previous = Running(thread).Pc;
                    Begin(thread, ref ip);
                    if (!Hooks.BeforeInstruction(thread, previous)) goto Raise;
                    R = ref Registers(thread);
                    i = closure.Code.BeneathHook(Running(thread).Pc - 1);
                    if ((i & 0x3F) == (uint)OpCode.TForLoop) goto Iterate; // next is a call too
                    goto Dispatch;
                }

                case Op.Compiled:
                {
                    Running(thread).Pc = Position(closure, ref ip) - 1;
                    switch (EnterCompiled(thread, closure, Hint(ref ip)))
                    {
                        case CompiledStatus.Refused:
                            i = (uint)closure.Code.Originals[Position(closure, ref ip) - 1];
                            goto Dispatch;
                        case CompiledStatus.Deoptimise:
                            goto Deoptimised;
                        case CompiledStatus.Raised:
                            goto Raise;
                        case CompiledStatus.Yielded:
                            return RunStatus.Yielded;
                        case CompiledStatus.Left:
                            return RunStatus.Done;
                        default:
                            goto Returned;
                    }
                }

                default:
                    throw new InvalidOperationException("unknown instruction: the prototype was not made by the compiler");
            }

        Deoptimised:
            {
                // One instruction as it was, or compiled code would be entered again for it.
                ref var resumed = ref Running(thread);
                R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), resumed.Base);
                closure = Unsafe.As<LuaClosure>(Unsafe.Add(ref R, resumed.Func - resumed.Base).Ref!);
                K = ref MemoryMarshal.GetArrayDataReference(closure.Constants);
                ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Words), resumed.Pc + 1);
                i = (uint)closure.Code.Originals[resumed.Pc];
                goto Dispatch;
            }

        Arithmetic:
            if (!ArithmeticSlow(thread, closure, ref ip)) goto Raise;
            goto Reload;

        Iterate:
            if (--thread.State.StepsLeft < 0) goto InterruptBefore;
            switch (CallIterator(thread, ref ip))
            {
                case CallOutcome.Entered:
                    goto NewFrame;
                case CallOutcome.Raised:
                    goto Raise;
                default:
                    R = ref Registers(thread);
                    if (thread.HookEvents == HookEvents.None) goto Iterated;
                    FinishIterator(thread);
                    goto Returned;
            }

        Iterated:
            {
                // The second half of TFORLOOP: the control variable takes the first result, and the jump back follows unless that is nil.
                ref var iterator = ref RA(ref R, ref ip);
                if (!Unsafe.Add(ref iterator, 3).IsNil)
                {
                    LuaValue.Copy(ref Unsafe.Add(ref iterator, 2), ref Unsafe.Add(ref iterator, 3));
                    goto Jump;
                }
                ip = ref Unsafe.Add(ref ip, 1);
                continue;
            }

        Compare:
            {
                var answer = CompareSlow(thread, closure, ref ip);
                if (answer < 0) goto Raise;
                R = ref Registers(thread);
                if (answer == ((Reread(ref ip) & 0x3FC0) != 0 ? 1 : 0)) goto Jump;
                ip = ref Unsafe.Add(ref ip, 1);
                continue;
            }

        Jump:
            {
                // A test that holds is followed by its jump.
                var distance = SBx((nuint)(uint)ip);
                ip = ref Unsafe.Add(ref ip, distance + 1);
                if (distance < 0 && (thread.State.StepsLeft += distance) < 0) goto Interrupt;
                continue;
            }

        IteratorDone:
            {
                thread.State.HostLevels--;
                ref var looping = ref Unsafe.Subtract(ref Running(thread), 1);
                thread.FrameIndex--;
                R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), looping.Base);
                closure = Unsafe.As<LuaClosure>(Unsafe.Add(ref R, looping.Func - looping.Base).Ref!);
                K = ref MemoryMarshal.GetArrayDataReference(closure.Constants);
                ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Words), looping.Pc);
                goto Iterated;
            }

        MetamethodDone:
            {
                ref var compared = ref Running(thread);
                if (compared.ResultOffset != CallInfo.Compares)
                {
                    FinishMetamethod(thread, ref ra);
                    goto NewFrame;
                }
                var answer = ra.IsTruthy;
                thread.State.HostLevels--;
                thread.FrameIndex--;
                compared = ref Unsafe.Subtract(ref compared, 1);
                R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), compared.Base);
                closure = Unsafe.As<LuaClosure>(Unsafe.Add(ref R, compared.Func - compared.Base).Ref!);
                K = ref MemoryMarshal.GetArrayDataReference(closure.Constants);
                ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Words), compared.Pc);
                if (answer == ((Reread(ref ip) & 0x3FC0) != 0)) goto Jump;
                ip = ref Unsafe.Add(ref ip, 1);
                continue;
            }

        ReturnToLua:
            ref var caller = ref Unsafe.Subtract(ref Running(thread), 1);
            thread.FrameIndex--;
            R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), caller.Base);
            closure = Unsafe.As<LuaClosure>(Unsafe.Add(ref R, caller.Func - caller.Base).Ref!);
            K = ref MemoryMarshal.GetArrayDataReference(closure.Constants);
            ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Words), caller.Pc);
            continue;

        ReturnSpecial:
            {
                var again = Reread(ref ip);
                var b = (int)(again >> 23);
                var from = Running(thread).Base + ((int)(again >> 6) & 0xFF);
                switch (FinishReturn(thread, from, b != 0 ? b - 1 : thread.Top - from))
                {
                    case ReturnOutcome.Continue:
                        goto Returned;
                    case ReturnOutcome.Leave:
                        return RunStatus.Done;
                    default:
                        goto Raise;
                }
            }

        InterruptBefore:
            // The instruction has not begun: do it again if the program may go on.
            if (!SpendSteps(thread, ref ip)) goto Raise;
            thread.IsInstructionRetried = thread.HookEvents != HookEvents.None;
            Running(thread).Pc--;
            return RunStatus.Again;

        Interrupt:
            if (!SpendSteps(thread, ref ip)) goto Raise;
            return RunStatus.Again;

        Reload:
            R = ref Registers(thread);
            continue;
        }

    Raise:
        // A detour also says no when it has pushed the frame of a metamethod, which runs first.
        if (thread.HasEntered) thread.HasEntered = false;
        else if (!Unwind(thread)) return RunStatus.Raised;

    Returned:
    NewFrame:
        ref var running = ref Running(thread);
        R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), running.Base);
        closure = Unsafe.As<LuaClosure>(Unsafe.Add(ref R, running.Func - running.Base).Ref!);
        K = ref MemoryMarshal.GetArrayDataReference(closure.Constants);
        ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Words), running.Pc);
        goto Next;
    }

    // The number of the next instruction.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Position(LuaClosure closure, ref ulong ip) => (int)(Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(closure.Words), ref ip) >> 3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Position(Executable code, ref ulong ip) => (int)(Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(code.Words), ref ip) >> 3);

    /// <summary>The running call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref CallInfo Running(LuaThread thread) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Frames), thread.FrameIndex);

    /// <summary>Its register 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue Registers(LuaThread thread) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), Running(thread).Base);

    // Every detour begins with this: the position is saved, because a call may follow or an error be raised. Gives the instruction that
    // runs, its operands at least: the opcode may be that of a special form, a hook or an entry of compiled code.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Instruction Begin(LuaThread thread, ref ulong ip)
    {
        ref var frame = ref thread.Frames[thread.FrameIndex];
        frame.Pc = Position(Unsafe.As<LuaClosure>(thread.Stack[frame.Func].Ref!), ref ip);
        return new Instruction((uint)Unsafe.Subtract(ref ip, 1));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Instruction Begin(LuaThread thread, LuaClosure closure, ref ulong ip)
    {
        Running(thread).Pc = Position(closure, ref ip);
        return new Instruction((uint)Unsafe.Subtract(ref ip, 1));
    }

    // As Begin, with the opcode that the compiler wrote.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Instruction BeginPlain(LuaThread thread, LuaClosure closure, ref ulong ip)
    {
        var pc = Position(closure, ref ip);
        Running(thread).Pc = pc;
        return closure.Code.Prototype.Code[pc - 1];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool SpendSteps(LuaThread thread, ref ulong ip)
    {
        Begin(thread, ref ip);
        return thread.State.OnStepsSpent();
    }

    // The instruction that runs, read anew: kept across a call it would be spilled at every instruction.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static nuint Reread(ref ulong ip) => (uint)Unsafe.Subtract(ref ip, 1);

    // The inline cache of the instruction that runs. Always checked before use, so it may be anything.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static uint Hint(ref ulong ip) => (uint)(Unsafe.Subtract(ref ip, 1) >> 32);

    // Register A of the instruction that runs, found anew for the same reason.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RA(ref LuaValue R, ref ulong ip) => ref Unsafe.AddByteOffset(ref R, (Reread(ref ip) >> 2) & 0xFF0);

    // Operands, as byte offsets: an operand times 16 is a shift less far.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RB(ref LuaValue R, nuint i) => ref Unsafe.AddByteOffset(ref R, (i >> 19) & 0xFF0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RC(ref LuaValue R, nuint i) => ref Unsafe.AddByteOffset(ref R, (i >> 10) & 0xFF0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue KB(ref LuaValue K, nuint i) => ref Unsafe.AddByteOffset(ref K, (i >> 19) & 0xFF0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue KC(ref LuaValue K, nuint i) => ref Unsafe.AddByteOffset(ref K, (i >> 10) & 0xFF0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue KBx(ref LuaValue K, nuint i) => ref Unsafe.Add(ref K, i >> 14);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RKB(ref LuaValue R, ref LuaValue K, nuint i)
    {
        if ((int)i < 0) return ref KB(ref K, i);
        return ref RB(ref R, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RKC(ref LuaValue R, ref LuaValue K, nuint i)
    {
        if ((i & (1 << 22)) != 0) return ref KC(ref K, i);
        return ref RC(ref R, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static nint SBx(nuint i) => (nint)(i >> 14) - Instruction.MaxSBx;
}
