// Lua's table: PUC 5.1's ltable.c, algorithm for algorithm, because the order of pairs(), the border of # and so the keys of encoded JSON
// follow from it. An array part for 1..n and a chained scatter hash with Brent's variation:
// Always true: a key that is not in its main position is there because the key that sits there is in its own; free places are taken from
// the end; the parts are sized anew only when no free place is left, so that more than half of the array part is in use.
// A table belongs to one state and is touched only in its turn.
// Lookups by string and the border search go without bounds checks; measured by benches/Evalsha.Bench/Lua/LoopBench.cs (keys, oop).
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Evalsha.Lua.Runtime;

/// <summary>Why a value could not be stored.</summary>
public enum LuaTableError : byte
{
    None,
    ReadOnly,
    IndexIsNil,
    IndexIsNaN,
    Overflow,
}

public sealed partial class LuaTable : LuaObject
{
    /// <summary>Array and hash part hold at most 2^26 slots each (PUC's MAXBITS).</summary>
    public const int SlotBitsMax = 26;

    internal struct Node
    {
        public LuaValue Key;
        public LuaValue Value;
        public int Next; // 1 + index of the next node of the chain; 0 ends it
        public int Hash; // of a string key, so that a miss compares no bytes
    }

    // Stands in for an empty hash part: one node whose nil key never matches. Never written.
    static readonly Node[] NoNodes = [new() { Key = LuaValue.Nil, Value = LuaValue.Nil }];

    /// <summary>No values, made here: an empty array of the framework's is compiled when a program starts.</summary>
    internal static readonly LuaValue[] NoValues = new LuaValue[0];

    internal LuaValue[] Array = NoValues;
    internal Node[] Nodes = NoNodes;

    const byte HasMetatable = 1;
    const byte ReadOnlyTable = 2;

    /// <summary>The bit of the guard that compiled code asks before it stores.</summary>
    internal const byte ReadOnlyGuard = ReadOnlyTable;

    LuaTable? _metatable;
    int _lastFree;
    byte _guard;
    ushort _indexAt; // as a metatable: the node where __index was last found; checked before use

    /// <summary>Bit n set: metamethod n (up to __eq) is known to be absent from this table used as a metatable. Any store of a string key clears it.</summary>
    internal byte AbsentFlags;

    public LuaTable()
    {
    }

    /// <summary>Sized exactly, as a constructor does: array slots for 1..arraySize, and a hash part for at least hashSize keys.</summary>
    public LuaTable(int arraySize, int hashSize)
    {
        if (arraySize > 0) Array = NewArray(arraySize);
        if (hashSize > 0) SetNodeVector(hashSize);
    }

    public LuaTable? Metatable
    {
        get => _metatable;
        set
        {
            _metatable = value;
            _guard = (byte)(value is null ? _guard & ~HasMetatable : _guard | HasMetatable);
        }
    }

    /// <summary>Neither read-only nor under a metatable: a store needs no second thought.</summary>
    internal bool IsPlain => _guard == 0;

    /// <summary>Every store into a read-only table, raw ones included, fails with "Attempt to modify a readonly table".</summary>
    public bool IsReadOnly
    {
        get => (_guard & ReadOnlyTable) != 0;
        set => _guard = (byte)(value ? _guard | ReadOnlyTable : _guard & ~ReadOnlyTable);
    }

    public LuaValue this[in LuaValue key] => Get(key);

