// A set of 64-bit integers as one sorted array ("intset").
// Always true: _items[0.._count] ascends strictly.
using System.Diagnostics;

namespace Evalsha.Server.Keyspace.Values;

internal sealed class IntegerSet
{
    private long[] _items = new long[4];

    public int Count { get; private set; }

    public long this[int index]
    {
        get
        {
            Debug.Assert((uint)index < (uint)Count);
            return _items[index];
        }
    }

    public bool Contains(long item) => Find(item) >= 0;

    public bool Add(long item)
    {
        var place = Find(item);
        if (place >= 0)
        {
            return false;
        }

        place = ~place;
        if (Count == _items.Length)
        {
            Array.Resize(ref _items, Count * 2);
        }

        Array.Copy(_items, place, _items, place + 1, Count - place);
        _items[place] = item;
        Count++;
        return true;
    }

    public bool Remove(long item)
    {
        var place = Find(item);
        if (place < 0)
        {
            return false;
        }

        Count--;
        Array.Copy(_items, place + 1, _items, place, Count - place);
        return true;
    }

    public IntegerSet Clone() => new() { _items = (long[])_items.Clone(), Count = Count };

    private int Find(long item) => Array.BinarySearch(_items, 0, Count, item);
}
