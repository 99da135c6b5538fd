// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Lua/LoopBench.cs (oop, base64, fields).
// Table accesses that the inline cache or the array part does not answer, but that call nothing: methods and fields found along a chain of
// __index tables, keys in the hash part, new keys. Because nothing is called and no error raised, the stack stays where it is and the loop
// goes on without a look at it. What is left (handlers that are functions, errors) is for Interpreter.SlowPaths.cs.
// Lookups go without bounds checks: an index is a mask of the number of nodes, or was compared with it.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>Where the field lies, for the instruction before ip; null: the general way is needed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static ref LuaValue FindField(LuaThread thread, LuaClosure closure, ref LuaValue container, ref LuaValue key, ref ulong ip) =>
        ref FindField(thread.State, ref container, Unsafe.As<ByteString>(key.Ref!), ref CacheOf(closure.Code, ref ip));

    // Follows a chain of __index tables without calling anything; remembers the node where the key was. Null: the general way is needed.
    static ref LuaValue FindField(LuaState state, ref LuaValue container, ByteString key, ref ulong word)
    {
        LuaTable table;
        if (container.Bits == LuaValue.TableTag)
        {
            table = Unsafe.As<LuaTable>(container.Ref!);
        }
        else
        {
            // The methods of strings, mostly.
            if (container.Bits != LuaValue.StringTag || state.TypeMetatables[(int)LuaType.String] is not { } metatable) return ref Unsafe.NullRef<LuaValue>();
            ref var handler = ref metatable.IndexSlot;
            if (handler.Bits != LuaValue.TableTag) return ref Unsafe.NullRef<LuaValue>();
            table = Unsafe.As<LuaTable>(handler.Ref!);
        }
        var hint = (uint)(word >> HintShift);
        for (var chain = 0; chain < LuaLimits.MetatableChainMax; chain++)
        {
            var nodes = table.Nodes;
            ref var first = ref MemoryMarshal.GetArrayDataReference(nodes);
            if (hint < (uint)nodes.Length && ReferenceEquals(Unsafe.Add(ref first, hint).Key.Ref, key))
            {
                ref var slot = ref Unsafe.Add(ref first, hint).Value;
                if (!slot.IsNil) return ref slot;
            }
            else
            {
                var at = table.FindStringAs(key);
                if (at >= 0)
                {
                    ref var slot = ref Unsafe.Add(ref first, at).Value;
                    if (!slot.IsNil)
                    {
                        word = (uint)word | (ulong)(uint)at << HintShift;
                        return ref slot;
                    }
                }
            }
            if (table.Metatable is not { } metatable) return ref LuaTable.Absent;
            ref var handler = ref metatable.IndexSlot;
            if (handler.Bits != LuaValue.TableTag)
            {
                if (handler.IsNil) return ref LuaTable.Absent;
                break;
            }
            table = Unsafe.As<LuaTable>(handler.Ref!);
        }
        return ref Unsafe.NullRef<LuaValue>();
    }

    /// <summary>Where t[key] lies, along a chain of __index tables; null: the general way is needed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static ref LuaValue FindIndexed(ref LuaValue container, ref LuaValue key)
    {
        if (container.Bits != LuaValue.TableTag) return ref Unsafe.NullRef<LuaValue>();
        var table = Unsafe.As<LuaTable>(container.Ref!);
        for (var chain = 0; chain < LuaLimits.MetatableChainMax; chain++)
        {
            ref var slot = ref table.FindSlot(key);
            if (!Unsafe.IsNullRef(ref slot) && !slot.IsNil) return ref slot;
            if (table.Metatable is not { } metatable) return ref LuaTable.Absent;
            ref var handler = ref metatable.IndexSlot;
            if (handler.Bits != LuaValue.TableTag)
            {
                if (handler.IsNil) return ref LuaTable.Absent;
                break;
            }
            table = Unsafe.As<LuaTable>(handler.Ref!);
        }
        return ref Unsafe.NullRef<LuaValue>();
    }

    /// <summary>SETTABLE with a constant string, for the instruction before ip: into a table without a handler for new keys.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool TrySetField(LuaClosure closure, ref LuaValue container, ref LuaValue key, ref LuaValue value, ref ulong ip) =>
        container.Bits == LuaValue.TableTag && TrySetField(Unsafe.As<LuaTable>(container.Ref!), ref key, ref value, ref CacheOf(closure.Code, ref ip));

    static bool TrySetField(LuaTable table, ref LuaValue key, ref LuaValue value, ref ulong word)
    {
        if (!table.TakesNewKeys) return false;
        ref var slot = ref table.FindOrAddString(ref key, out var at);
        if (Unsafe.IsNullRef(ref slot)) return false;
        word = (uint)word | (ulong)(uint)at << HintShift;
        LuaValue.Store(ref slot, ref value);
        return true;
    }

    /// <summary>SETTABLE with a key from a register, into a table without a handler for new keys: t[#t + 1] = v, and keys that are joined at run time.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static bool TrySetIndexed(ref LuaValue container, ref LuaValue key, ref LuaValue value)
    {
        if (container.Bits != LuaValue.TableTag) return false;
        var table = Unsafe.As<LuaTable>(container.Ref!);
        if (!table.TakesNewKeys) return false;
        if (key.Bits == LuaValue.StringTag)
        {
            ref var field = ref table.FindOrAddString(ref key, out _);
            if (Unsafe.IsNullRef(ref field)) return false;
            LuaValue.Store(ref field, ref value);
            return true;
        }
        if (!key.IsNumber || double.IsNaN(key.AsNumber)) return false;
        ref var slot = ref table.FindSlot(key);
        if (Unsafe.IsNullRef(ref slot))
        {
            slot = ref table.NewKey(key, out var error);
            if (error != LuaTableError.None) return false;
        }
        LuaValue.Store(ref slot, ref value);
        return true;
    }
}
