// A small direct-mapped cache of short strings: the same bytes usually give the same object, so that table lookups compare references
// and a script that cuts a line into words does not allocate each word again.
// A cache, not a truth: an entry may be replaced at any time, and equality never relies on it. Confined to the turn of its state.
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

public sealed class StringPool
{
    /// <summary>Longer strings are made anew each time: hashing and comparing them would cost more than it saves.</summary>
    public const int LengthMax = 40;

    const int InitialSlots = 512;
    const int SlotsMax = 8192;

    ByteString?[] _slots = new ByteString?[InitialSlots];
    int _misses;

    public StringPool()
    {
        foreach (var name in Metamethods.AllNames) _slots[name.Hash & (InitialSlots - 1)] = name;
    }

    /// <summary>A cached string of these bytes, or a new one. Strings over <see cref="LengthMax"/> bytes are always new.</summary>
    public ByteString Get(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or 1 or > LengthMax) return ByteString.From(bytes);
        var hash = ByteString.HashOf(bytes);
        ref var slot = ref _slots[hash & (_slots.Length - 1)];
        if (slot is { } found && found.Hash == hash && found.Equals(bytes)) return found;
        return Miss(bytes, hash);
    }

    /// <summary>The UTF-8 bytes of a text.</summary>
    public ByteString Get(string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return Get(bytes.AsSpan());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    ByteString Miss(ReadOnlySpan<byte> bytes, int hash)
    {
        // Grown with use, so that a state that runs one small script stays small.
        if (++_misses > _slots.Length && _slots.Length < SlotsMax) Grow();
        var made = new ByteString(bytes.ToArray(), hash);
        _slots[hash & (_slots.Length - 1)] = made;
        return made;
    }

    void Grow()
    {
        var old = _slots;
        _slots = new ByteString?[old.Length * 4];
        _misses = 0;
        foreach (var entry in old)
        {
            if (entry is not null) _slots[entry.Hash & (_slots.Length - 1)] = entry;
        }
    }
}
