// A hash table of nodes that carry their own byte-string key: the keyspace, and any value type that maps or collects byte strings.
// Always: a key is in exactly one chain of exactly one of the two arrays; _target is null unless a resize is under way.
// Growing and shrinking move a few buckets per change, so no command pays for a whole resize; reads never move anything.
// Scan cursors follow the reversed-bits order, so whatever stays in the table for a whole scan is returned at least once,
// however often the table is resized meanwhile. Not thread safe: whoever holds the turn owns it.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace;

/// <summary>Base of what a <see cref="KeyTable{TNode}"/> holds. A node is in one table at a time.</summary>
public abstract class KeyNode
{
    // The bare bytes while they are enough, 32 bytes less than a string (./bench server --memory); else the string that was handed over or asked for.
    private object _key;

    protected KeyNode(ByteString key) => _key = key;

    /// <param name="key">Taken: nobody writes to it any more.</param>
    protected KeyNode(byte[] key) => _key = key;

    /// <summary>The key as a string, made at the first question and kept. Who only reads the bytes asks <see cref="KeyBytes"/>.</summary>
    public ByteString Key => _key as ByteString ?? NameKey();

    // No other class than these two is ever stored, and a sealed class is told by one comparison.
    public ReadOnlySpan<byte> KeyBytes => _key is ByteString text ? text.Span : Unsafe.As<byte[]>(_key);

    /// <summary>The next in the chain; the node itself once it has been removed from its table.</summary>
    internal KeyNode? Next { get; set; }

    /// <summary>True from Add to Remove.</summary>
    internal bool IsInTable => !ReferenceEquals(Next, this);

    /// <summary>The key's hash under the comparer of the table that holds the node.</summary>
    internal int Hash { get; set; }

    private ByteString NameKey()
    {
        var text = ByteString.Own(Unsafe.As<byte[]>(_key));
        _key = text;
        return text;
    }
}

