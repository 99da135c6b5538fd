// A stream: entries in ascending order of id, in blocks as Redis packs them into listpacks.
// Always true: block after block and inside each block ids ascend strictly; no block is empty; LastId is not below any id ever added; Count is the sum over blocks.
// Blocks end where Redis's would (100 entries or 4096 bytes), because XTRIM ~ and XADD ~ remove whole blocks and tell how many entries that were.
// A stream whose last entry was removed stays: its LastId must not be given out again.
using System.Diagnostics;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

internal sealed class StreamValue
{
    private Block[] _blocks = new Block[4];
    private int _head;
    private int _blockCount;
    private SortedDictionary<ByteString, StreamGroup>? _groups;

    public long Count { get; private set; }

    public StreamId LastId { get; set; }

    /// <summary>The greatest id that was removed by XDEL; 0-0 if none.</summary>
    public StreamId MaxDeletedId { get; set; }

    /// <summary>Entries ever added.</summary>
    public ulong EntriesAdded { get; set; }

    public int BlockCount => _blockCount;

    public StreamId FirstId => Count == 0 ? StreamId.Min : _blocks[_head].Ids[0];

    public int GroupCount => _groups?.Count ?? 0;

    /// <summary>The consumer groups in the order of their names' bytes.</summary>
    public IEnumerable<StreamGroup> Groups => _groups?.Values ?? Enumerable.Empty<StreamGroup>();

    public StreamGroup? FindGroup(ByteString name) => _groups?.GetValueOrDefault(name);

    /// <summary>False: there is a group of that name.</summary>
    public bool TryAdd(StreamGroup group) => (_groups ??= []).TryAdd(group.Name, group);

    public bool RemoveGroup(ByteString name) => _groups?.Remove(name) ?? false;

    /// <summary>Whether an entry after <paramref name="start"/> or at it may have been removed by XDEL: then counting entries from there tells nothing.</summary>
    public bool MayHaveGapsFrom(StreamId start) => Count > 0 && MaxDeletedId != StreamId.Min && MaxDeletedId >= FirstId && start <= MaxDeletedId;

    /// <summary>How many entries were ever added up to an id; <see cref="StreamGroup.Unknown"/> when removals hide it.</summary>
    public long AddedUpTo(StreamId id)
    {
        if (EntriesAdded == 0)
        {
            return 0;
        }

        if ((Count == 0 && id <= LastId) || id == LastId)
        {
            return (long)EntriesAdded;
        }

        if (id > LastId)
        {
            return StreamGroup.Unknown;
        }

        if (MaxDeletedId == StreamId.Min || MaxDeletedId < FirstId)
        {
            if (id < FirstId)
            {
                return (long)EntriesAdded - Count;
            }

            if (id == FirstId)
            {
                return (long)EntriesAdded - Count + 1;
            }
        }

        return StreamGroup.Unknown;
    }

    /// <summary>How many entries a group has still to read; null when removals hide it.</summary>
    public long? Lag(StreamGroup group)
    {
        if (EntriesAdded == 0)
        {
            return 0;
        }

        var read = group.EntriesRead != StreamGroup.Unknown && !MayHaveGapsFrom(group.LastId) ? group.EntriesRead : AddedUpTo(group.LastId);
        return read == StreamGroup.Unknown ? null : (long)EntriesAdded - read;
    }

    public bool Contains(StreamId id) => AtOrAbove(id) is { IsValid: true } found && found.Id == id;

    /// <summary>Appends an entry: fields and values in turn. The id must be above <see cref="LastId"/>.</summary>
    public void Append(StreamId id, ByteString[] pairs)
    {
        Debug.Assert(id > LastId && pairs.Length % 2 == 0);
        var last = _blockCount == 0 ? null : _blocks[_head + _blockCount - 1];
        if (last is null || last.IsFullFor(pairs))
        {
            last = new Block(id, pairs);
            PushBlock(last);
        }

        last.Append(id, pairs);
        LastId = id;
        EntriesAdded++;
        Count++;
    }

    public bool Remove(StreamId id)
    {
        var place = BlockFor(id);
        if (place < 0)
        {
            return false;
        }

        var block = _blocks[_head + place];
        var index = block.Find(id);
        if (index < 0)
        {
            return false;
        }

        block.RemoveAt(index, 1);
        Count--;
        if (block.Count == 0)
        {
            RemoveBlock(place);
        }

        return true;
    }

