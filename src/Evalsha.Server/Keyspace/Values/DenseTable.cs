// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
// A hash table from byte strings to values whose entries lie without holes in one array. It is the table under hashes, sets and sorted sets.
// Always true: entries 0.._count-1 are in use; a chain in _buckets holds every entry of that bucket; _buckets is null while the table is so small that a walk is faster.
// Two things that System.Collections' Dictionary cannot do follow from "no holes":
//   a random entry is one index away (SPOP, SRANDMEMBER, HRANDFIELD), and
//   SCAN goes backwards over the array. Removal moves the LAST entry into the hole, so an entry only ever moves towards the part not yet visited
//   (or stays in the visited part when it was visited): what is there from the start of a scan to its end is returned, and every scan ends.
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

internal sealed class DenseTable<TValue>
{
    /// <summary>Up to this many entries there are no buckets: comparing eight stored hashes costs less than a modulo and two cache lines.</summary>
    internal const int WalkedEntriesMax = 8;

    private const int SmallestCapacity = 4;
    private const int None = -1;

    private Entry[] _entries = [];
    private int[]? _buckets; // 1-based index of the first entry of the chain; 0 = empty
    private int _shift;
    private int _count;

    public int Count => _count;

    public ByteString KeyAt(int index)
    {
        Debug.Assert((uint)index < (uint)_count);
        return _entries[index].Key;
    }

    /// <summary>The value in place. Good until the next addition or removal.</summary>
    public ref TValue ValueAt(int index)
    {
        Debug.Assert((uint)index < (uint)_count);
        return ref _entries[index].Value;
    }

    /// <summary>The entry's index, or a negative number. Good until the next removal.</summary>
    public int IndexOf(ReadOnlySpan<byte> key)
    {
        var hash = ByteStringComparer.Default.GetHashCode(key);
        var entries = _entries;
        if (_buckets is null)
        {
            for (var i = 0; i < _count; i++)
            {
                if (entries[i].Hash == hash && entries[i].Key.Span.SequenceEqual(key))
                {
                    return i;
                }
            }

            return None;
        }

        for (var i = _buckets[BucketOf(hash)] - 1; i >= 0; i = entries[i].Next)
        {
            if (entries[i].Hash == hash && entries[i].Key.Span.SequenceEqual(key))
            {
                return i;
            }
        }

        return None;
    }

    /// <inheritdoc cref="IndexOf(ReadOnlySpan{byte})"/>
    public int IndexOf(ByteString key)
    {
        var hash = ByteStringComparer.Default.GetHashCode(key.Span);
        var entries = _entries;
        if (_buckets is null)
        {
            for (var i = 0; i < _count; i++)
            {
                if (entries[i].Hash == hash && entries[i].Key.Equals(key))
                {
                    return i;
                }
            }

            return None;
        }

        for (var i = _buckets[BucketOf(hash)] - 1; i >= 0; i = entries[i].Next)
        {
            if (entries[i].Hash == hash && entries[i].Key.Equals(key))
            {
                return i;
            }
        }

        return None;
    }

    /// <summary>Loads what looks at keys with these hashes will read, each step for all of them; a branch that waits for a load comes after all loads.</summary>
    /// <param name="hashes">By <see cref="ByteStringComparer.Default"/>.</param>
    /// <returns>Means nothing, and has to be used for the loads to be made.</returns>
    public long Warm(ReadOnlySpan<int> hashes)
    {
        if (_buckets is not { } buckets)
        {
            return 0;
        }

        var entries = _entries;
        var seen = 0L;
        Span<int> places = stackalloc int[hashes.Length];
        for (var i = 0; i < hashes.Length; i++)
        {
            places[i] = Math.Max(buckets[BucketOf(hashes[i])] - 1, 0);
        }

        foreach (var place in places)
        {
            seen += entries[place].Hash;
        }

        for (var i = 0; i < hashes.Length; i++)
        {
            ref readonly var entry = ref entries[places[i]];
            places[i] = entry.Hash == hashes[i] ? places[i] : Math.Max(entry.Next, 0);
        }

        foreach (var place in places)
        {
            seen += entries[place].Key.Length;
        }

        return seen;
    }

    public bool Contains(ReadOnlySpan<byte> key) => IndexOf(key) >= 0;

    public bool Contains(ByteString key) => IndexOf(key) >= 0;

    /// <summary>Adds a key that is not there. Answers its index.</summary>
    public int Add(ByteString key, TValue value)
    {
        Debug.Assert(IndexOf(key) < 0);
        if (_count == _entries.Length)
        {
            Resize(Math.Max(SmallestCapacity, _count * 2));
        }

        var index = _count++;
        ref var entry = ref _entries[index];
        entry.Key = key;
        entry.Value = value;
        entry.Hash = ByteStringComparer.Default.GetHashCode(key.Span);
        Link(index);
        return index;
    }

