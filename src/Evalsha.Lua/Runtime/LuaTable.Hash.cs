// The hash part and the sizing of both parts: main positions, insertion of new keys, rehash. See LuaTable.cs for what always holds.
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

public sealed partial class LuaTable
{
    // ltable.c hashnum: both halves of the double added, modulo an odd number so that all bits count.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int NumberPosition(double number, int size)
    {
        if (number == 0) return 0; // 0 and -0 are one key
        var bits = BitConverter.DoubleToInt64Bits(number);
        return (int)(((uint)bits + (uint)(bits >> 32)) % ((uint)(size - 1) | 1));
    }

    static int MainPosition(in LuaValue key, int size) => key.Type switch
    {
        LuaType.Number => NumberPosition(key.AsNumber, size),
        LuaType.String => key.AsString.Hash & (size - 1),
        LuaType.Boolean => (key.AsBoolean ? 1 : 0) & (size - 1),
        LuaType.LightUserdata => (int)((uint)RuntimeHelpers.GetHashCode(key.Ref) % ((uint)(size - 1) | 1)),
        _ => (int)((uint)Unsafe.As<LuaObject>(key.Ref!).Identity % ((uint)(size - 1) | 1)),
    };

    // Inserts a key that is not in the table. Its main position may be taken: by a key that belongs there (then the new one goes to a free
    // place) or by one that does not (then that one moves out).
    internal ref LuaValue NewKey(in LuaValue key, out LuaTableError error)
    {
        error = LuaTableError.None;
        var nodes = Nodes;
        var main = ReferenceEquals(nodes, NoNodes) ? -1 : MainPosition(key, nodes.Length);
        if (main < 0 || !nodes[main].Value.IsNil)
        {
            var free = TakeFreePosition();
            if (free < 0)
            {
                if (!Rehash(key))
                {
                    error = LuaTableError.Overflow;
                    return ref Unsafe.NullRef<LuaValue>();
                }
                ref var slot = ref FindSlot(key);
                if (!Unsafe.IsNullRef(ref slot)) return ref slot;
                return ref NewKey(key, out error);
            }
            var other = MainPosition(nodes[main].Key, nodes.Length);
            if (other != main)
            {
                while (nodes[other].Next - 1 != main) other = nodes[other].Next - 1;
                nodes[other].Next = free + 1;
                nodes[free] = nodes[main];
                nodes[main].Next = 0;
                nodes[main].Value = LuaValue.Nil;
            }
            else
            {
                nodes[free].Next = nodes[main].Next;
                nodes[main].Next = free + 1;
                main = free;
            }
        }
        ref var node = ref nodes[main];
        // A key must not keep a stale reference: lookups by string compare references first.
        LuaValue.Store(ref node.Key, in key);
        node.Hash = key.IsString ? key.AsString.Hash : 0;
        return ref node.Value;
    }

    int TakeFreePosition()
    {
        var nodes = Nodes;
        while (_lastFree > 0)
        {
            _lastFree--;
            if (nodes[_lastFree].Key.IsNil) return _lastFree;
        }
        return -1;
    }

    bool Rehash(in LuaValue extra)
    {
        Span<int> counts = stackalloc int[SlotBitsMax + 1];
        counts.Clear();
        var inArray = CountArray(counts);
        var total = inArray;
        var integers = inArray;
        foreach (ref var node in Nodes.AsSpan())
        {
            if (node.Value.IsNil) continue;
            integers += CountInteger(node.Key, counts);
            total++;
        }
        integers += CountInteger(extra, counts);
        total++;
        var arrayKeys = ComputeSizes(counts, ref integers);
        return Resize(integers, total - arrayKeys);
    }

    int CountArray(Span<int> counts)
    {
        var array = Array;
        var used = 0;
        var i = 1;
        for (int bit = 0, limit = 1; bit <= SlotBitsMax; bit++, limit *= 2)
        {
            var upTo = limit;
            if (upTo > array.Length)
            {
                upTo = array.Length;
                if (i > upTo) break;
            }
            var here = 0;
            for (; i <= upTo; i++)
            {
                if (!array[i - 1].IsNil) here++;
            }
            counts[bit] += here;
            used += here;
        }
        return used;
    }

    static int CountInteger(in LuaValue key, Span<int> counts)
    {
        if (!key.IsNumber) return 0;
        var integer = Truncation.ToInt32(key.AsNumber);
        if (integer != key.AsNumber || integer <= 0 || integer > 1 << SlotBitsMax) return 0;
        counts[CeilingLog2((uint)integer)]++;
        return 1;
    }

    // The largest n such that more than n/2 of the slots 1..n are in use.
    static int ComputeSizes(Span<int> counts, ref int size)
    {
        var sum = 0;
        var keys = 0;
        var best = 0;
        for (int bit = 0, power = 1; power / 2 < size; bit++, power *= 2)
        {
            if (counts[bit] > 0)
            {
                sum += counts[bit];
                if (sum > power / 2)
                {
                    best = power;
                    keys = sum;
                }
            }
            if (sum == size) break;
        }
        size = best;
        return keys;
    }

    /// <summary>Sets both parts to these sizes and moves every pair over. False when a part would pass 2^26 slots.</summary>
    internal bool Resize(int arraySize, int hashSize)
    {
        if (hashSize > 1 << SlotBitsMax) return false;
        var oldArray = Array;
        var oldNodes = Nodes;
        if (arraySize > oldArray.Length)
        {
            var grown = new LuaValue[arraySize];
            oldArray.AsSpan().CopyTo(grown);
            for (var i = oldArray.Length; i < grown.Length; i++) LuaValue.WriteBits(ref grown[i], LuaValue.NilTag);
            Array = grown;
        }
        SetNodeVector(hashSize);
        if (arraySize < oldArray.Length)
        {
            Array = arraySize == 0 ? NoValues : oldArray.AsSpan(0, arraySize).ToArray();
            for (var i = arraySize; i < oldArray.Length; i++)
            {
                if (!oldArray[i].IsNil) Reinsert((double)(i + 1), oldArray[i]);
            }
        }
        for (var i = oldNodes.Length - 1; i >= 0; i--)
        {
            ref var old = ref oldNodes[i];
            if (!old.Value.IsNil) Reinsert(old.Key, old.Value);
        }
        return true;
    }

    void Reinsert(in LuaValue key, in LuaValue value)
    {
        // While moving, a key is either in the array part now or absent from the fresh hash part.
        if (key.IsNumber)
        {
            var integer = Truncation.ToInt32(key.AsNumber);
            if (integer == key.AsNumber && (uint)(integer - 1) < (uint)Array.Length)
            {
                Array[integer - 1] = value;
                return;
            }
        }
        NewKey(key, out _) = value;
    }

    void SetNodeVector(int size)
    {
        if (size == 0)
        {
            Nodes = NoNodes;
            _lastFree = 0;
            return;
        }
        var nodes = new Node[1 << CeilingLog2((uint)size)];
        foreach (ref var node in nodes.AsSpan())
        {
            LuaValue.WriteBits(ref node.Key, LuaValue.NilTag);
            LuaValue.WriteBits(ref node.Value, LuaValue.NilTag);
        }
        Nodes = nodes;
        _lastFree = nodes.Length; // all places are free
    }

    static LuaValue[] NewArray(int size)
    {
        var array = new LuaValue[size];
        for (var i = 0; i < array.Length; i++) LuaValue.WriteBits(ref array[i], LuaValue.NilTag);
        return array;
    }

    static int CeilingLog2(uint value) => value <= 1 ? 0 : 32 - BitOperations.LeadingZeroCount(value - 1);
}
