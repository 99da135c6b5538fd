// A table as the host likes it: fields by name, items by number, pairs in a foreach. All of it raw: no metamethod is asked.
namespace Evalsha.Lua.Runtime;

public sealed partial class LuaTable
{
    /// <summary>The field of that name (UTF-8), nil when there is none. Setting nil removes it. Reading allocates nothing.</summary>
    public LuaValue this[string name]
    {
        get => Conversion.Field(this, name);
        set => SetString(name, value);
    }

    /// <summary>The item of that number, from 1 as in Lua.</summary>
    public LuaValue this[int index]
    {
        get => GetInt(index);
        set => SetInt(index, value);
    }

    /// <summary>A table of these items, numbered from 1.</summary>
    public static LuaTable List(params ReadOnlySpan<LuaValue> items)
    {
        var table = new LuaTable(items.Length, 0);
        for (var i = 0; i < items.Length; i++) table.SetInt(i + 1, items[i]);
        return table;
    }

    /// <summary>The field as a value of .NET; which types there are says <see cref="LuaValue.TryTo{T}"/>.</summary>
    /// <exception cref="InvalidCastException">It is not there, or something else.</exception>
    public T Get<T>(string name) => TryGet<T>(name, out var value) ? value : throw new InvalidCastException($"field '{name}': {Conversion<T>.Mismatch(this[name])}");

    /// <inheritdoc cref="Get{T}(string)"/>
    public T Get<T>(int index) => TryGet<T>(index, out var value) ? value : throw new InvalidCastException($"item {index}: {Conversion<T>.Mismatch(GetInt(index))}");

    /// <summary>False: the field is not there, or something else.</summary>
    public bool TryGet<T>(string name, out T value) => this[name].TryTo(out value);

    /// <summary>False: the item is not there, or something else.</summary>
    public bool TryGet<T>(int index, out T value) => GetInt(index).TryTo(out value);

    /// <summary>Every pair, in the order of <c>pairs</c>. Existing fields may be changed or removed meanwhile; none may be added.</summary>
    public PairEnumerator GetEnumerator() => new(this);

    public struct PairEnumerator(LuaTable table)
    {
        int _position;
        LuaValue _key;
        LuaValue _value;

        public readonly KeyValuePair<LuaValue, LuaValue> Current => new(_key, _value);

        public bool MoveNext() => table.NextAt(ref _position, ref _key, out _value);
    }
}