    /// <summary>Removes an entry; the last entry takes its index.</summary>
    public void RemoveAt(int index)
    {
        Debug.Assert((uint)index < (uint)_count);
        var last = --_count;
        Unlink(index);
        if (index != last)
        {
            if (_buckets is not null)
            {
                Repoint(last, index);
            }

            _entries[index] = _entries[last];
        }

        _entries[last] = default;
        ShrinkIfSparse();
    }

    /// <summary>Removes an entry and keeps the order of the others. Linear: for tables that count as small.</summary>
    public void RemoveAtKeepingOrder(int index)
    {
        Debug.Assert((uint)index < (uint)_count);
        _count--;
        Array.Copy(_entries, index + 1, _entries, index, _count - index);
        _entries[_count] = default;
        if (_buckets is not null)
        {
            Rebuild();
        }
    }

    public void Clear()
    {
        _entries = [];
        _buckets = null;
        _count = 0;
    }

    /// <summary>
    /// The next stretch of a scan: indices [<paramref name="from"/>, <paramref name="to"/>). Start with cursor 0; the scan is over when the answer is 0.
    /// </summary>
    public ulong Scan(ulong cursor, long count, out int from, out int to)
    {
        to = cursor == 0 || cursor > (ulong)_count ? _count : (int)cursor;
        from = (int)Math.Max(0, to - Math.Max(1, count));
        return (ulong)from;
    }

    /// <summary>A copy with the same keys in the same order. Values are copied as they are.</summary>
    public DenseTable<TValue> Clone()
    {
        var clone = new DenseTable<TValue> { _entries = _entries.AsSpan(0, _count).ToArray(), _count = _count };
        if (_buckets is not null)
        {
            clone.Resize(Math.Max(SmallestCapacity, _count));
        }

        return clone;
    }

    /// <summary>Makes room for that many entries in all, so that a known number of additions costs one growth.</summary>
    public void EnsureCapacity(int entries)
    {
        if (entries > _entries.Length)
        {
            Resize(entries);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int BucketOf(int hash) => (int)((uint)hash * 0x9E3779B1u >> _shift); // Fibonacci hashing: all bits of the hash count

    private void Link(int index)
    {
        if (_buckets is null)
        {
            if (_count > WalkedEntriesMax)
            {
                Rebuild();
            }

            return;
        }

        ref var bucket = ref _buckets[BucketOf(_entries[index].Hash)];
        _entries[index].Next = bucket - 1;
        bucket = index + 1;
    }

    private void Unlink(int index)
    {
        if (_buckets is null)
        {
            return;
        }

        ref var bucket = ref _buckets[BucketOf(_entries[index].Hash)];
        if (bucket == index + 1)
        {
            bucket = _entries[index].Next + 1;
            return;
        }

        var i = bucket - 1;
        while (_entries[i].Next != index)
        {
            i = _entries[i].Next;
        }

        _entries[i].Next = _entries[index].Next;
    }

    /// <summary>Whatever points at entry <paramref name="from"/> now points at <paramref name="to"/>.</summary>
    private void Repoint(int from, int to)
    {
        ref var bucket = ref _buckets![BucketOf(_entries[from].Hash)];
        if (bucket == from + 1)
        {
            bucket = to + 1;
            return;
        }

        var i = bucket - 1;
        while (_entries[i].Next != from)
        {
            i = _entries[i].Next;
        }

        _entries[i].Next = to;
    }

    private void ShrinkIfSparse()
    {
        if (_entries.Length > 64 && _count < _entries.Length / 8)
        {
            Resize(_entries.Length / 4);
        }
    }

    private void Resize(int capacity)
    {
        var entries = new Entry[capacity];
        Array.Copy(_entries, entries, _count);
        _entries = entries;
        if (capacity > WalkedEntriesMax)
        {
            Rebuild();
        }
        else
        {
            _buckets = null;
        }
    }

    private void Rebuild()
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(_entries.Length, 2));
        if (_buckets?.Length == size)
        {
            Array.Clear(_buckets);
        }
        else
        {
            _buckets = new int[size];
            _shift = 32 - BitOperations.Log2((uint)size);
        }

        for (var i = 0; i < _count; i++)
        {
            ref var bucket = ref _buckets[BucketOf(_entries[i].Hash)];
            _entries[i].Next = bucket - 1;
            bucket = i + 1;
        }
    }

    private struct Entry
    {
        public ByteString Key;
        public TValue Value;
        public int Hash;
        public int Next;
    }
}