    public LuaValue Get(in LuaValue key)
    {
        switch (key.Type)
        {
            case LuaType.Nil:
                return LuaValue.Nil;
            case LuaType.String:
                return GetString(key.AsString);
            case LuaType.Number:
                var number = key.AsNumber;
                var integer = Truncation.ToInt32(number);
                return integer == number ? GetInt(integer) : ValueAt(FindNode(key));
            default:
                return ValueAt(FindNode(key));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LuaValue GetString(ByteString key) => ValueAt(FindString(key));

    /// <summary>Looks up by bytes, for hosts; makes no string.</summary>
    public LuaValue GetString(ReadOnlySpan<byte> key)
    {
        var hash = ByteString.HashOf(key);
        var nodes = Nodes;
        for (var index = hash & (nodes.Length - 1); ; index = nodes[index].Next - 1)
        {
            ref var node = ref nodes[index];
            if (node.Key.IsString && node.Hash == hash && node.Key.AsString.Equals(key)) return node.Value;
            if (node.Next == 0) return LuaValue.Nil;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LuaValue GetInt(int key)
    {
        var array = Array;
        return (uint)(key - 1) < (uint)array.Length ? array[key - 1] : ValueAt(FindInteger(key));
    }

    /// <summary>A raw store with every check a script can run into; nil as value removes.</summary>
    public bool TrySet(in LuaValue key, in LuaValue value, out LuaTableError error)
    {
        error = LuaTableError.None;
        if (IsReadOnly)
        {
            error = LuaTableError.ReadOnly;
            return false;
        }
        ref var slot = ref FindSlot(key);
        if (Unsafe.IsNullRef(ref slot))
        {
            if (key.IsNil) error = LuaTableError.IndexIsNil;
            else if (key.IsNumber && double.IsNaN(key.AsNumber)) error = LuaTableError.IndexIsNaN;
            if (error != LuaTableError.None) return false;
            AbsentFlags = 0;
            slot = ref NewKey(key, out error);
            if (error != LuaTableError.None) return false;
        }
        else
        {
            AbsentFlags = 0;
        }
        LuaValue.Store(ref slot, in value);
        return true;
    }

    /// <summary>A raw store by the host: the key must be neither nil nor NaN. Ignores <see cref="IsReadOnly"/>, which guards against scripts only.</summary>
    /// <exception cref="ArgumentException">The key is nil or NaN, or the table is full.</exception>
    public void Set(in LuaValue key, in LuaValue value)
    {
        var readOnly = IsReadOnly;
        IsReadOnly = false;
        var stored = TrySet(key, value, out var error);
        IsReadOnly = readOnly;
        if (!stored) throw new ArgumentException(Describe(error), nameof(key));
    }

    public void SetString(ByteString key, in LuaValue value) => Set(key, value);

    public void SetString(string key, in LuaValue value) => Set(ByteString.FromUtf8(key), value);

    public void SetInt(int key, in LuaValue value)
    {
        var array = Array;
        if ((uint)(key - 1) < (uint)array.Length) array[key - 1] = value;
        else Set((double)key, value);
    }

    /// <summary>This table as a metatable: __index, when that is a table which lies where it was last found.</summary>
    internal LuaTable? IndexTable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var nodes = Nodes;
            if (_indexAt >= (uint)nodes.Length) return null;
            ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), (uint)_indexAt);
            return ReferenceEquals(node.Key.Ref, Metamethods.IndexName) && node.Value.Bits == LuaValue.TableTag ? Unsafe.As<LuaTable>(node.Value.Ref!) : null;
        }
    }

