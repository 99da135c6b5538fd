// Which arguments of a command are keys: first, last and step as COMMAND prints them, or a function for commands that count their keys.
// Always: a finder sees only arguments that satisfy the arity; it appends indexes, and false means the arguments make no sense.
using Evalsha.Resp;

namespace Evalsha.Server.Dispatch;

/// <summary>Appends the indexes of the key arguments; false when the arguments are invalid.</summary>
public delegate bool KeyFinder(CommandContext c, List<int> keys);

/// <param name="First">Index of the first key; 0 = none.</param>
/// <param name="Last">Index of the last; negative counts from the end.</param>
public readonly record struct KeySpec(int First, int Last, int Step, KeyFinder? Finder = null)
{
    /// <summary>Shard channels: they stand where keys stand and decide a slot as keys do, but they are no keys of the data.</summary>
    public bool IsNotKey { get; init; }

    /// <summary>What COMMAND prints of it, when that does not follow from first, last and step.</summary>
    public KeyRange[]? Ranges { get; init; }

    /// <summary>Where the number of keys stands, when the keys follow it (EVAL); 0: elsewhere, or nowhere.</summary>
    internal int CountAt { get; init; }

    public static KeySpec None => default;

    /// <summary>One key, right after the name.</summary>
    public static KeySpec One => new(1, 1, 1);

    /// <summary>Two keys right after the name (RENAME, SMOVE).</summary>
    public static KeySpec Two => new(1, 2, 1);

    /// <summary>Every argument is a key (DEL, MGET, SUNION).</summary>
    public static KeySpec All => new(1, -1, 1);

    /// <summary>Key, value, key, value … (MSET).</summary>
    public static KeySpec Pairs => new(1, -1, 2);

    /// <summary>Every argument but the last is a key (BLPOP).</summary>
    public static KeySpec AllButLast => new(1, -2, 1);

    /// <summary>The only key stands at <paramref name="index"/> (OBJECT ENCODING key).</summary>
    public static KeySpec At(int index) => new(index, index, 1);

    /// <summary>A count at <paramref name="index"/>, then that many keys (EVAL: 2, ZUNION: 1).</summary>
    public static KeySpec Counted(int index) => new(0, 0, 0, (c, keys) => AppendCounted(c, index, keys)) { Ranges = [KeyRange.Counted(index)], CountAt = index };

    /// <summary>A destination at 1, a count at 2, then that many keys (ZUNIONSTORE).</summary>
    public static KeySpec DestinationAndCounted => new(1, 1, 1, static (c, keys) =>
    {
        keys.Add(1);
        return AppendCounted(c, 2, keys);
    }) { Ranges = [new KeyRange(1, 0, 1), KeyRange.Counted(2)] };

    /// <summary>The groups of keys as COMMAND prints them: one for each use.</summary>
    public KeyRange[] RangesFor(int uses)
    {
        if (Ranges is not null || First == 0)
        {
            return Ranges ?? [];
        }

        if (uses <= 1)
        {
            return [new KeyRange(First, Last < 0 ? Last : Last - First, Step)];
        }

        var ranges = new KeyRange[uses];
        for (var i = 0; i < uses; i++)
        {
            // What follows the last range's beginning belongs to it (SINTERSTORE: a destination, then all others).
            ranges[i] = new KeyRange(First + (i * Step), i == uses - 1 && Last < 0 ? Last : 0, 1);
        }

        return ranges;
    }

    /// <summary>First and last index and step of the keys as far as they can be told at a glance, for who wants to be early; first &gt; last: none.</summary>
    internal (int First, int Last, int Step) Near(ReadOnlySpan<RespSlice> arguments, ReadOnlySpan<byte> bytes)
    {
        if (First > 0)
        {
            return (First, Math.Min(Last < 0 ? arguments.Length + Last : Last, arguments.Length - 1), Step);
        }

        if (CountAt == 0 || CountAt >= arguments.Length || arguments[CountAt].Length != 1)
        {
            return (1, 0, 1);
        }

        var count = bytes[arguments[CountAt].Offset] - '0';
        return (CountAt + 1, Math.Min(CountAt + count, arguments.Length - 1), 1);
    }

    /// <summary>Appends the key indexes of the loaded command; false when they cannot be told.</summary>
    public bool TryFind(CommandContext c, List<int> keys)
    {
        if (Finder is not null)
        {
            return Finder(c, keys);
        }

        if (First == 0)
        {
            return true;
        }

        var last = Last < 0 ? c.Count + Last : Last;
        if (last >= c.Count)
        {
            return false;
        }

        for (var i = First; i <= last; i += Step)
        {
            keys.Add(i);
        }

        return true;
    }

    private static bool AppendCounted(CommandContext c, int index, List<int> keys)
    {
        if (!Numbers.TryParseInteger(c[index], out var count) || count < 0 || count > c.Count - index - 1)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            keys.Add(index + 1 + i);
        }

        return true;
    }
}
