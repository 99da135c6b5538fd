// SORT: the elements of a list, set or sorted set by number or name, by themselves or by keys and hash fields made from them.
// Always: elements that compare equal as numbers follow in order of their bytes, so the result is one; GET and BY look keys up in the same database.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class SortCommand
{
    /// <summary>A LIMIT that wants less than one in so many elements is answered without sorting them all.</summary>
    private const int FewOf = 8;

    /// <summary>A double holds every whole number below this.</summary>
    private const long WholeMost = 1L << 53;

    private static readonly KeySpec SortKeys = new(1, 1, 1, static (c, keys) =>
    {
        keys.Add(1);
        for (var i = 2; i < c.Count; i++)
        {
            if (c.Is(i, "STORE"u8) && i + 1 < c.Count)
            {
                keys.Add(++i);
            }
            else if (c.Is(i, "LIMIT"u8))
            {
                i += 2;
            }
            else if (c.Is(i, "BY"u8) || c.Is(i, "GET"u8))
            {
                i++;
            }
        }

        return true;
    }) { Ranges = [new KeyRange(1, 0, 1), KeyRange.Unknown, KeyRange.Unknown] };

    public static readonly CommandRow[] Rows =
    [
        new("sort", -2, Write | DenyOom | MovableKeys, SortKeys, Sort) { Since = "1.0.0", Group = "generic", Summary = "The elements of a list, set or sorted set in order, or stored.", AclCategories = ["@set", "@sortedset", "@list", "@dangerous"], Complexity = "O(N+M*log(M)), N: elements in the list or set to sort, M: returned elements", KeyUses = ["RO ACCESS", "RO ACCESS", "OW UPDATE"], Syntax = "key [BY <pattern:pattern#1>] [LIMIT <offset_count{offset:integer count:integer}>] [GET <pattern:pattern#1>+...] [order(ASC|DESC)] [sorting=ALPHA] [STORE <destination:key#2>]" },
        new("sort_ro", -2, ReadOnly | MovableKeys, KeySpec.One with { Ranges = [new KeyRange(1, 0, 1), KeyRange.Unknown] }, SortRo) { Since = "7.0.0", Group = "generic", Summary = "The elements of a list, set or sorted set in order.", AclCategories = ["@set", "@sortedset", "@list", "@dangerous"], Complexity = "O(N+M*log(M)), N: elements in the list or set to sort, M: returned elements", KeyUses = ["RO ACCESS", "RO ACCESS"], Syntax = "key [BY <pattern:pattern#1>] [LIMIT <offset_count{offset:integer count:integer}>] [GET <pattern:pattern#1>+...] [order(ASC|DESC)] [sorting=ALPHA]" },
    ];

    private static void Sort(CommandContext c) => Sort(c, mayStore: true);

    private static void SortRo(CommandContext c) => Sort(c, mayStore: false);

    private static void Sort(CommandContext c, bool mayStore)
    {
        if (!TryOptions(c, mayStore, out var options))
        {
            return;
        }

        var value = c.Look(1)?.Value;
        if (value is not (null or ListValue or SetValue or SortedSetValue))
        {
            c.Reply.Error(Errors.WrongType);
            return;
        }

        if (options.KeepsOrder && value is SetValue && (options.StoreAt != 0 || c.IsScript))
        {
            // A set has no order of its own; what is stored or given to a script must not depend on chance.
            (options.KeepsOrder, options.IsAlpha, options.ByAt) = (false, true, 0);
        }

        (value as SortedSetValue)?.LeaveSmallForm();
        var items = Elements(value, options.KeepsOrder && options.IsDescending);
        var first = (int)Math.Clamp(options.Offset, 0, items.Length);
        var end = options.Count < 0 ? items.Length : (int)Math.Min(items.Length, first + Math.Min(options.Count, items.Length));
        if (!options.KeepsOrder && !TryOrder(c, items, end, options))
        {
            c.Reply.Error("ERR One or more scores can't be converted into double"u8);
            return;
        }

        if (options.StoreAt != 0)
        {
            Store(c, items, first, end, options);
        }
        else
        {
            Answer(c, items, first, end, options);
        }
    }

    private static bool TryOptions(CommandContext c, bool mayStore, out Options options)
    {
        options = new Options { Count = -1 };
        for (var i = 2; i < c.Count; i++)
        {
            var more = c.Count - i - 1;
            if (c.Is(i, "ASC"u8))
            {
                options.IsDescending = false;
            }
            else if (c.Is(i, "DESC"u8))
            {
                options.IsDescending = true;
            }
            else if (c.Is(i, "ALPHA"u8))
            {
                options.IsAlpha = true;
            }
            else if (c.Is(i, "LIMIT"u8) && more >= 2)
            {
                if (!c.TryInteger(i + 1, out options.Offset) || !c.TryInteger(i + 2, out options.Count))
                {
                    return false;
                }

                i += 2;
            }
            else if (mayStore && c.Is(i, "STORE"u8) && more >= 1)
            {
                options.StoreAt = ++i;
            }
            else if (c.Is(i, "BY"u8) && more >= 1)
            {
                options.ByAt = ++i;
                options.KeepsOrder = !c[i].Contains((byte)'*'); // one weight for all: nothing to sort by
            }
            else if (c.Is(i, "GET"u8) && more >= 1)
            {
                (options.GetAt ??= []).Add(++i);
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }

        return true;
    }

    private static Item[] Elements(object? value, bool isBackward)
    {
        var items = new Item[value switch { ListValue l => l.Count, SetValue s => s.Count, SortedSetValue z => z.Count, _ => 0 }];
        switch (value)
        {
            case ListValue list:
                for (var i = 0; i < items.Length; i++)
                {
                    items[i].Element = list[isBackward ? items.Length - 1 - i : i];
                }

                break;
            case SetValue set:
                for (var i = 0; i < items.Length; i++)
                {
                    items[i].Element = set[i];
                }

                break;
            case SortedSetValue sorted:
                var cursor = sorted.At(isBackward ? items.Length - 1 : 0);
                for (var i = 0; i < items.Length; i++)
                {
                    items[i].Element = cursor.Member;
                    if (isBackward)
                    {
                        cursor.MovePrevious();
                    }
                    else
                    {
                        cursor.MoveNext();
                    }
                }

                break;
        }

        return items;
    }

    /// <summary>Weighs, and puts the first <paramref name="wanted"/> in order; false when a weight is no number.</summary>
    private static bool TryOrder(CommandContext c, Item[] items, int wanted, in Options options)
    {
        var areNumbers = true;
        for (var i = 0; i < items.Length; i++)
        {
            var weight = options.ByAt == 0 ? items[i].Element : Lookup(c, options.ByAt, items[i].Element);
            items[i].Index = i;
            items[i].Text = weight;
            if (weight is not null && !options.IsAlpha)
            {
                if (RedisNumber.TryParseInteger(weight.Span, out var whole) && whole is > -WholeMost and < WholeMost)
                {
                    items[i].Number = whole; // what most lists hold
                }
                else
                {
                    areNumbers &= RedisNumber.TryParseText(weight.Span, out items[i].Number, out var outOfRange) && !outOfRange;
                }
            }
        }

        var isAlpha = options.IsAlpha;
        var sign = options.IsDescending ? -1 : 1;
        var order = Comparer<Item>.Create((a, b) =>
        {
            var order = isAlpha ? CompareTexts(a.Text, b.Text)
                : a.Number != b.Number ? a.Number.CompareTo(b.Number)
                : a.Element.CompareTo(b.Element);
            return order != 0 ? sign * order : a.Index.CompareTo(b.Index);
        });
        if (wanted <= items.Length / FewOf)
        {
            TakeFirst(items, wanted, order);
        }
        else
        {
            Array.Sort(items, order);
        }

        return areNumbers;
    }

    /// <summary>The first few in order at the front, without sorting the rest: a heap of them with the last on top.</summary>
    private static void TakeFirst(Item[] items, int wanted, Comparer<Item> order)
    {
        if (wanted == 0)
        {
            return;
        }

        var first = new PriorityQueue<Item, Item>(wanted, Comparer<Item>.Create((a, b) => order.Compare(b, a)));
        foreach (var item in items)
        {
            if (first.Count < wanted)
            {
                first.Enqueue(item, item);
            }
            else if (order.Compare(item, first.Peek()) < 0)
            {
                first.DequeueEnqueue(item, item);
            }
        }

        for (var i = wanted - 1; i >= 0; i--)
        {
            items[i] = first.Dequeue();
        }
    }

    private static int CompareTexts(ByteString? a, ByteString? b) => a is null || b is null
        ? (a is null ? 0 : 1) - (b is null ? 0 : 1)
        : a.CompareTo(b);

    private static void Answer(CommandContext c, Item[] items, int first, int end, in Options options)
    {
        var perItem = options.GetAt?.Count ?? 1;
        c.Reply.Array(Math.Max(0, end - first) * perItem);
        for (var i = first; i < end; i++)
        {
            for (var g = 0; g < perItem; g++)
            {
                var text = options.GetAt is null ? items[i].Element : Lookup(c, options.GetAt[g], items[i].Element);
                if (text is null)
                {
                    c.Reply.Null();
                }
                else
                {
                    c.Reply.Bulk(text);
                }
            }
        }
    }

    private static void Store(CommandContext c, Item[] items, int first, int end, in Options options)
    {
        var list = new ListValue();
        for (var i = first; i < end; i++)
        {
            for (var g = 0; g < (options.GetAt?.Count ?? 1); g++)
            {
                list.PushTail((options.GetAt is null ? items[i].Element : Lookup(c, options.GetAt[g], items[i].Element)) ?? ByteString.Empty);
            }
        }

        c.StoreOrDelete(options.StoreAt, list, list.Count == 0, Happened.SortStore);
        c.Reply.Integer(list.Count);
    }

    /// <summary>The value that a pattern names for an element: "#" itself, "w_*" a string key, "w_*->f" a hash field. Null when there is none.</summary>
    private static ByteString? Lookup(CommandContext c, int patternAt, ByteString element)
    {
        var pattern = c[patternAt];
        if (pattern is [(byte)'#'])
        {
            return element;
        }

        var star = pattern.IndexOf((byte)'*');
        if (star < 0)
        {
            return null;
        }

        var tail = pattern[(star + 1)..];
        var arrow = tail.IndexOf("->"u8);
        var hasField = arrow >= 0 && arrow + 2 < tail.Length;
        byte[] key = [.. pattern[..star], .. element.Span, .. hasField ? tail[..arrow] : tail];
        var value = c.Look(key)?.Value;
        if (hasField)
        {
            return (value as HashValue)?.Get(tail[(arrow + 2)..]);
        }

        return StringValue.IsString(value) ? StringValue.Text(value) : null;
    }

    private struct Options
    {
        public bool IsDescending;
        public bool IsAlpha;
        public bool KeepsOrder;
        public long Offset;
        public long Count;
        public int StoreAt;
        public int ByAt;
        public List<int>? GetAt;
    }

    private struct Item
    {
        public ByteString Element;
        public ByteString? Text;
        public double Number;
        public int Index;
    }
}
