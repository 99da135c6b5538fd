// Concatenation: R(A) := R(B).. … ..R(C), right to left as PUC does it, with a single allocation for each run of strings and numbers.
using System.Runtime.CompilerServices;
using Evalsha.Lua.Bytecode;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool ConcatRegisters(LuaThread thread, ref ulong ip) => ConcatRegisters(thread, Begin(thread, ref ip));

    static bool ConcatRegisters(LuaThread thread, Instruction i)
    {
        var at = thread.Frames[thread.FrameIndex].Base;
        if (!Concat(thread, at + i.B, i.C - i.B + 1)) return false;
        at = thread.Frames[thread.FrameIndex].Base;
        LuaValue.Copy(ref thread.Stack[at + i.A], ref thread.Stack[at + i.B]);
        return true;
    }

    /// <summary>Joins <paramref name="count"/> values from slot <paramref name="first"/> on into that slot. The other slots are used up.</summary>
    static bool Concat(LuaThread thread, int first, int count)
    {
        while (count > 1)
        {
            var stack = thread.Stack;
            var last = first + count - 1;
            if (!IsText(stack[last - 1]) || !IsText(stack[last]))
            {
                if (!ConcatMeta(thread, last - 1)) return false;
                count--;
                continue;
            }
            var run = 2;
            while (run < count && IsText(stack[last - run])) run++;
            if (!Join(thread, stack.AsSpan(last - run + 1, run), out var joined)) return false;
            stack[last - run + 1] = joined;
            count -= run - 1;
        }
        return true;
    }

    static bool IsText(in LuaValue value) => value.IsString || value.IsNumber;

    static bool Join(LuaThread thread, Span<LuaValue> values, out LuaValue joined)
    {
        Span<byte> number = stackalloc byte[LuaNumber.MaxTextLength];
        long total = 0;
        foreach (ref var value in values)
        {
            if (value.IsNumber)
            {
                // Formatted once, and kept in its slot as a string.
                if (values.Length == 2 && TryJoinSmall(thread.State, values, out joined)) return true;
                value = thread.State.Strings.Get(number[..LuaNumber.Format(value.AsNumber, number)]);
            }
            total += value.AsString.Length;
        }
        joined = LuaValue.Nil;
        if (total > LuaLimits.StringLengthMax) return RaiseText(thread, "string length overflow");
        // "x .. ''" is x itself.
        if (values.Length == 2 && values[1].AsString.Length == 0)
        {
            joined = values[0];
            return true;
        }
        if (total <= StringPool.LengthMax)
        {
            Span<byte> small = stackalloc byte[StringPool.LengthMax];
            var length = 0;
            foreach (ref var value in values)
            {
                var piece = value.AsString.Span;
                piece.CopyTo(small[length..]);
                length += piece.Length;
            }
            joined = thread.State.Strings.Get(small[..length]);
            return true;
        }
        if (total >= LuaState.LargeAllocation && !thread.State.Charge(total)) return false;
        var bytes = GC.AllocateUninitializedArray<byte>((int)total);
        var position = 0;
        foreach (ref var value in values)
        {
            var piece = value.AsString.Span;
            piece.CopyTo(bytes.AsSpan(position));
            position += piece.Length;
        }
        joined = ByteString.Own(bytes);
        return true;
    }

    // "key" .. 17: the commonest mixture, without a string for the number.
    static bool TryJoinSmall(LuaState state, Span<LuaValue> values, out LuaValue joined)
    {
        Span<byte> text = stackalloc byte[StringPool.LengthMax + LuaNumber.MaxTextLength];
        var length = 0;
        joined = LuaValue.Nil;
        foreach (ref var value in values)
        {
            if (value.IsNumber)
            {
                length += LuaNumber.Format(value.AsNumber, text[length..]);
            }
            else
            {
                var piece = value.AsString.Span;
                if (length + piece.Length > StringPool.LengthMax) return false;
                piece.CopyTo(text[length..]);
                length += piece.Length;
            }
        }
        if (length > StringPool.LengthMax) return false;
        joined = state.Strings.Get(text[..length]);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool ConcatMeta(LuaThread thread, int left)
    {
        var a = thread.Stack[left];
        var b = thread.Stack[left + 1];
        var handler = MetamethodOf(thread.State, a, Metamethod.Concat);
        if (handler.IsNil) handler = MetamethodOf(thread.State, b, Metamethod.Concat);
        if (handler.IsNil)
        {
            // The first operand is to blame unless it could have been joined.
            var culprit = IsText(a) ? left + 1 : left;
            return RaiseTypeError(thread, thread.Stack[culprit], "concatenate", culprit - thread.Frames[thread.FrameIndex].Base);
        }
        if (!CallForResult(thread, handler, a, b, out var result)) return false;
        thread.Stack[left] = result;
        return true;
    }
}
