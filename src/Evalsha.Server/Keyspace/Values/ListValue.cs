// A list: a ring of byte strings that grows and shrinks at both ends.
// Always true: element i (0 = head) is at _items[(_head + i) & mask]; the ring's size is a power of two; _bytes is what the elements would take in a listpack.
// Both ends and any index cost O(1); putting in or taking out of the middle moves the shorter side, never more than Redis's walk to that place.
using System.Diagnostics;
using System.Numerics;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

internal sealed class ListValue
{
    private const int SmallestRing = 4;

    private ByteString[] _items = new ByteString[SmallestRing];
    private int _head;
    private int _count;
    private long _bytes = ListpackSize.Empty;
    private bool _isLarge;

    public int Count => _count;

    /// <summary>Large from 8 KB on, and small again only under half of it, so that a list at the border does not flip.</summary>
    public string Encoding => _isLarge ? "quicklist" : "listpack";

    public ByteString this[int index]
    {
        get
        {
            Debug.Assert((uint)index < (uint)_count);
            return _items[(_head + index) & (_items.Length - 1)];
        }
        set
        {
            Debug.Assert((uint)index < (uint)_count);
            ref var slot = ref _items[(_head + index) & (_items.Length - 1)];
            Weigh(ListpackSize.Of(value.Span) - ListpackSize.Of(slot.Span));
            slot = value;
        }
    }

    public void PushHead(ByteString item)
    {
        Grow();
        _head = (_head - 1) & (_items.Length - 1);
        _items[_head] = item;
        _count++;
        Weigh(ListpackSize.Of(item.Span));
    }

    public void PushTail(ByteString item)
    {
        Grow();
        _items[(_head + _count) & (_items.Length - 1)] = item;
        _count++;
        Weigh(ListpackSize.Of(item.Span));
    }

    public ByteString PopHead()
    {
        Debug.Assert(_count > 0);
        var item = _items[_head];
        _items[_head] = null!;
        _head = (_head + 1) & (_items.Length - 1);
        _count--;
        Weigh(-ListpackSize.Of(item.Span));
        Shrink();
        return item;
    }

    public ByteString PopTail()
    {
        Debug.Assert(_count > 0);
        ref var slot = ref _items[(_head + _count - 1) & (_items.Length - 1)];
        var item = slot;
        slot = null!;
        _count--;
        Weigh(-ListpackSize.Of(item.Span));
        Shrink();
        return item;
    }

    /// <summary>Puts an item so that it has that index afterwards.</summary>
    public void Insert(int index, ByteString item)
    {
        Debug.Assert((uint)index <= (uint)_count);
        if (index <= _count / 2)
        {
            PushHead(item);
            for (var i = 0; i < index; i++)
            {
                Slot(i) = Slot(i + 1);
            }
        }
        else
        {
            PushTail(item);
            for (var i = _count - 1; i > index; i--)
            {
                Slot(i) = Slot(i - 1);
            }
        }

        Slot(index) = item;
    }

    /// <summary>Removes up to <paramref name="limit"/> items equal to <paramref name="item"/>, from the head or from the tail. Answers how many.</summary>
    public int Remove(ReadOnlySpan<byte> item, int limit, bool fromTail)
    {
        var removed = 0;
        if (fromTail)
        {
            var kept = _count;
            for (var i = _count - 1; i >= 0; i--)
            {
                if (removed < limit && Slot(i).Span.SequenceEqual(item))
                {
                    removed++;
                }
                else
                {
                    Slot(--kept) = Slot(i);
                }
            }

            DropHead(removed, item);
        }
        else
        {
            var kept = 0;
            for (var i = 0; i < _count; i++)
            {
                if (removed < limit && Slot(i).Span.SequenceEqual(item))
                {
                    removed++;
                }
                else
                {
                    Slot(kept++) = Slot(i);
                }
            }

            DropTail(removed, item);
        }

        return removed;
    }

    /// <summary>Keeps the items with indices from <paramref name="first"/> to <paramref name="last"/>; costs what it drops.</summary>
    public void Trim(int first, int last)
    {
        Debug.Assert(first >= 0 && last < _count);
        var fromTail = _count - 1 - Math.Max(last, first - 1);
        for (var i = 0; i < fromTail; i++)
        {
            PopTail();
        }

        for (var i = 0; i < first && _count > 0; i++)
        {
            PopHead();
        }
    }

    public ListValue Clone()
    {
        var clone = new ListValue { _items = new ByteString[_items.Length], _count = _count, _bytes = _bytes, _isLarge = _isLarge };
        for (var i = 0; i < _count; i++)
        {
            clone._items[i] = Slot(i);
        }

        return clone;
    }

    private ref ByteString Slot(int index) => ref _items[(_head + index) & (_items.Length - 1)];

    private void DropHead(int count, ReadOnlySpan<byte> removed)
    {
        for (var i = 0; i < count; i++)
        {
            Slot(i) = null!;
        }

        _head = (_head + count) & (_items.Length - 1);
        _count -= count;
        Weigh(-(long)count * ListpackSize.Of(removed));
        Shrink();
    }

    private void DropTail(int count, ReadOnlySpan<byte> removed)
    {
        for (var i = _count - count; i < _count; i++)
        {
            Slot(i) = null!;
        }

        _count -= count;
        Weigh(-(long)count * ListpackSize.Of(removed));
        Shrink();
    }

    private void Weigh(long bytes)
    {
        _bytes += bytes;
        _isLarge = _bytes > (_isLarge ? EncodingLimits.ListBytesMax / 2 : EncodingLimits.ListBytesMax);
    }

    private void Grow()
    {
        if (_count == _items.Length)
        {
            Resize(_count * 2);
        }
    }

    private void Shrink()
    {
        if (_items.Length > 64 && _count < _items.Length / 8)
        {
            Resize((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(SmallestRing, _count * 2)));
        }
    }

    private void Resize(int size)
    {
        var items = new ByteString[size];
        var untilEnd = Math.Min(_count, _items.Length - _head);
        Array.Copy(_items, _head, items, 0, untilEnd);
        Array.Copy(_items, 0, items, untilEnd, _count - untilEnd);
        _items = items;
        _head = 0;
    }
}