/// <param name="comparer">Its seed decides the order of scans and of random picks, and whether a hostile client can aim at one chain.</param>
public sealed class KeyTable<TNode>(ByteStringComparer comparer)
    where TNode : KeyNode
{
    private const int SmallestSize = 4;
    private const int BucketsMovedPerChange = 8;
    private const int ShrinkBelowOneIn = 8;

    private KeyNode?[] _buckets = new KeyNode?[SmallestSize];
    private KeyNode?[]? _target;
    private int _moved;

    public int Count { get; private set; }

    /// <summary>Grows by one with every change of membership; lets iterators detect that the ground moved.</summary>
    public int Version { get; private set; }

    public TNode? Find(ByteString key) => Find(key.Span);

    /// <summary>Finds by bytes, for keys that are still slices of a receive buffer. Allocates nothing.</summary>
    public TNode? Find(ReadOnlySpan<byte> key)
    {
        var hash = comparer.GetHashCode(key);
        return FindIn(_buckets, key, hash) ?? (_target is null ? null : FindIn(_target, key, hash));
    }

    /// <summary>The nodes that keys with these hashes probably are; null where there is none. Each step is made for all before the next one.</summary>
    /// <returns>Means nothing, and has to be used for the loads to be made.</returns>
    internal long Reach(ReadOnlySpan<int> hashes, Span<TNode?> nodes)
    {
        var buckets = _buckets;
        for (var i = 0; i < hashes.Length; i++)
        {
            nodes[i] = Unsafe.As<TNode?>(buckets[hashes[i] & (buckets.Length - 1)]);
        }

        if (_target is { } target)
        {
            for (var i = 0; i < hashes.Length; i++)
            {
                nodes[i] ??= Unsafe.As<TNode?>(target[hashes[i] & (target.Length - 1)]);
            }
        }

        // First all nodes, then the branches that wait for them: a branch guessed wrong stops what comes after it.
        var seen = 0L;
        for (var i = 0; i < hashes.Length; i++)
        {
            seen += nodes[i]?.Hash ?? 0;
        }

        // Half of the chains are longer than one; a third node is rare.
        for (var i = 0; i < hashes.Length; i++)
        {
            if (nodes[i] is { } node && node.Hash != hashes[i])
            {
                nodes[i] = Unsafe.As<TNode?>(node.Next);
            }
        }

        return seen;
    }

    /// <summary>Adds a node whose key is not in the table.</summary>
    public void Add(TNode node)
    {
        Debug.Assert(Find(node.KeyBytes) is null, "one node per key");
        MoveSome();
        if (_target is null && Count >= _buckets.Length)
        {
            StartResize(_buckets.Length * 2);
        }

        node.Hash = comparer.GetHashCode(node.KeyBytes);
        Push(_target ?? _buckets, node);
        Count++;
        Version++;
    }

    /// <summary>Removes and returns the node, or null when there is none.</summary>
    public TNode? Remove(ByteString key) => Remove(key.Span);

    public TNode? Remove(ReadOnlySpan<byte> key) => Remove(key, comparer.GetHashCode(key));

    public void Clear()
    {
        _buckets = new KeyNode?[SmallestSize];
        _target = null;
        _moved = 0;
        Count = 0;
        Version++;
    }

    /// <summary>A node chosen at random, nearly uniformly (chains differ in length); null when empty.</summary>
    public TNode? Random(Random random)
    {
        if (Count == 0)
        {
            return null;
        }

        while (true)
        {
            var slot = random.Next(_buckets.Length + (_target?.Length ?? 0));
            var first = slot < _buckets.Length ? _buckets[slot] : _target![slot - _buckets.Length];
            if (first is null)
            {
                continue;
            }

            var length = 0;
            for (var node = first; node is not null; node = node.Next)
            {
                length++;
            }

            var chosen = first;
            for (var skip = length == 1 ? 0 : random.Next(length); skip > 0; skip--)
            {
                chosen = chosen.Next!;
            }

            return (TNode)chosen;
        }
    }

    /// <summary>
    /// Appends the nodes of the next bucket after <paramref name="cursor"/> and returns the cursor to go on with; 0 begins and ends a scan.
    /// </summary>
    public ulong Scan(ulong cursor, List<TNode> found)
    {
        if (Count == 0)
        {
            return 0;
        }

        if (_target is null)
        {
            var mask = (ulong)(_buckets.Length - 1);
            Collect(_buckets[(int)(cursor & mask)], found);
            return NextCursor(cursor, mask);
        }

        var (small, large) = _buckets.Length < _target.Length ? (_buckets, _target) : (_target, _buckets);
        var smallMask = (ulong)(small.Length - 1);
        var largeMask = (ulong)(large.Length - 1);
        Collect(small[(int)(cursor & smallMask)], found);
        do
        {
            // All buckets of the larger table that the one of the smaller table expands to.
            Collect(large[(int)(cursor & largeMask)], found);
            cursor = NextCursor(cursor, largeMask);
        }
        while ((cursor & (smallMask ^ largeMask)) != 0);

        return cursor;
    }

    public Enumerator GetEnumerator() => new(this);

    private static TNode? FindIn(KeyNode?[] buckets, ReadOnlySpan<byte> key, int hash)
    {
        for (var node = buckets[hash & (buckets.Length - 1)]; node is not null; node = node.Next)
        {
            if (node.Hash == hash && node.KeyBytes.SequenceEqual(key))
            {
                // Only Add puts nodes here. A cast in shared generic code costs a call (DispatchBench, Get).
                return Unsafe.As<TNode>(node);
            }
        }

        return null;
    }

    private static void Push(KeyNode?[] buckets, KeyNode node)
    {
        ref var first = ref buckets[node.Hash & (buckets.Length - 1)];
        node.Next = first;
        first = node;
    }

    private static void Collect(KeyNode? node, List<TNode> found)
    {
        for (; node is not null; node = node.Next)
        {
            found.Add((TNode)node);
        }
    }

    private static ulong NextCursor(ulong cursor, ulong mask)
    {
        // Increment the reversed cursor: the high bits of the mask count first, so a table of another size continues where this one stood.
        cursor |= ~mask;
        return ReverseBits(ReverseBits(cursor) + 1);
    }

    private static ulong ReverseBits(ulong value)
    {
        value = ((value >> 1) & 0x5555555555555555) | ((value & 0x5555555555555555) << 1);
        value = ((value >> 2) & 0x3333333333333333) | ((value & 0x3333333333333333) << 2);
        value = ((value >> 4) & 0x0F0F0F0F0F0F0F0F) | ((value & 0x0F0F0F0F0F0F0F0F) << 4);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }

    private TNode? Remove(ReadOnlySpan<byte> key, int hash)
    {
        var removed = Unlink(_buckets, key, hash) ?? (_target is null ? null : Unlink(_target, key, hash));
        if (removed is null)
        {
            return null;
        }

        Count--;
        Version++;
        MoveSome();
        if (_target is null && _buckets.Length > SmallestSize && Count < _buckets.Length / ShrinkBelowOneIn)
        {
            StartResize(_buckets.Length / 2);
        }

        return (TNode)removed;
    }

    private static KeyNode? Unlink(KeyNode?[] buckets, ReadOnlySpan<byte> key, int hash)
    {
        KeyNode? previous = null;
        ref var first = ref buckets[hash & (buckets.Length - 1)];
        for (var node = first; node is not null; previous = node, node = node.Next)
        {
            if (node.Hash != hash || !node.KeyBytes.SequenceEqual(key))
            {
                continue;
            }

            if (previous is null)
            {
                first = node.Next;
            }
            else
            {
                previous.Next = node.Next;
            }

            node.Next = node;
            return node;
        }

        return null;
    }

    private void StartResize(int size)
    {
        Debug.Assert(_target is null, "one resize at a time");
        _target = new KeyNode?[size];
        _moved = 0;
    }

    private void MoveSome()
    {
        if (_target is null)
        {
            return;
        }

        // A table of n buckets is left behind after n / BucketsMovedPerChange changes; the next resize is due after n changes at the earliest
        // (growth) or n / 16 (shrinking again), so a resize always ends before the next one is wanted, or simply delays it.
        var end = Math.Min(_moved + BucketsMovedPerChange, _buckets.Length);
        for (; _moved < end; _moved++)
        {
            var node = _buckets[_moved];
            _buckets[_moved] = null;
            while (node is not null)
            {
                var next = node.Next;
                Push(_target, node);
                node = next;
            }
        }

        if (_moved == _buckets.Length)
        {
            _buckets = _target;
            _target = null;
        }
    }

    /// <summary>Walks all nodes in table order. The table must not change meanwhile.</summary>
    public struct Enumerator
    {
        private readonly KeyTable<TNode> _table;
        private readonly int _version;
        private KeyNode?[]? _array;
        private int _index;
        private KeyNode? _node;

        internal Enumerator(KeyTable<TNode> table)
        {
            _table = table;
            _version = table.Version;
            _array = table._buckets;
            _index = -1;
            _node = null;
        }

        public readonly TNode Current => (TNode)_node!;

        public bool MoveNext()
        {
            Debug.Assert(_version == _table.Version, "the table changed under its iterator");
            _node = _node?.Next;
            while (_node is null)
            {
                if (_array is null)
                {
                    return false;
                }

                if (++_index < _array.Length)
                {
                    _node = _array[_index];
                }
                else
                {
                    _array = ReferenceEquals(_array, _table._buckets) ? _table._target : null;
                    _index = -1;
                }
            }

            return true;
        }
    }
}