    /// <summary>Removes the oldest entries until at most <paramref name="length"/> are left. Answers how many went.</summary>
    public long TrimToLength(long length, bool wholeBlocksOnly, long limit)
    {
        long removed = 0;
        while (Count > length)
        {
            var block = _blocks[_head];
            if (limit > 0 && removed + block.Count > limit)
            {
                break;
            }

            if (Count - block.Count >= length)
            {
                removed += block.Count;
                Count -= block.Count;
                RemoveBlock(0);
                continue;
            }

            if (wholeBlocksOnly)
            {
                break;
            }

            var part = (int)(Count - length);
            block.RemoveAt(0, part);
            Count -= part;
            removed += part;
        }

        return removed;
    }

    /// <summary>Removes entries with ids below <paramref name="id"/>. Answers how many went.</summary>
    public long TrimBelow(StreamId id, bool wholeBlocksOnly, long limit)
    {
        long removed = 0;
        while (Count > 0)
        {
            var block = _blocks[_head];
            if (limit > 0 && removed + block.Count > limit)
            {
                break;
            }

            if (block.LastAppended < id)
            {
                removed += block.Count;
                Count -= block.Count;
                RemoveBlock(0);
                continue;
            }

            if (wholeBlocksOnly)
            {
                break;
            }

            var part = block.Find(id);
            part = part < 0 ? ~part : part;
            block.RemoveAt(0, part);
            Count -= part;
            removed += part;
            if (block.Count > 0)
            {
                break;
            }

            RemoveBlock(0);
        }

        return removed;
    }

    /// <summary>Stands on the first entry not below an id.</summary>
    public Cursor AtOrAbove(StreamId id)
    {
        if (_blockCount == 0)
        {
            return default;
        }

        var place = Math.Max(0, BlockFor(id));
        var index = _blocks[_head + place].Find(id);
        index = index < 0 ? ~index : index;
        return index < _blocks[_head + place].Count ? new Cursor(this, place, index)
            : place + 1 < _blockCount ? new Cursor(this, place + 1, 0)
            : default;
    }

    /// <summary>Stands on the last entry not above an id.</summary>
    public Cursor AtOrBelow(StreamId id)
    {
        var place = BlockFor(id);
        if (place < 0)
        {
            return default;
        }

        var index = _blocks[_head + place].Find(id);
        return new Cursor(this, place, index < 0 ? ~index - 1 : index);
    }

    public StreamValue Clone()
    {
        var clone = new StreamValue
        {
            _blocks = new Block[Math.Max(4, _blockCount)],
            _blockCount = _blockCount,
            Count = Count,
            LastId = LastId,
            MaxDeletedId = MaxDeletedId,
            EntriesAdded = EntriesAdded,
        };
        for (var i = 0; i < _blockCount; i++)
        {
            clone._blocks[i] = _blocks[_head + i].Clone();
        }

        foreach (var group in Groups)
        {
            clone.TryAdd(group.Clone());
        }

        return clone;
    }

    /// <summary>The last block whose first id is not above; -1 when all are.</summary>
    private int BlockFor(StreamId id)
    {
        int low = 0, high = _blockCount;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_blocks[_head + middle].Ids[0] <= id)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    private void PushBlock(Block block)
    {
        if (_head + _blockCount == _blocks.Length)
        {
            var blocks = _blockCount * 2 > _blocks.Length ? new Block[_blocks.Length * 2] : _blocks;
            Array.Copy(_blocks, _head, blocks, 0, _blockCount);
            if (ReferenceEquals(blocks, _blocks))
            {
                Array.Clear(_blocks, _blockCount, _head);
            }

            _blocks = blocks;
            _head = 0;
        }

        _blocks[_head + _blockCount++] = block;
    }

    private void RemoveBlock(int place)
    {
        _blockCount--;
        if (place == 0)
        {
            _blocks[_head++] = null!;
            return;
        }

        Array.Copy(_blocks, _head + place + 1, _blocks, _head + place, _blockCount - place);
        _blocks[_head + _blockCount] = null!;
    }

    /// <summary>An entry's place. Good until the next change of the stream.</summary>
    internal struct Cursor
    {
        private readonly StreamValue? _stream;
        private int _block;
        private int _index;

