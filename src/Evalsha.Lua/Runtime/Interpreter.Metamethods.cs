// Operations that honour metamethods, for instructions whose fast path failed and for host functions. False: an error was raised.
// The stack may have moved afterwards.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Evalsha.Lua.Bytecode;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>The metatable that decides for this value: its own, or that of its type.</summary>
    internal static LuaTable? MetatableOf(LuaState state, in LuaValue value) => value.Type switch
    {
        LuaType.Table => value.AsTable.Metatable,
        LuaType.Userdata => value.AsUserdata.Metatable,
        var type => state.TypeMetatables[(int)type],
    };

    internal static LuaValue MetamethodOf(LuaState state, in LuaValue value, Metamethod method)
    {
        var metatable = MetatableOf(state, value);
        return metatable is null ? LuaValue.Nil : metatable.GetMetamethod(method);
    }

    internal static bool Index(LuaThread thread, in LuaValue container, in LuaValue key, out LuaValue value, int register = NoRegister, bool enter = false)
    {
        var current = LuaValue.Read(in container);
        for (var chain = 0; chain < LuaLimits.MetatableChainMax; chain++)
        {
            LuaValue handler;
            if (current.IsTable)
            {
                var table = current.AsTable;
                value = table.Get(key);
                if (!value.IsNil || table.Metatable is not { } metatable) return true;
                handler = LuaValue.Read(ref metatable.IndexSlot);
                if (handler.IsNil) return true;
            }
            else
            {
                handler = MetamethodOf(thread.State, current, Metamethod.Index);
                if (handler.IsNil)
                {
                    value = LuaValue.Nil;
                    return RaiseTypeError(thread, current, "index", chain == 0 ? register : NoRegister);
                }
            }
            if (handler.IsFunction) return CallForResult(thread, handler, current, key, out value, 2, enter);
            current = handler;
        }
        value = LuaValue.Nil;
        return RaiseText(thread, "loop in gettable");
    }

    internal static bool SetIndex(LuaThread thread, in LuaValue container, in LuaValue key, in LuaValue value, int register = NoRegister, bool enter = false)
    {
        var current = LuaValue.Read(in container);
        for (var chain = 0; chain < LuaLimits.MetatableChainMax; chain++)
        {
            LuaValue handler;
            if (current.IsTable)
            {
                var table = current.AsTable;
                if (table.Metatable is not { } metatable || (metatable.AbsentFlags & (1 << (int)Metamethod.NewIndex)) != 0)
                {
                    return table.TrySet(key, value, out var error) || RaiseText(thread, LuaTable.Describe(error));
                }
                handler = metatable.GetMetamethod(Metamethod.NewIndex);
                if (handler.IsNil || !table.Get(key).IsNil)
                {
                    return table.TrySet(key, value, out var error) || RaiseText(thread, LuaTable.Describe(error));
                }
                // PUC makes a place for the key before it looks for the handler: nil and NaN are refused, and the order of next() may change.
                if (!table.TrySet(key, LuaValue.Nil, out var refused)) return RaiseText(thread, LuaTable.Describe(refused));
            }
            else
            {
                handler = MetamethodOf(thread.State, current, Metamethod.NewIndex);
                if (handler.IsNil) return RaiseTypeError(thread, current, "index", chain == 0 ? register : NoRegister);
            }
            if (handler.IsFunction) return CallForNothing(thread, handler, current, key, value, enter);
            current = handler;
        }
        return RaiseText(thread, "loop in settable");
    }

    internal static bool LessThan(LuaThread thread, in LuaValue a, in LuaValue b, out bool result, bool enter = false)
    {
        result = false;
        if (a.IsNumber && b.IsNumber)
        {
            result = a.AsNumber < b.AsNumber;
            return true;
        }
        if (a.Type != b.Type) return RaiseOrderError(thread, a, b);
        if (a.IsString)
        {
            result = a.AsString.CompareTo(b.AsString) < 0;
            return true;
        }
        return CallForOrder(thread, a, b, Metamethod.LessThan, out result, out var found, enter) && (found || RaiseOrderError(thread, a, b));
    }

    internal static bool LessOrEqual(LuaThread thread, in LuaValue a, in LuaValue b, out bool result, bool enter = false)
    {
        result = false;
        if (a.IsNumber && b.IsNumber)
        {
            result = a.AsNumber <= b.AsNumber;
            return true;
        }
        if (a.Type != b.Type) return RaiseOrderError(thread, a, b);
        if (a.IsString)
        {
            result = a.AsString.CompareTo(b.AsString) <= 0;
            return true;
        }
        if (!CallForOrder(thread, a, b, Metamethod.LessOrEqual, out result, out var found, enter)) return false;
        if (found) return true;
        // Without __le, a <= b is asked as not (b < a).
        if (!CallForOrder(thread, b, a, Metamethod.LessThan, out result, out found)) return false;
        result = !result;
        return found || RaiseOrderError(thread, a, b);
    }

    internal static bool Equal(LuaThread thread, in LuaValue a, in LuaValue b, out bool result, bool enter = false)
    {
        result = LuaValue.RawEquals(a, b);
        if (result || a.Bits != b.Bits || a.Bits is not (LuaValue.TableTag or LuaValue.UserdataTag)) return true;
        var first = a.IsTable ? a.AsTable.Metatable : a.AsUserdata.Metatable;
        var second = b.IsTable ? b.AsTable.Metatable : b.AsUserdata.Metatable;
        var handler = SharedHandler(first, second, Metamethod.Equal);
        if (handler.IsNil) return true;
        if (!CallForResult(thread, handler, a, b, out var answer, 2, enter)) return false;
        result = answer.IsTruthy;
        return true;
    }

    internal static bool Arithmetic(LuaThread thread, Metamethod operation, in LuaValue a, in LuaValue b, out LuaValue result, int registerA = NoRegister, int registerB = NoRegister, bool enter = false)
    {
        if (TryToNumber(a, out var left) && TryToNumber(b, out var right))
        {
            result = operation switch
            {
                Metamethod.Add => left + right,
                Metamethod.Subtract => left - right,
                Metamethod.Multiply => left * right,
                Metamethod.Divide => left / right,
                Metamethod.Modulo => Modulo(left, right),
                Metamethod.Power => Math.Pow(left, right),
                _ => -left,
            };
            return true;
        }
        var handler = MetamethodOf(thread.State, a, operation);
        if (handler.IsNil) handler = MetamethodOf(thread.State, b, operation);
        if (handler.IsNil)
        {
            result = LuaValue.Nil;
            return RaiseArithmeticError(thread, a, b, registerA, registerB);
        }
        return CallForResult(thread, handler, a, b, out result, 2, enter);
    }

    internal static bool Length(LuaThread thread, in LuaValue value, out LuaValue result, int register = NoRegister, bool enter = false)
    {
        switch (value.Bits)
        {
            case LuaValue.TableTag:
                result = value.AsTable.Length;
                return true;
            case LuaValue.StringTag:
                result = value.AsString.Length;
                return true;
        }
        var handler = MetamethodOf(thread.State, value, Metamethod.Length);
        result = LuaValue.Nil;
        return handler.IsNil ? RaiseTypeError(thread, value, "get length of", register) : CallForResult(thread, handler, value, LuaValue.Nil, out result, 2, enter);
    }

    internal static bool ToStringMeta(LuaThread thread, in LuaValue value, out ByteString text)
    {
        if (value.IsString)
        {
            text = value.AsString;
            return true;
        }
        var handler = MetamethodOf(thread.State, value, Metamethod.ToString);
        if (handler.IsNil)
        {
            text = PlainText(thread.State, value);
            return true;
        }
        text = ByteString.Empty;
        if (!CallForResult(thread, handler, value, LuaValue.Nil, out var answer, 1)) return false;
        if (answer.IsString) text = answer.AsString;
        else if (answer.IsNumber) text = Coercion.ToByteString(thread.State, answer.AsNumber);
        else return RaiseWhere(thread, "'tostring' must return a string to 'print'");
        return true;
    }

    /// <summary>What tostring gives without __tostring.</summary>
    internal static ByteString PlainText(LuaState state, in LuaValue value) => value.Type switch
    {
        LuaType.Nil => WellKnown.Nil,
        LuaType.Boolean => value.AsBoolean ? WellKnown.True : WellKnown.False,
        LuaType.Number => Coercion.ToByteString(state, value.AsNumber),
        LuaType.String => value.AsString,
        LuaType.LightUserdata when value.Ref is null => WellKnown.NullUserdata, // C's NULL, as cjson.null is
        // The printed number takes the place of an address: the same object prints the same, two objects never do.
        var type => Text.ToByteString($"{type.Name()}: 0x{Address(value):x8}"),
    };

    static int Address(in LuaValue value) => value.Ref is LuaObject known
        ? known.Identity
        : System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(value.Ref);

    /// <summary>A number, or a string that reads as one.</summary>
    internal static bool TryToNumber(in LuaValue value, out double number)
    {
        if (value.IsNumber)
        {
            number = value.AsNumber;
            return true;
        }
        if (value.IsString) return LuaNumber.TryParse(value.AsString.Span, out number);
        number = 0;
        return false;
    }

    /// <summary>luai_nummod: a - floor(a / b) * b.</summary>
    internal static double Modulo(double a, double b) => a - Math.Floor(a / b) * b;

    // Comparison metamethods count only when both operands have the same one (get_compTM).
    static LuaValue SharedHandler(LuaTable? first, LuaTable? second, Metamethod method)
    {
        if (first is null) return LuaValue.Nil;
        var handler = first.GetMetamethod(method);
        if (handler.IsNil || ReferenceEquals(first, second)) return handler;
        if (second is null) return LuaValue.Nil;
        return LuaValue.RawEquals(handler, second.GetMetamethod(method)) ? handler : LuaValue.Nil;
    }

    static bool CallForOrder(LuaThread thread, in LuaValue a, in LuaValue b, Metamethod method, out bool result, out bool found, bool enter = false)
    {
        result = false;
        var handler = MetamethodOf(thread.State, a, method);
        found = !handler.IsNil && LuaValue.RawEquals(handler, MetamethodOf(thread.State, b, method));
        if (!found) return true;
        if (!CallForResult(thread, handler, a, b, out var answer, 2, enter)) return false;
        result = answer.IsTruthy;
        return true;
    }

    // Metamethods are called above the registers of the running call, whatever its kind. "enter": a detour of the loop asks, and what it says no
    // to may be that a Lua function was entered and will complete the instruction.
    static bool CallForResult(LuaThread thread, in LuaValue handler, in LuaValue a, in LuaValue b, out LuaValue result, int arguments = 2, bool enter = false)
    {
        if (enter && handler.IsLuaFunction)
        {
            result = LuaValue.Nil;
            return arguments == 2 ? EnterMetamethod(thread, in handler, in a, in b, NoTarget) : EnterMetamethodSlow(thread, SafeTop(thread), handler, a, b, LuaValue.Nil, arguments, 1);
        }
        var at = SafeTop(thread);
        LuaValue first = LuaValue.Read(in a), second = LuaValue.Read(in b), function = LuaValue.Read(in handler);
        var stack = thread.Room(at + 3);
        stack[at] = function;
        stack[at + 1] = first;
        stack[at + 2] = second;
        var top = thread.Top;
        thread.Top = at + 1 + arguments;
        var ok = Call(thread, at, arguments, 1);
        result = ok ? thread.Stack[at] : LuaValue.Nil;
        thread.Top = top;
        return ok;
    }

    internal static bool CallForNothing(LuaThread thread, in LuaValue handler, in LuaValue argument)
    {
        var at = SafeTop(thread);
        var stack = thread.Room(at + 2);
        stack[at] = handler;
        stack[at + 1] = argument;
        var top = thread.Top;
        thread.Top = at + 2;
        var ok = Call(thread, at, 1, 0);
        thread.Top = top;
        return ok;
    }

    static bool CallForNothing(LuaThread thread, in LuaValue handler, in LuaValue a, in LuaValue b, in LuaValue c, bool enter)
    {
        if (enter && handler.IsLuaFunction) return EnterNewIndex(thread, in handler, in a, in b, in c);
        var at = SafeTop(thread);
        LuaValue first = LuaValue.Read(in a), second = LuaValue.Read(in b), third = LuaValue.Read(in c), function = LuaValue.Read(in handler);
        var stack = thread.Room(at + 4);
        stack[at] = function;
        stack[at + 1] = first;
        stack[at + 2] = second;
        stack[at + 3] = third;
        var top = thread.Top;
        thread.Top = at + 4;
        var ok = Call(thread, at, 3, 0);
        thread.Top = top;
        return ok;
    }

    // A Lua function owns its registers; a host function what lies below the thread's top.
    internal static int SafeTop(LuaThread thread)
    {
        ref var frame = ref thread.Frames[thread.FrameIndex];
        return frame.IsLua ? frame.Base + DebugInfo.ClosureAt(thread, thread.FrameIndex).Code.MaxStackSize : thread.Top;
    }

    /// <summary>Instead of a register: the instruction jumps by the result.</summary>
    const int JumpTarget = -1;

    /// <summary>Instead of a register: the instruction decides what to do with the result.</summary>
    const int NoTarget = -2;

    // A metamethod that is a Lua function runs in the same loop: it is called above the registers of the running function, and its return
    // completes the instruction. Counted as a host level, as PUC's nested call is. False either way: entered, or an error was raised.
    // The target is the register that takes the result.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool EnterMetamethod(LuaThread thread, ref readonly LuaValue handler, ref readonly LuaValue a, ref readonly LuaValue b, int target)
    {
        ref var caller = ref Running(thread);
        var code = Unsafe.As<LuaClosure>(handler.Ref!).Code;
        ref var stack = ref MemoryMarshal.GetArrayDataReference(thread.Stack);
        var func = caller.Base + Unsafe.As<LuaClosure>(Unsafe.Add(ref stack, caller.Func).Ref!).Code.MaxStackSize;
        if (!HasMetamethodRoom(thread, code, func)) return EnterMetamethodSlow(thread, func, handler, a, b, LuaValue.Nil, 2, 1);
        ref var slot = ref Unsafe.Add(ref stack, func);
        LuaValue.Copy(ref slot, in handler);
        LuaValue.Copy(ref Unsafe.Add(ref slot, 1), in a);
        LuaValue.Copy(ref Unsafe.Add(ref slot, 2), in b);
        for (var n = Math.Min(2, code.ParameterCount); n < code.CleanUpTo; n++) LuaValue.WriteBits(ref Unsafe.Add(ref slot, n + 1), LuaValue.NilTag);
        ref var frame = ref Unsafe.Add(ref caller, 1);
        frame.Wanted = 1;
        frame.ResultOffset = target >= 0 ? caller.Base + target - func : target == JumpTarget ? CallInfo.Compares : 0;
        PushMetamethod(thread, ref frame, func);
        return false;
    }

    // The same for three arguments and no result: __newindex.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool EnterNewIndex(LuaThread thread, ref readonly LuaValue handler, ref readonly LuaValue a, ref readonly LuaValue b, ref readonly LuaValue c)
    {
        ref var caller = ref Running(thread);
        var code = Unsafe.As<LuaClosure>(handler.Ref!).Code;
        ref var stack = ref MemoryMarshal.GetArrayDataReference(thread.Stack);
        var func = caller.Base + Unsafe.As<LuaClosure>(Unsafe.Add(ref stack, caller.Func).Ref!).Code.MaxStackSize;
        if (!HasMetamethodRoom(thread, code, func)) return EnterMetamethodSlow(thread, func, handler, a, b, c, 3, 0);
        ref var slot = ref Unsafe.Add(ref stack, func);
        LuaValue.Copy(ref slot, in handler);
        LuaValue.Copy(ref Unsafe.Add(ref slot, 1), in a);
        LuaValue.Copy(ref Unsafe.Add(ref slot, 2), in b);
        LuaValue.Copy(ref Unsafe.Add(ref slot, 3), in c);
        for (var n = Math.Min(3, code.ParameterCount); n < code.CleanUpTo; n++) LuaValue.WriteBits(ref Unsafe.Add(ref slot, n + 1), LuaValue.NilTag);
        ref var frame = ref Unsafe.Add(ref caller, 1);
        frame.Wanted = 0;
        frame.ResultOffset = 0;
        PushMetamethod(thread, ref frame, func);
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool HasMetamethodRoom(LuaThread thread, Executable code, int func) =>
        func + 4 + code.EntrySlots <= thread.StackLimit && thread.FrameIndex + 1 < thread.Frames.Length && thread.State.HostLevels + 1 < LuaLimits.HostLevelsMax;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void PushMetamethod(LuaThread thread, ref CallInfo frame, int func)
    {
        frame.Func = func;
        frame.Base = func + 1;
        frame.Kind = FrameKind.Metamethod;
        frame.Pc = 0;
        thread.FrameIndex++;
        thread.State.HostLevels++;
        thread.HasEntered = true;
    }

    // The table's handler for this, or nil, where it lies. The instruction remembers the node.
    static ref LuaValue HandlerOf(LuaTable table, Metamethod method, LuaClosure closure, ref ulong ip)
    {
        if (table.Metatable is not { } metatable) return ref LuaTable.Absent;
        ref var word = ref CacheOf(closure.Code, ref ip);
        var nodes = metatable.Nodes;
        var hint = (uint)(word >> HintShift);
        if (hint < (uint)nodes.Length)
        {
            ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), hint);
            if (ReferenceEquals(node.Key.Ref, Metamethods.Name(method))) return ref node.Value;
        }
        ref var found = ref metatable.FindMetamethod(method);
        var at = (uint)metatable.FindString(Metamethods.Name(method));
        if (at < (uint)nodes.Length) word = (uint)word | (ulong)at << HintShift;
        return ref found;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool EnterMetamethodSlow(LuaThread thread, int func, LuaValue handler, LuaValue a, LuaValue b, LuaValue c, int arguments, int wanted)
    {
        var state = thread.State;
        var stack = thread.Room(func + 4);
        stack[func] = handler;
        stack[func + 1] = a;
        stack[func + 2] = b;
        stack[func + 3] = c;
        if (++state.HostLevels >= LuaLimits.HostLevelsMax && !AllowLevel(thread))
        {
            if (thread.Handler != 0) CallHandler(thread);
            state.HostLevels--;
            return false;
        }
        thread.HasEntered = EnterLua(thread, Unsafe.As<LuaClosure>(handler.Ref!).Code, func, arguments, wanted, FrameKind.Metamethod);
        if (thread.HasEntered) thread.Frames[thread.FrameIndex].ResultOffset = 0;
        else state.HostLevels--;
        return false;
    }

    // A metamethod returns: its frame goes, and the second half of the instruction that called it is done with its result.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void FinishMetamethod(LuaThread thread, ref LuaValue result)
    {
        thread.State.HostLevels--;
        thread.FrameIndex--;
        ref var frame = ref Running(thread);
        ref var R = ref Registers(thread);
        var code = Unsafe.As<LuaClosure>(Unsafe.Add(ref R, frame.Func - frame.Base).Ref!).Code.Prototype.Code;
        var i = code[frame.Pc - 1];
        switch (i.OpCode)
        {
            case OpCode.SetTable:
            case OpCode.SetGlobal:
                break;
            case OpCode.Eq:
            case OpCode.Lt:
            case OpCode.Le:
                if (result.IsTruthy != (i.A != 0)) frame.Pc++;
                // A jump back is left to the loop, which counts it: a metamethod may be all that such a loop calls.
                else if (code[frame.Pc].SBx >= 0 || thread.HookEvents != HookEvents.None) frame.Pc += code[frame.Pc].SBx + 1;
                break;
            case OpCode.Self:
                Unsafe.Add(ref R, i.A + 1) = Unsafe.Add(ref R, i.B);
                goto default;
            default:
                LuaValue.Copy(ref Unsafe.Add(ref R, i.A), ref result);
                break;
        }
    }
}