    /// <summary>This table as a metatable: where __index lies, or nil.</summary>
    internal ref LuaValue IndexSlot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var nodes = Nodes;
            var at = (uint)_indexAt;
            if (at < (uint)nodes.Length)
            {
                ref var node = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(nodes), at);
                if (ReferenceEquals(node.Key.Ref, Metamethods.IndexName)) return ref node.Value;
            }
            return ref FindIndexSlot();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    ref LuaValue FindIndexSlot()
    {
        if ((AbsentFlags & (1 << (int)Metamethod.Index)) != 0) return ref Absent;
        var at = FindStringAs(Metamethods.IndexName);
        if (at >= 0 && at <= ushort.MaxValue) _indexAt = (ushort)at;
        return ref FindMetamethod(Metamethod.Index);
    }

    /// <summary>A new key can be put in without a second thought: writable, and no handler wants to hear of it. Also forgets what was absent, as a store does.</summary>
    internal bool TakesNewKeys
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            if (_guard != 0 && (_guard != HasMetatable || (_metatable!.AbsentFlags & (1 << (int)Metamethod.NewIndex)) == 0)) return false;
            AbsentFlags = 0;
            return true;
        }
    }

    /// <summary>This table as a metatable: the raw field of that event. Absence of the flagged ones is remembered.</summary>
    internal LuaValue GetMetamethod(Metamethod method)
    {
        if (method > Metamethods.LastFlagged) return GetString(Metamethods.Name(method));
        if ((AbsentFlags & (1 << (int)method)) != 0) return LuaValue.Nil;
        var found = ValueAt(FindStringAs(Metamethods.Name(method)));
        if (found.IsNil) AbsentFlags |= (byte)(1 << (int)method);
        return found;
    }

    /// <summary>As <see cref="GetMetamethod"/>, where it lies: valid until this table is written to. Nil when there is none.</summary>
    internal ref LuaValue FindMetamethod(Metamethod method)
    {
        if (method <= Metamethods.LastFlagged && (AbsentFlags & (1 << (int)method)) != 0) return ref Absent;
        var node = FindStringAs(Metamethods.Name(method));
        if (node >= 0 && !Nodes[node].Value.IsNil) return ref Nodes[node].Value;
        if (method <= Metamethods.LastFlagged) AbsentFlags |= (byte)(1 << (int)method);
        return ref Absent;
    }

    public static string Describe(LuaTableError error) => error switch
    {
        LuaTableError.ReadOnly => "Attempt to modify a readonly table",
        LuaTableError.IndexIsNil => "table index is nil",
        LuaTableError.IndexIsNaN => "table index is NaN",
        LuaTableError.Overflow => "table overflow",
        _ => "",
    };

    /// <summary>A border, by PUC's search: n with t[n] non-nil and t[n+1] nil, or 0. Which one, when there are several, is PUC's choice.</summary>
    public int Length
    {
        get
        {
            var array = Array;
            var high = array.Length;
            if (high > 0 && array[high - 1].IsNil)
            {
                var low = 0;
                ref var first = ref MemoryMarshal.GetArrayDataReference(array);
                // With branches: in a loop that appends, the next search goes the way of the last one.
                while (high - low > 1)
                {
                    var middle = (int)(((uint)low + (uint)high) >> 1);
                    if (Unsafe.Add(ref first, middle - 1).IsNil) high = middle;
                    else low = middle;
                }
                return low;
            }
            return ReferenceEquals(Nodes, NoNodes) ? high : UnboundSearch(high);
        }
    }

    /// <summary>
    /// One step of a traversal: key nil begins; afterwards key and value are the next pair, or false at the end.
    /// Assigning to existing fields, nil included, is allowed meanwhile; inserting is not.
    /// </summary>
    /// <returns>False at the end, and also when the key is not in the table: then <paramref name="key"/> is left as it was (at the end it is nil).</returns>
    public bool Next(ref LuaValue key, out LuaValue value)
    {
        var position = FindPosition(key);
        if (position < 0)
        {
            value = LuaValue.Nil;
            return false;
        }
        return NextAt(ref position, ref key, out value);
    }

    /// <summary>The same by position: begin with 0; for loops of the host, which need not look the key up again.</summary>
    public bool NextAt(ref int position, ref LuaValue key, out LuaValue value)
    {
        var array = Array;
        for (; (uint)position < (uint)array.Length; position++)
        {
            if (array[position].IsNil) continue;
            value = array[position];
            position++;
            key = (double)position;
            return true;
        }
        var nodes = Nodes;
        for (var index = position - array.Length; (uint)index < (uint)nodes.Length; index++)
        {
            if (nodes[index].Value.IsNil) continue;
            key = nodes[index].Key;
            value = nodes[index].Value;
            position = array.Length + index + 1;
            return true;
        }
        position = array.Length + nodes.Length;
        key = LuaValue.Nil;
        value = LuaValue.Nil;
        return false;
    }

    /// <summary>Whether <paramref name="key"/> is nil or was found in this table (a removed pair counts until the next resize): what next() demands.</summary>
    public bool IsTraversable(in LuaValue key) => FindPosition(key) >= 0;

    /// <summary>What lookups without a result point at. Never written.</summary>
    internal static ref LuaValue Absent => ref NoNodes[0].Value;

    /// <summary>As <see cref="NextAt"/>, giving the slot of the value; a null reference at the end. The key is written by number where it can be.</summary>
    internal ref LuaValue AdvanceTo(ref int position, ref LuaValue key)
    {
        var array = Array;
        for (; (uint)position < (uint)array.Length; position++)
        {
            ref var slot = ref array[position];
            if (slot.IsNil) continue;
            position++;
            LuaValue.WriteNumber(ref key, position);
            return ref slot;
        }
        var nodes = Nodes;
        for (var index = position - array.Length; (uint)index < (uint)nodes.Length; index++)
        {
            ref var node = ref nodes[index];
            if (node.Value.IsNil) continue;
            LuaValue.Copy(ref key, ref node.Key);
            position = array.Length + index + 1;
            return ref node.Value;
        }
        return ref System.Runtime.CompilerServices.Unsafe.NullRef<LuaValue>();
    }

    // The position after this key in traversal order; 0 for nil; -1 when the key was never here.
    internal int FindPosition(in LuaValue key)
    {
        if (key.IsNil) return 0;
        if (key.IsNumber)
        {
            var integer = Truncation.ToInt32(key.AsNumber);
            if (integer == key.AsNumber && (uint)(integer - 1) < (uint)Array.Length) return integer;
        }
        var node = FindNode(key);
        return node < 0 ? -1 : Array.Length + node + 1;
    }

    /// <summary>How many slots there are, used or not: (array, hash). An empty hash part is 0.</summary>
    internal (int Array, int Hash) Slots => (Array.Length, ReferenceEquals(Nodes, NoNodes) ? 0 : Nodes.Length);

    /// <summary>Bytes held by the table itself, by PUC's reckoning: header, array slots, nodes.</summary>
    internal long OwnBytes => 64 + (long)Array.Length * 16 + (long)Slots.Hash * 40;

    // The slot of an existing key (its value may be nil), or a null reference.
    internal ref LuaValue FindSlot(in LuaValue key)
    {
        if (key.IsNumber)
        {
            var integer = Truncation.ToInt32(key.AsNumber);
            if (integer == key.AsNumber && (uint)(integer - 1) < (uint)Array.Length) return ref Array[integer - 1];
        }
        var node = key.IsString ? FindString(key.AsString) : key.IsNumber ? FindNumber(key.AsNumber) : FindNode(key);
        if (node < 0) return ref Unsafe.NullRef<LuaValue>();
        return ref Nodes[node].Value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    LuaValue ValueAt(int node) => node < 0 ? LuaValue.Nil : Nodes[node].Value;

    // Index of the node that holds this string, or -1.
    internal int FindString(ByteString key)
    {
        var nodes = Nodes;
        var hash = key.Hash;
        var index = hash & (nodes.Length - 1);
        ref var first = ref MemoryMarshal.GetArrayDataReference(nodes);
        while (true)
        {
            ref var node = ref Unsafe.Add(ref first, index); // a mask of the length, or checked below
            if (ReferenceEquals(node.Key.Ref, key)) return index;
            if (node.Hash == hash && node.Key.IsString && node.Key.AsString.Equals(key)) return index;
            index = node.Next - 1;
            if ((uint)index >= (uint)nodes.Length) return -1;
        }
    }

    /// <summary>
    /// The slot of this string, made when it is not there yet; a null reference when the table is full. The index is where it was found or went in its
    /// main position, 0 otherwise: a hint for the next time.
    /// </summary>
    internal ref LuaValue FindOrAddString(ref LuaValue key, out int at)
    {
        var text = Unsafe.As<ByteString>(key.Ref!);
        at = FindStringAs(text);
        var nodes = Nodes;
        ref var first = ref MemoryMarshal.GetArrayDataReference(nodes);
        if (at >= 0) return ref Unsafe.Add(ref first, at).Value;
        at = text.Hash & (nodes.Length - 1);
        ref var main = ref Unsafe.Add(ref first, at);
        if (!main.Value.IsNil || ReferenceEquals(nodes, NoNodes))
        {
            at = 0;
            return ref NewKey(key, out _);
        }
        main.Key = LuaValue.Read(ref key);
        main.Hash = text.Hash;
        return ref main.Value;
    }

    // As FindString, and the node then carries this very object: inline caches and later lookups compare references before bytes.
    internal int FindStringAs(ByteString key)
    {
        var index = FindString(key);
        if (index >= 0 && !ReferenceEquals(Nodes[index].Key.Ref, key)) Nodes[index].Key = key;
        return index;
    }

    // Integer keys sit in the hash part by the hash of their double, so there is no shorter way.
    internal int FindInteger(int key) => FindNumber(key);

    // NaN is never found.
    internal int FindNumber(double number)
    {
        var nodes = Nodes;
        if (ReferenceEquals(nodes, NoNodes)) return -1;
        var index = NumberPosition(number, nodes.Length);
        ref var first = ref MemoryMarshal.GetArrayDataReference(nodes);
        while (true)
        {
            ref var node = ref Unsafe.Add(ref first, index); // a remainder of the length, or checked below
            if (node.Key.IsNumber && node.Key.AsNumber == number) return index;
            index = node.Next - 1;
            if ((uint)index >= (uint)nodes.Length) return -1;
        }
    }

    internal int FindNode(in LuaValue key)
    {
        if (key.IsNil) return -1;
        if (key.IsString) return FindString(key.AsString);
        var nodes = Nodes;
        if (ReferenceEquals(nodes, NoNodes)) return -1;
        var index = MainPosition(key, nodes.Length);
        while (true)
        {
            ref var node = ref nodes[index];
            if (LuaValue.RawEquals(node.Key, key)) return index;
            index = node.Next - 1;
            if ((uint)index >= (uint)nodes.Length) return -1;
        }
    }

    int UnboundSearch(int high)
    {
        var low = high;
        uint probe = (uint)high + 1;
        while (!GetInt((int)probe).IsNil)
        {
            low = (int)probe;
            probe *= 2;
            if (probe > int.MaxValue)
            {
                // Built on purpose with bad intentions: count one by one, as PUC does.
                var count = 1;
                while (!GetInt(count).IsNil) count++;
                return count - 1;
            }
        }
        while (probe - (uint)low > 1)
        {
            var middle = ((uint)low + probe) / 2;
            if (GetInt((int)middle).IsNil) probe = middle;
            else low = (int)middle;
        }
        return low;
    }
}
