// The detours of the loop: what an instruction does when its operands are not the common ones. False (or a negative answer): an error was raised.
// Operands come by reference when nothing was called yet; after a call everything is found again by index, because the stack may have moved.
using System.Runtime.CompilerServices;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Compiled;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    const int HintShift = 32;

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool GetFieldSlow(LuaThread thread, LuaClosure closure, ref LuaValue R, ref ulong ip)
    {
        var i = Begin(thread, closure, ref ip);
        return IndexInto(thread, Unsafe.Add(ref R, i.B), closure.Constants[Instruction.ConstantIndex(i.C)], i, i.B, enter: true);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool GetFieldSlow(LuaThread thread, ref LuaValue container, ref LuaValue key, ref LuaValue target, Instruction i, ref ulong word, bool enter)
    {
        ref var found = ref FindField(thread.State, ref container, key.AsString, ref word);
        if (!Unsafe.IsNullRef(ref found))
        {
            LuaValue.Copy(ref target, ref found);
            return true;
        }
        return IndexInto(thread, container, key, i, i.B, enter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool SelfSlow(LuaThread thread, ref LuaValue container, ref LuaValue key, ref LuaValue target, Instruction i, ref ulong word, bool enter)
    {
        ref var found = ref FindField(thread.State, ref container, key.AsString, ref word);
        if (!Unsafe.IsNullRef(ref found))
        {
            LuaValue.Copy(ref Unsafe.Add(ref target, 1), ref container);
            LuaValue.Copy(ref target, ref found);
            return true;
        }
        return SelfGeneric(thread, i, enter);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool SelfGeneric(LuaThread thread, Instruction i, bool enter)
    {
        var at = thread.Frames[thread.FrameIndex].Base;
        var container = LuaValue.Read(ref thread.Stack[at + i.B]);
        if (!Index(thread, container, Operand(thread, i.C), out var value, i.B, enter)) return false;
        thread.Stack[at + i.A + 1] = container;
        thread.Stack[at + i.A] = value;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool GetGlobalSlow(LuaThread thread, LuaClosure closure, ref ulong ip)
    {
        var i = Begin(thread, closure, ref ip);
        return GetGlobalSlow(thread, closure, i, ref CacheOf(closure.Code, ref ip), enter: true);
    }

    static bool GetGlobalSlow(LuaThread thread, LuaClosure closure, Instruction i, ref ulong word, bool enter)
    {
        LuaValue environment = closure.Environment;
        ref var key = ref closure.Code.Constants[i.Bx];
        ref var found = ref FindField(thread.State, ref environment, key.AsString, ref word);
        if (!Unsafe.IsNullRef(ref found))
        {
            LuaValue.Copy(ref Unsafe.Add(ref Registers(thread), i.A), ref found);
            return true;
        }
        return IndexInto(thread, environment, key, i, NoRegister, enter);
    }

    static bool IndexInto(LuaThread thread, in LuaValue container, in LuaValue key, Instruction i, int register, bool enter)
    {
        if (!Index(thread, container, key, out var value, register, enter)) return false;
        thread.Stack[thread.Frames[thread.FrameIndex].Base + i.A] = value;
        return true;
    }

    // Where the inline cache of the instruction before ip is: at an entry of compiled code the bits are taken.
    static ref ulong CacheOf(Executable code, ref ulong ip)
    {
        ref var word = ref Unsafe.Subtract(ref ip, 1);
        if (((uint)word & 0x3F) == Op.Compiled) return ref code.Originals[Position(code, ref ip) - 1];
        return ref word;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool GetTableSlow(LuaThread thread, LuaClosure closure, ref ulong ip)
    {
        var i = Begin(thread, closure, ref ip);
        ref var container = ref Unsafe.Add(ref Registers(thread), i.B);
        ref var key = ref OperandSlot(thread, closure, i.C);
        if (container.IsTable && container.AsTable.Metatable is { } metatable)
        {
            // Not in the table itself, or FindIndexed would have found it.
            ref var handler = ref metatable.IndexSlot;
            if (handler.IsLuaFunction) return EnterMetamethod(thread, in handler, in container, in key, i.A);
        }
        return IndexInto(thread, container, key, i, i.B, enter: true);
    }

    static bool GetTableSlow(LuaThread thread, Instruction i, bool enter) =>
        IndexInto(thread, Unsafe.Add(ref Registers(thread), i.B), Operand(thread, i.C), i, i.B, enter);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool SetFieldSlow(LuaThread thread, ref ulong ip)
    {
        var i = Begin(thread, ref ip);
        return SetIndex(thread, Unsafe.Add(ref Registers(thread), i.A), OperandSlot(thread, i.B), OperandSlot(thread, i.C), i.A, enter: true);
    }

    static bool SetFieldSlow(LuaThread thread, ref LuaValue container, ref LuaValue key, ref LuaValue value, Instruction i, ref ulong word, bool enter)
    {
        if (container.IsTable && TrySetField(container.AsTable, ref key, ref value, ref word)) return true;
        return SetIndex(thread, container, key, value, i.A, enter);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool SetGlobalSlow(LuaThread thread, ref ulong ip)
    {
        var i = Begin(thread, ref ip);
        var closure = RunningClosure(thread);
        return SetGlobalSlow(thread, closure, i, ref CacheOf(closure.Code, ref ip), enter: true);
    }

    static bool SetGlobalSlow(LuaThread thread, LuaClosure closure, Instruction i, ref ulong word, bool enter)
    {
        var table = closure.Environment!;
        ref var key = ref closure.Code.Constants[i.Bx];
        var node = table.FindStringAs(key.AsString);
        if (node >= 0) word = (uint)word | (ulong)(uint)node << HintShift;
        return SetIndex(thread, table, key, Unsafe.Add(ref Registers(thread), i.A), NoRegister, enter);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool SetTableSlow(LuaThread thread, LuaClosure closure, ref ulong ip)
    {
        var i = Begin(thread, closure, ref ip);
        ref var container = ref Unsafe.Add(ref Registers(thread), i.A);
        if (container.IsTable && container.AsTable is { IsReadOnly: false, Metatable: { } metatable } table)
        {
            ref var handler = ref metatable.FindMetamethod(Metamethod.NewIndex);
            if (handler.IsLuaFunction)
            {
                ref var key = ref OperandSlot(thread, closure, i.B);
                ref var slot = ref table.FindSlot(key);
                if (Unsafe.IsNullRef(ref slot))
                {
                    // As in SetIndex: the key gets its place first.
                    if (!table.TrySet(key, LuaValue.Nil, out var refused)) return RaiseText(thread, LuaTable.Describe(refused));
                    return EnterNewIndex(thread, in handler, in container, in key, in OperandSlot(thread, closure, i.C));
                }
                if (slot.IsNil)
                {
                    table.AbsentFlags = 0;
                    return EnterNewIndex(thread, in handler, in container, in key, in OperandSlot(thread, closure, i.C));
                }
            }
        }
        return SetIndex(thread, Unsafe.Add(ref Registers(thread), i.A), OperandSlot(thread, i.B), OperandSlot(thread, i.C), i.A, enter: true);
    }

    static bool SetTableSlow(LuaThread thread, Instruction i, bool enter)
    {
        ref var container = ref Unsafe.Add(ref Registers(thread), i.A);
        ref var key = ref OperandSlot(thread, i.B);
        ref var value = ref OperandSlot(thread, i.C);
        if (TrySetIndexed(ref container, ref key, ref value)) return true;
        return SetIndex(thread, container, key, value, i.A, enter);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static LuaTable NewSizedTable(uint word)
    {
        var i = new Instruction(word);
        return new LuaTable(FromFloatingByte(i.B), FromFloatingByte(i.C));
    }

    // luaO_fb2int: eeeeexxx stands for 1xxx * 2^(eeeee - 1), or xxx when eeeee is 0.
    static int FromFloatingByte(int x)
    {
        var exponent = (x >> 3) & 31;
        return exponent == 0 ? x : ((x & 7) + 8) << (exponent - 1);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool ArithmeticSlow(LuaThread thread, LuaClosure closure, ref ulong ip)
    {
        var i = BeginPlain(thread, closure, ref ip);
        ref var b = ref OperandSlot(thread, closure, i.B);
        if (b.IsTable)
        {
            ref var handler = ref HandlerOf(b.AsTable, OperationOf(i.OpCode), closure, ref ip);
            if (handler.IsLuaFunction) return EnterMetamethod(thread, in handler, in b, in OperandSlot(thread, closure, i.C), i.A);
        }
        return ArithmeticSlow(thread, i, enter: true);
    }

    static bool ArithmeticSlow(LuaThread thread, Instruction i, bool enter)
    {
        var operation = OperationOf(i.OpCode);
        if (!Arithmetic(thread, operation, Operand(thread, i.B), Operand(thread, i.C), out var result, Register(i.B), Register(i.C), enter)) return false;
        thread.Stack[thread.Frames[thread.FrameIndex].Base + i.A] = result;
        return true;
    }

    // Both lists are in PUC's order.
    static Metamethod OperationOf(OpCode code) => Metamethod.Add + (code - OpCode.Add);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool UnaryMinusSlow(LuaThread thread, ref ulong ip) => UnaryMinusSlow(thread, Begin(thread, ref ip), enter: true);

    static bool UnaryMinusSlow(LuaThread thread, Instruction i, bool enter)
    {
        var operand = Operand(thread, i.B);
        if (!Arithmetic(thread, Metamethod.UnaryMinus, operand, operand, out var result, i.B, i.B, enter)) return false;
        thread.Stack[thread.Frames[thread.FrameIndex].Base + i.A] = result;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool LengthSlow(LuaThread thread, ref ulong ip) => LengthSlow(thread, Begin(thread, ref ip), enter: true);

    static bool LengthSlow(LuaThread thread, Instruction i, bool enter)
    {
        if (!Length(thread, Operand(thread, i.B), out var result, i.B, enter)) return false;
        thread.Stack[thread.Frames[thread.FrameIndex].Base + i.A] = result;
        return true;
    }

    /// <summary>1 equal, 0 not, -1 raised.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static int EqualSlow(LuaThread thread, LuaClosure closure, ref ulong ip)
    {
        var i = Begin(thread, closure, ref ip);
        return EnterComparison(thread, i, Metamethod.Equal, closure, ref ip) ? -1 : EqualSlow(thread, i, enter: true);
    }

    // Two tables under one metatable that has a Lua function for this: the usual case of objects of one class.
    static bool EnterComparison(LuaThread thread, Instruction i, Metamethod method, LuaClosure closure, ref ulong ip)
    {
        ref var b = ref OperandSlot(thread, closure, i.B);
        ref var c = ref OperandSlot(thread, closure, i.C);
        if (!b.IsTable || !c.IsTable || ReferenceEquals(b.Ref, c.Ref) && method == Metamethod.Equal || !ReferenceEquals(b.AsTable.Metatable, c.AsTable.Metatable)) return false;
        ref var handler = ref HandlerOf(b.AsTable, method, closure, ref ip);
        if (!handler.IsLuaFunction) return false;
        EnterMetamethod(thread, in handler, in b, in c, JumpTarget);
        return true;
    }

    static int EqualSlow(LuaThread thread, Instruction i, bool enter)
    {
        if (!Equal(thread, Operand(thread, i.B), Operand(thread, i.C), out var result, enter)) return -1;
        return result ? 1 : 0;
    }

    /// <summary>1 holds, 0 does not, -1 raised.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static int CompareSlow(LuaThread thread, LuaClosure closure, ref ulong ip)
    {
        var i = BeginPlain(thread, closure, ref ip);
        return EnterComparison(thread, i, i.OpCode == OpCode.Lt ? Metamethod.LessThan : Metamethod.LessOrEqual, closure, ref ip) ? -1 : CompareSlow(thread, i, enter: true);
    }

    static int CompareSlow(LuaThread thread, Instruction i, bool enter)
    {
        ref var b = ref OperandSlot(thread, i.B);
        ref var c = ref OperandSlot(thread, i.C);
        if (b.IsString && c.IsString)
        {
            var order = b.AsString.CompareTo(c.AsString);
            return (i.OpCode == OpCode.Lt ? order < 0 : order <= 0) ? 1 : 0;
        }
        bool result;
        var ok = i.OpCode == OpCode.Lt
            ? LessThan(thread, Operand(thread, i.B), Operand(thread, i.C), out result, enter)
            : LessOrEqual(thread, Operand(thread, i.B), Operand(thread, i.C), out result, enter);
        return ok ? result ? 1 : 0 : -1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool CoerceLoop(LuaThread thread, ref ulong ip)
    {
        var i = Begin(thread, ref ip);
        return CoerceLoop(thread, ref Unsafe.Add(ref Registers(thread), i.A));
    }

    static bool CoerceLoop(LuaThread thread, ref LuaValue index)
    {
        ref var limit = ref Unsafe.Add(ref index, 1);
        ref var step = ref Unsafe.Add(ref index, 2);
        if (!TryToNumber(index, out var first)) return RaiseText(thread, "'for' initial value must be a number");
        if (!TryToNumber(limit, out var last)) return RaiseText(thread, "'for' limit must be a number");
        if (!TryToNumber(step, out var by)) return RaiseText(thread, "'for' step must be a number");
        LuaValue.WriteNumber(ref index, first);
        LuaValue.WriteNumber(ref limit, last);
        LuaValue.WriteNumber(ref step, by);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool SetList(LuaThread thread, ref ulong ip) => SetList(thread, Begin(thread, ref ip), (uint)ip);

    static bool SetList(LuaThread thread, Instruction i, uint nextWord)
    {
        var from = thread.Frames[thread.FrameIndex].Base + i.A;
        var count = i.B != 0 ? i.B : thread.Top - from - 1;
        var block = i.C != 0 ? i.C : (int)nextWord;
        if (!thread.Stack[from].IsTable || count < 0) return true; // only in code that no compiler made; PUC does nothing either
        var table = thread.Stack[from].AsTable;
        var wide = ((long)block - 1) * FieldsPerFlush + count;
        if (wide < count || wide > int.MaxValue) return RaiseText(thread, "table overflow");
        var last = (int)wide;
        if (last > table.Array.Length)
        {
            if (!thread.State.Charge((long)last * 16)) return false;
            if (!table.Resize(last, table.Slots.Hash)) return RaiseText(thread, "table overflow");
        }
        var array = table.Array.AsSpan(last - count, count);
        var values = thread.Stack.AsSpan(from + 1, count);
        for (var n = 0; n < count; n++) LuaValue.Store(ref array[n], ref values[n]);
        return true;
    }

    /// <summary>LFIELDS_PER_FLUSH.</summary>
    const int FieldsPerFlush = 50;

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool TryCopyVarargs(LuaThread thread, LuaClosure closure, ref LuaValue target, ref ulong ip)
    {
        ref var frame = ref Running(thread);
        var count = frame.Base - frame.Func - 1 - closure.Code.ParameterCount;
        var i = (uint)Reread(ref ip);
        var wanted = (int)(i >> 23) - 1;
        var to = (int)(i >> 6) & 0xFF;
        if (count < 0 || frame.Base + to + count + 1 > thread.StackLimit) return false;
        ref var source = ref Unsafe.Subtract(ref target, to + count);
        if (wanted < 0)
        {
            wanted = count;
            thread.Top = frame.Base + to + count;
        }
        if (count > wanted) count = wanted;
        for (var n = 0; n < count; n++) LuaValue.Copy(ref Unsafe.Add(ref target, n), ref Unsafe.Add(ref source, n));
        for (var n = count; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref target, n), LuaValue.NilTag);
        return true;
    }

    static bool CopyVarargs(LuaThread thread, Instruction i)
    {
        ref var frame = ref thread.Frames[thread.FrameIndex];
        var count = frame.Base - frame.Func - 1 - RunningClosure(thread).Code.ParameterCount;
        if (count < 0) count = 0;
        var wanted = i.B - 1;
        var to = frame.Base + i.A;
        if (wanted < 0)
        {
            wanted = count;
            if (to + count + 1 > thread.StackLimit && !GrowStack(thread, to + count + 1)) return false;
            thread.Top = to + count;
        }
        var stack = thread.Stack;
        var copied = Math.Min(wanted, count);
        for (var n = 0; n < copied; n++) LuaValue.Copy(ref stack[to + n], ref stack[frame.Base - count + n]);
        for (var n = copied; n < wanted; n++) LuaValue.WriteBits(ref stack[to + n], LuaValue.NilTag);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static LuaClosure MakeClosure(LuaThread thread, ref ulong ip)
    {
        var parent = RunningClosure(thread);
        return MakeClosure(thread, parent, new Instruction((uint)Unsafe.Subtract(ref ip, 1)), Position(parent.Code, ref ip), thread.Frames[thread.FrameIndex].Base);
    }

    static LuaClosure MakeClosure(LuaThread thread, LuaClosure parent, Instruction i, int pc, int registers)
    {
        var code = parent.Code.Child(i.Bx);
        var count = code.Prototype.UpvalueCount;
        var upvalues = count == 0 ? [] : new UpValue[count];
        var made = new LuaClosure(code, parent.Environment!, upvalues);
        for (var n = 0; n < upvalues.Length; n++)
        {
            var capture = new Instruction((uint)parent.Code.Words[pc + n]);
            upvalues[n] = capture.OpCode == OpCode.GetUpval ? parent.Upvalues[capture.B] : thread.FindUpvalue(registers + capture.B);
        }
        if (thread.State.CompilesAtOnce) Hotness.Compile(thread.State, code, new Specimen(made, null, 0));
        return made;
    }

    /// <summary>Closes all upvalues at or above this slot: they keep their value and leave the stack.</summary>
    internal static void CloseUpvalues(LuaThread thread, int from)
    {
        while (thread.OpenUpvalues is { } open && open.Index >= from)
        {
            thread.OpenUpvalues = open.Next;
            LuaValue.Store(ref open.Value, ref thread.Stack[open.Index]);
            open.Stack = null;
            open.Next = null;
        }
    }

    // TFORLOOP over next(): 1 another pair was put into the loop's variables, 0 the end, -1 the general way must raise the error.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static int StepNext(ref LuaValue loop, ref ulong word)
    {
        var table = Unsafe.Add(ref loop, 1).AsTable;
        ref var control = ref Unsafe.Add(ref loop, 2);
        int position;
        if (control.IsNil)
        {
            position = 0;
        }
        else
        {
            // The last position is remembered in the instruction, and holds as long as the key there is the control variable.
            position = (int)(word >> HintShift);
            var nodes = table.Nodes;
            var node = position - 1 - table.Array.Length;
            if ((uint)node >= (uint)nodes.Length || nodes[node].Key.Bits != control.Bits
                || !(control.IsNumber || ReferenceEquals(nodes[node].Key.Ref, control.Ref)))
            {
                position = table.FindPosition(control);
                if (position < 0) return -1;
            }
        }
        ref var key = ref Unsafe.Add(ref loop, 3);
        ref var value = ref Unsafe.Add(ref loop, 4);
        ref var found = ref table.AdvanceTo(ref position, ref key);
        if (Unsafe.IsNullRef(ref found))
        {
            LuaValue.WriteBits(ref key, LuaValue.NilTag);
            LuaValue.WriteBits(ref value, LuaValue.NilTag);
            return 0;
        }
        LuaValue.Copy(ref value, ref found);
        LuaValue.Copy(ref control, ref key);
        if (((uint)word & 0x3F) != Op.Compiled) word = (uint)word | (ulong)(uint)position << HintShift;
        return 1;
    }

    // TFORLOOP over the iterator of ipairs().
    static int StepIndex(ref LuaValue loop)
    {
        ref var control = ref Unsafe.Add(ref loop, 2);
        if (!control.IsNumber) return -1;
        var table = Unsafe.As<LuaTable>(Unsafe.Add(ref loop, 1).Ref!);
        var index = Truncation.ToInt32(control.AsNumber) + 1;
        ref var key = ref Unsafe.Add(ref loop, 3);
        ref var value = ref Unsafe.Add(ref loop, 4);
        var array = table.Array;
        if ((uint)(index - 1) < (uint)array.Length) LuaValue.Copy(ref value, ref array[index - 1]);
        else value = table.GetInt(index);
        if (value.IsNil)
        {
            LuaValue.WriteBits(ref key, LuaValue.NilTag);
            return 0;
        }
        LuaValue.WriteNumber(ref key, index);
        LuaValue.WriteNumber(ref control, index);
        return 1;
    }

    static LuaClosure RunningClosure(LuaThread thread) => Unsafe.As<LuaClosure>(thread.Stack[thread.Frames[thread.FrameIndex].Func].Ref!);

    /// <summary>The value of an RK operand of the running Lua function.</summary>
    static LuaValue Operand(LuaThread thread, int rk) => LuaValue.Read(ref OperandSlot(thread, rk));

    static ref LuaValue OperandSlot(LuaThread thread, int rk)
    {
        if (Instruction.IsConstant(rk)) return ref RunningClosure(thread).Code.Constants[Instruction.ConstantIndex(rk)];
        return ref Unsafe.Add(ref Registers(thread), rk);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static ref LuaValue OperandSlot(LuaThread thread, LuaClosure closure, int rk)
    {
        if (Instruction.IsConstant(rk)) return ref closure.Constants[Instruction.ConstantIndex(rk)];
        return ref Unsafe.Add(ref Registers(thread), rk);
    }

    static int Register(int rk) => Instruction.IsConstant(rk) ? NoRegister : rk;

    /// <summary>An operand of which no variable is known.</summary>
    const int NoRegister = -1;
}