        internal Cursor(StreamValue stream, int block, int index) => (_stream, _block, _index) = (stream, block, index);

        public readonly bool IsValid => _stream is not null && (uint)_block < (uint)_stream._blockCount;

        public readonly StreamId Id => Here.Ids[_index];

        /// <summary>Fields and values in turn.</summary>
        public readonly ByteString[] Pairs => Here.Pairs[_index];

        private readonly Block Here => _stream!._blocks[_stream._head + _block];

        public void MoveNext()
        {
            if (++_index >= Here.Count)
            {
                (_block, _index) = (_block + 1, 0);
            }
        }

        public void MovePrevious()
        {
            if (--_index < 0 && --_block >= 0)
            {
                _index = Here.Count - 1;
            }
        }
    }

    private sealed class Block
    {
        private readonly StreamId _master;
        private readonly ByteString[] _masterPairs;
        private int _appended; // live and removed, as Redis counts
        private int _bytes;

        public Block(StreamId master, ByteString[] pairs)
        {
            (_master, _masterPairs) = (master, pairs);
            _bytes = ListpackSize.Empty + ListpackSize.Of(1) + ListpackSize.Of(0) + ListpackSize.Of(pairs.Length / 2) + ListpackSize.Of(0) + FieldBytes(pairs);
        }

        public StreamId[] Ids { get; private set; } = new StreamId[1];

        public ByteString[][] Pairs { get; private set; } = new ByteString[1][];

        public int Count { get; private set; }

        public StreamId LastAppended { get; private set; }

        public bool IsFullFor(ByteString[] pairs)
        {
            var length = 0;
            foreach (var text in pairs)
            {
                length += text.Length;
            }

            return _bytes + length >= EncodingLimits.StreamBlockBytesMax || _appended >= EncodingLimits.StreamBlockEntriesMax;
        }

        public void Append(StreamId id, ByteString[] pairs)
        {
            if (Count == Ids.Length)
            {
                var size = Math.Min(EncodingLimits.StreamBlockEntriesMax, Count * 2);
                var (ids, all) = (new StreamId[size], new ByteString[size][]);
                Array.Copy(Ids, ids, Count);
                Array.Copy(Pairs, all, Count);
                (Ids, Pairs) = (ids, all);
            }

            Ids[Count] = id;
            Pairs[Count++] = pairs;
            LastAppended = id;
            _appended++;
            _bytes += EntryBytes(id, pairs);
        }

        /// <summary>The index of an id, or the complement of where it would be.</summary>
        public int Find(StreamId id) => Array.BinarySearch(Ids, 0, Count, id);

        public void RemoveAt(int index, int count)
        {
            Array.Copy(Ids, index + count, Ids, index, Count - index - count);
            Array.Copy(Pairs, index + count, Pairs, index, Count - index - count);
            Array.Clear(Pairs, Count - count, count);
            Count -= count;
        }

        public Block Clone() => new(_master, _masterPairs)
        {
            Ids = (StreamId[])Ids.Clone(),
            Pairs = (ByteString[][])Pairs.Clone(),
            Count = Count,
            LastAppended = LastAppended,
            _appended = _appended,
            _bytes = _bytes,
        };

        private static int FieldBytes(ByteString[] pairs)
        {
            var bytes = 0;
            for (var i = 0; i < pairs.Length; i += 2)
            {
                bytes += ListpackSize.Of(pairs[i].Span);
            }

            return bytes;
        }

        private int EntryBytes(StreamId id, ByteString[] pairs)
        {
            var same = pairs.Length == _masterPairs.Length;
            for (var i = 0; same && i < pairs.Length; i += 2)
            {
                same = pairs[i].Equals(_masterPairs[i]);
            }

            var fields = pairs.Length / 2;
            var bytes = ListpackSize.Of(0) // flags
                + ListpackSize.Of(unchecked((long)(id.Milliseconds - _master.Milliseconds)))
                + ListpackSize.Of(unchecked((long)(id.Sequence - _master.Sequence)));
            for (var i = 1; i < pairs.Length; i += 2)
            {
                bytes += ListpackSize.Of(pairs[i].Span);
            }

            return same
                ? bytes + ListpackSize.Of(fields + 3)
                : bytes + ListpackSize.Of(fields) + FieldBytes(pairs) + ListpackSize.Of(fields * 2 + 4);
        }
    }
}
