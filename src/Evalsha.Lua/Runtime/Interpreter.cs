// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Lua/LoopBench.cs.
// The loop that runs Lua functions: one activation runs any depth of Lua-to-Lua calls, pcalls and errors between them; it is entered again
// only for calls that come through a host function, a metamethod or a resume. One file because a loop over 62 instructions is
// one thing; each case holds the common path and leaves the rest to Interpreter.SlowPaths.cs.
// Always true here: ci is the running call; R its register 0, K its constants, ip the next instruction. Whatever may call or grow the stack
// is followed by Reload, because the stack and the list of calls may have moved. Registers and constants are reached without bounds checks:
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
}

internal static partial class Interpreter
{
    // Optimised at once: its frame is small then (nested host levels must fit a small stack), and a program's first second is not spent in
    // the unoptimised form. The runtime's profile would gain 3 to 8 % later (LoopBench).
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static RunStatus Execute(LuaThread thread)
    {
        ref var ci = ref thread.Frames[thread.FrameIndex];
        ref var R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Base);
        var closure = Unsafe.As<LuaClosure>(thread.Stack[ci.Func].Ref!);
        ref var K = ref MemoryMarshal.GetArrayDataReference(closure.Code.Constants);
        ref var ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Code.Words), ci.Pc);

    Loop:
        while (true)
        {
            ref var word = ref ip;
            ip = ref Unsafe.Add(ref ip, 1);
        Again:
            var i = (uint)word;
            ref var ra = ref Unsafe.AddByteOffset(ref R, (nint)((i >> 2) & 0xFF0));
        Dispatch:
            switch (i & 0x3F)
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
                    LuaValue.Copy(ref ra, ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Upvalues), (nint)(i >> 23)).Slot);
                    continue;

                case (uint)OpCode.SetUpval:
                    LuaValue.Store(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Upvalues), (nint)(i >> 23)).Slot, ref ra);
                    continue;

                case (uint)OpCode.GetGlobal:
                {
                    var nodes = closure.Environment!.Nodes;
                    var hint = (uint)(word >> 32);
                    if (hint < (uint)nodes.Length)
                    {
                        ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), hint);
                        if (ReferenceEquals(node.Key.Ref, KBx(ref K, i).Ref) && !node.Value.IsNil)
                        {
                            LuaValue.Copy(ref ra, ref node.Value);
                            continue;
                        }
                    }
                    ci.Pc = Position(closure, ref ip);
                    if (!GetGlobalSlow(thread, closure, ref word)) goto Raise;
                    goto Reload;
                }

                case Op.GetField:
                {
                    ref var container = ref RB(ref R, i);
                    if (container.Bits == LuaValue.TableTag)
                    {
                        var nodes = Unsafe.As<LuaTable>(container.Ref!).Nodes;
                        var hint = (uint)(word >> 32);
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
                    ci.Pc = Position(closure, ref ip);
                    if (!GetFieldSlow(thread, ref container, ref KC(ref K, i), ref ra, ref word)) goto Raise;
                    goto Reload;
                }

                case Op.SelfField:
                {
                    ref var container = ref RB(ref R, i);
                    if (container.Bits == LuaValue.TableTag)
                    {
                        var nodes = Unsafe.As<LuaTable>(container.Ref!).Nodes;
                        var hint = (uint)(word >> 32);
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
                    ci.Pc = Position(closure, ref ip);
                    if (!SelfSlow(thread, ref container, ref KC(ref K, i), ref ra, ref word)) goto Raise;
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
                            var integer = double.ConvertToIntegerNative<int>(number);
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
                            var found = table.FindString(Unsafe.As<ByteString>(key.Ref!));
                            if (found >= 0)
                            {
                                ref var slot = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(table.Nodes), found).Value;
                                if (!slot.IsNil)
                                {
                                    LuaValue.Copy(ref ra, ref slot);
                                    continue;
                                }
                            }
                        }
                    }
                    ci.Pc = Position(closure, ref ip);
                    if (!GetTableSlow(thread, i)) goto Raise;
                    goto Reload;
                }

                case (uint)OpCode.GetTable:
                    ci.Pc = Position(closure, ref ip);
                    if (!GetTableSlow(thread, i)) goto Raise;
                    goto Reload;

                case (uint)OpCode.SetGlobal:
                {
                    var table = closure.Environment!;
                    var nodes = table.Nodes;
                    var hint = (uint)(word >> 32);
                    if (hint < (uint)nodes.Length)
                    {
                        ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), hint);
                        if (ReferenceEquals(node.Key.Ref, KBx(ref K, i).Ref) && !node.Value.IsNil && !table.IsReadOnly)
                        {
                            LuaValue.Store(ref node.Value, ref ra);
                            continue;
                        }
                    }
                    ci.Pc = Position(closure, ref ip);
                    if (!SetGlobalSlow(thread, closure, ref word)) goto Raise;
                    goto Reload;
                }

                case Op.SetField:
                    if (ra.Bits == LuaValue.TableTag)
                    {
                        var table = Unsafe.As<LuaTable>(ra.Ref!);
                        var nodes = table.Nodes;
                        var hint = (uint)(word >> 32);
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
                    ci.Pc = Position(closure, ref ip);
                    if (!SetFieldSlow(thread, ref ra, ref KB(ref K, i), ref RKC(ref R, ref K, i), ref word)) goto Raise;
                    goto Reload;

                case Op.SetIndex:
                {
                    ref var key = ref RB(ref R, i);
                    if (ra.Bits == LuaValue.TableTag && key.IsNumber)
                    {
                        var table = Unsafe.As<LuaTable>(ra.Ref!);
                        var number = key.AsNumber;
                        var integer = double.ConvertToIntegerNative<int>(number);
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
                    ci.Pc = Position(closure, ref ip);
                    if (!SetTableSlow(thread, i)) goto Raise;
                    goto Reload;
                }

                case (uint)OpCode.SetTable:
                    ci.Pc = Position(closure, ref ip);
                    if (!SetTableSlow(thread, i)) goto Raise;
                    goto Reload;

                case (uint)OpCode.NewTable:
                    ra = new LuaValue(LuaValue.TableTag, (i >> 14) == 0 ? new LuaTable() : NewSizedTable(i));
                    continue;

                case (uint)OpCode.Self:
                    ci.Pc = Position(closure, ref ip);
                    if (!SelfGeneric(thread, i)) goto Raise;
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
                case (uint)OpCode.Sub:
                case (uint)OpCode.Div:
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
                    ci.Pc = Position(closure, ref ip);
                    if (!UnaryMinusSlow(thread, i)) goto Raise;
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
                    ci.Pc = Position(closure, ref ip);
                    if (!LengthSlow(thread, i)) goto Raise;
                    goto Reload;
                }

                case (uint)OpCode.Concat:
                    ci.Pc = Position(closure, ref ip);
                    if (!ConcatRegisters(thread, i)) goto Raise;
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
                    if (equal == ((i & 0x3FC0) != 0)) goto Jump;
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
                        ci.Pc = Position(closure, ref ip);
                        var answer = EqualSlow(thread, i);
                        if (answer < 0) goto Raise;
                        equal = answer != 0;
                        ci = ref thread.Frames[thread.FrameIndex];
                        R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Base);
                    }
                    if (equal == ((i & 0x3FC0) != 0)) goto Jump;
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
                            K = ref MemoryMarshal.GetArrayDataReference(code.Constants);
                            ip = ref MemoryMarshal.GetArrayDataReference(code.Words);
                            continue;
                        }
                    }
                    var outcome = ra.Bits == LuaValue.FunctionTag && ra.Ref!.GetType() == typeof(LuaHostFunction)
                            && Unsafe.As<LuaHostFunction>(ra.Ref!).Kind == HostKind.Plain
                        ? CallHost(thread, Unsafe.As<LuaHostFunction>(ra.Ref!), func, arguments, wanted)
                        : PrepareCall(thread, func, arguments, wanted, 0);
                    if (outcome == CallOutcome.Completed) goto Reload;
                    if (outcome == CallOutcome.Entered) goto NewFrame;
                    if (outcome == CallOutcome.Raised) goto Raise;
                    return RunStatus.Yielded;
                }

                case (uint)OpCode.TailCall:
                    ci.Pc = Position(closure, ref ip);
                    if (--thread.State.StepsLeft < 0) goto InterruptBefore;
                    switch (TailCall(thread, i))
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
                    if (thread.OpenUpvalues is not null) CloseUpvalues(thread, ci.Base);
                    ref var target = ref Unsafe.Add(ref R, ci.Func - ci.Base);
                    var wanted = ci.Wanted;
                    if ((ci.Kind & FrameKind.Mask) != 0)
                    {
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
                    if (thread.OpenUpvalues is not null) CloseUpvalues(thread, ci.Base);
                    if ((ci.Kind & FrameKind.Mask) != 0) goto ReturnSpecial;
                    ref var target = ref Unsafe.Add(ref R, ci.Func - ci.Base);
                    var wanted = ci.Wanted;
                    if (wanted < 0) thread.Top = ci.Func;
                    for (var n = 0; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
                    goto ReturnToLua;
                }

                case (uint)OpCode.Return:
                {
                    if (thread.OpenUpvalues is not null) CloseUpvalues(thread, ci.Base);
                    if ((ci.Kind & FrameKind.Mask) != 0) goto ReturnSpecial;
                    ref var target = ref Unsafe.Add(ref R, ci.Func - ci.Base);
                    var b = (int)(i >> 23);
                    var count = b != 0 ? b - 1 : thread.Top - (ci.Base + ((int)(i >> 6) & 0xFF));
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
                        ci.Pc = Position(closure, ref ip);
                        if (!CoerceLoop(thread, ref ra, ref limit, ref step)) goto Raise;
                    }
                    LuaValue.WriteNumber(ref ra, ra.AsNumber - step.AsNumber);
                    ip = ref Unsafe.Add(ref ip, SBx(i));
                    continue;
                }

                case (uint)OpCode.TForLoop:
                {
                    if (ra.Bits == LuaValue.FunctionTag && ra.Ref!.GetType() == typeof(LuaHostFunction) && Unsafe.Add(ref ra, 1).Bits == LuaValue.TableTag)
                    {
                        var kind = Unsafe.As<LuaHostFunction>(ra.Ref!).Kind;
                        if (kind == HostKind.Next || kind == HostKind.IndexIterator)
                        {
                            if (--thread.State.StepsLeft < 0) goto InterruptBefore;
                            var found = kind == HostKind.Next ? StepNext(ref ra, ref word) : StepIndex(ref ra);
                            if (found >= 0)
                            {
                                var results = (int)(i >> 14) & 0x1FF;
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
                    ci.Pc = Position(closure, ref ip);
                    if (!SetList(thread, i, (uint)ip)) goto Raise;
                    if ((i & (0x1FF << 14)) == 0) ip = ref Unsafe.Add(ref ip, 1);
                    goto Reload;

                case (uint)OpCode.Close:
                    CloseUpvalues(thread, ci.Base + ((int)(i >> 6) & 0xFF));
                    continue;

                case (uint)OpCode.Closure:
                {
                    var made = MakeClosure(thread, closure, i, Position(closure, ref ip), ci.Base);
                    ip = ref Unsafe.Add(ref ip, made.Upvalues.Length);
                    ra = new LuaValue(LuaValue.FunctionTag, made);
                    continue;
                }

                case (uint)OpCode.VarArg:
                    ci.Pc = Position(closure, ref ip);
                    if (!CopyVarargs(thread, ref ci, closure.Code.ParameterCount, i)) goto Raise;
                    goto Reload;

                case Op.Hook:
                {
                    var previous = ci.Pc;
                    ci.Pc = Position(closure, ref ip);
                    if (!Hooks.BeforeInstruction(thread, previous)) goto Raise;
                    ci = ref thread.Frames[thread.FrameIndex];
                    R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Base);
                    i = closure.Code.BeneathHook(ci.Pc - 1);
                    if ((i & 0x3F) == (uint)OpCode.TForLoop) goto Iterate; // next is a call too
                    ra = ref Unsafe.AddByteOffset(ref R, (nint)((i >> 2) & 0xFF0));
                    goto Dispatch;
                }

                case Op.Compiled:
                {
                    var position = Position(closure, ref word);
                    ci.Pc = position;
                    switch (EnterCompiled(thread, closure, i >> 14))
                    {
                        case CompiledStatus.Refused:
                            word = ref closure.Code.Originals[position];
                            goto Again;
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
                ci = ref thread.Frames[thread.FrameIndex];
                R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Base);
                closure = Unsafe.As<LuaClosure>(thread.Stack[ci.Func].Ref!);
                K = ref MemoryMarshal.GetArrayDataReference(closure.Code.Constants);
                word = ref closure.Code.Originals[ci.Pc];
                ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Code.Words), ci.Pc + 1);
                goto Again;
            }

        Arithmetic:
            ci.Pc = Position(closure, ref ip);
            if (!ArithmeticSlow(thread, i)) goto Raise;
            goto Reload;

        Iterate:
            ci.Pc = Position(closure, ref ip);
            if (--thread.State.StepsLeft < 0) goto InterruptBefore;
            switch (CallIterator(thread, i))
            {
                case CallOutcome.Entered:
                    goto NewFrame;
                case CallOutcome.Raised:
                    goto Raise;
                default:
                    goto Returned; // the instruction was completed, and the position moved
            }

        Compare:
            {
                ci.Pc = Position(closure, ref ip);
                var answer = CompareSlow(thread, i);
                if (answer < 0) goto Raise;
                ci = ref thread.Frames[thread.FrameIndex];
                R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Base);
                if (answer == ((i & 0x3FC0) != 0 ? 1 : 0)) goto Jump;
                ip = ref Unsafe.Add(ref ip, 1);
                continue;
            }

        Jump:
            {
                // A test that holds is followed by its jump.
                var distance = SBx((uint)ip);
                ip = ref Unsafe.Add(ref ip, distance + 1);
                if (distance < 0 && (thread.State.StepsLeft += distance) < 0) goto Interrupt;
                continue;
            }

        ReturnToLua:
            thread.FrameIndex--;
            ci = ref Unsafe.Subtract(ref ci, 1);
            R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Base);
            closure = Unsafe.As<LuaClosure>(Unsafe.Add(ref R, ci.Func - ci.Base).Ref!);
            K = ref MemoryMarshal.GetArrayDataReference(closure.Code.Constants);
            ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Code.Words), ci.Pc);
            continue;

        ReturnSpecial:
            {
                var b = (int)(i >> 23);
                var from = ci.Base + ((int)(i >> 6) & 0xFF);
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
            ci.Pc = Position(closure, ref ip);
            if (!thread.State.OnStepsSpent()) goto Raise;
            thread.IsInstructionRetried = thread.HookEvents != HookEvents.None;
            ip = ref Unsafe.Subtract(ref ip, 1);
            goto Reload;

        Interrupt:
            ci.Pc = Position(closure, ref ip);
            if (!thread.State.OnStepsSpent()) goto Raise;
            goto Reload;

        Reload:
            ci = ref thread.Frames[thread.FrameIndex];
            R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Base);
            continue;
        }

    Raise:
        if (!Unwind(thread)) return RunStatus.Raised;

    Returned:
    NewFrame:
        ci = ref thread.Frames[thread.FrameIndex];
        R = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(thread.Stack), ci.Base);
        closure = Unsafe.As<LuaClosure>(thread.Stack[ci.Func].Ref!);
        K = ref MemoryMarshal.GetArrayDataReference(closure.Code.Constants);
        ip = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(closure.Code.Words), ci.Pc);
        goto Loop;
    }

    // The number of the next instruction.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Position(LuaClosure closure, ref ulong ip) =>
        (int)(Unsafe.ByteOffset(ref MemoryMarshal.GetArrayDataReference(closure.Code.Words), ref ip) >> 3);

    // Operands, as byte offsets: an operand times 16 is a shift less far.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RB(ref LuaValue R, uint i) => ref Unsafe.AddByteOffset(ref R, (nint)((i >> 19) & 0xFF0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RC(ref LuaValue R, uint i) => ref Unsafe.AddByteOffset(ref R, (nint)((i >> 10) & 0xFF0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue KB(ref LuaValue K, uint i) => ref Unsafe.AddByteOffset(ref K, (nint)((i >> 19) & 0xFF0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue KC(ref LuaValue K, uint i) => ref Unsafe.AddByteOffset(ref K, (nint)((i >> 10) & 0xFF0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue KBx(ref LuaValue K, uint i) => ref Unsafe.Add(ref K, (nint)(i >> 14));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RKB(ref LuaValue R, ref LuaValue K, uint i)
    {
        if ((int)i < 0) return ref KB(ref K, i);
        return ref RB(ref R, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue RKC(ref LuaValue R, ref LuaValue K, uint i)
    {
        if ((i & (1 << 22)) != 0) return ref KC(ref K, i);
        return ref RC(ref R, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static nint SBx(uint i) => (nint)(i >> 14) - Instruction.MaxSBx;
}
