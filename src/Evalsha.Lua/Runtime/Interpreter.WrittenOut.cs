// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Lua/LoopBench.cs (oop, base64, strings).
// What compiled code calls where it has written out the call of a small function or of a library function, and for methods.
// Always true: each either did everything or nothing; then the general way is taken, which alone raises errors.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>Pushes the frame of a call that was written out in compiled code, which has room for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void PushWrittenOut(LuaThread thread, int mine, int func, int wanted, int pc)
    {
        thread.Frames[mine].Pc = pc;
        thread.FrameIndex = mine + 1;
        ref var frame = ref thread.Frames[mine + 1];
        frame.Func = func;
        frame.Base = func + 1;
        frame.Wanted = wanted;
        frame.Kind = 0;
        frame.Pc = 0;
    }

    /// <summary>t[key] for a table and a number that lies outside the array part, or for nil that no metatable changes: the value was copied. Otherwise the detour is needed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static bool TryNumberKey(ref LuaValue container, double key, ref LuaValue target)
    {
        if (container.Bits != LuaValue.TableTag) return false;
        var table = Unsafe.As<LuaTable>(container.Ref!);
        ref var found = ref table.FindSlot(key);
        if (Unsafe.IsNullRef(ref found)) found = ref LuaTable.Absent;
        if (found.IsNil && table.Metatable is not null) return false;
        LuaValue.Copy(ref target, ref found);
        return true;
    }

    /// <summary>s:byte(at): -1 when there is no such byte.</summary>
    internal static int ByteAt(ByteString text, double at)
    {
        var index = Truncation.ToInt64(at) - 1;
        var bytes = text.Span;
        return (ulong)index < (ulong)bytes.Length ? bytes[(int)index] : -1;
    }

    /// <summary>s:sub(from, to) takes the place of the function, which s follows, and the call's step is counted; false, with nothing done, when it is long or no step is left.</summary>
    internal static bool TryPart(LuaState state, ref LuaValue called, double from, double to)
    {
        var text = Unsafe.As<ByteString>(Unsafe.Add(ref called, 1).Ref!);
        var length = text.Length;
        var start = Truncation.ToInt64(from);
        if (start < 0) start = Math.Max(start + length + 1, 0);
        var end = Truncation.ToInt64(to);
        if (end < 0) end += length + 1;
        if (end > length) end = length;
        if (start < 1) start = 1;
        if (end - start >= StringPool.LengthMax || state.StepsLeft < 1) return false;
        state.StepsLeft--;
        var part = start > end ? ByteString.Empty : end - start + 1 == length ? text : state.Strings.Get(text.Span[((int)start - 1)..(int)end]);
        if (!ReferenceEquals(called.Ref, part)) called = new LuaValue(LuaValue.StringTag, part);
        else LuaValue.WriteBits(ref called, LuaValue.StringTag);
        return true;
    }

    /// <summary>SELF by a constant name, through tables alone: the object and its method are in place. Otherwise the detour is needed.</summary>
    internal static bool TryMethod(LuaState state, ref LuaValue container, ref LuaValue key, ref LuaValue target, ref ulong word)
    {
        var name = Unsafe.As<ByteString>(key.Ref!);
        LuaTable table;
        if (container.Bits == LuaValue.TableTag)
        {
            table = Unsafe.As<LuaTable>(container.Ref!);
        }
        else
        {
            if (container.Bits != LuaValue.StringTag || state.TypeMetatables[(int)LuaType.String]?.IndexTable is not { } methods) return false;
            table = methods;
        }
        for (var chain = 0; chain < MethodChainMax; chain++)
        {
            var nodes = table.Nodes;
            ref var first = ref MemoryMarshal.GetArrayDataReference(nodes);
            var index = (uint)(word >> HintShift);
            if (index >= (uint)nodes.Length || !ReferenceEquals(Unsafe.Add(ref first, index).Key.Ref, name))
            {
                // Absent, unless another string of the same bytes is there.
                index = (uint)(name.Hash & (nodes.Length - 1));
                while (true)
                {
                    ref var node = ref Unsafe.Add(ref first, index);
                    if (node.Hash == name.Hash) return false;
                    index = (uint)(node.Next - 1);
                    if (index >= (uint)nodes.Length) break;
                }
            }
            else
            {
                ref var found = ref Unsafe.Add(ref first, index).Value;
                if (!found.IsNil)
                {
                    LuaValue.Copy(ref Unsafe.Add(ref target, 1), ref container);
                    LuaValue.Copy(ref target, ref found);
                    return true;
                }
            }
            if (table.Metatable?.IndexTable is not { } next) return false;
            table = next;
        }
        return false;
    }

    /// <summary>Classes of classes that a method is looked for in before the detour is taken.</summary>
    const int MethodChainMax = 4;
}
