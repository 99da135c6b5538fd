// Values at the border: to and from the types of .NET.
namespace Evalsha.Lua.Runtime;

public readonly partial struct LuaValue
{
    /// <summary>The text's UTF-8 bytes, as a new string; null becomes nil.</summary>
    public static implicit operator LuaValue(string? text) => text is null ? Nil : FromText(text);

    /// <summary>
    /// Reads the value as double, float, int, long, bool, their nullable forms (nil is null), string (UTF-8), byte[] (a copy),
    /// ReadOnlyMemory&lt;byte&gt;, ByteString (no copy), LuaTable, LuaFunction, LuaUserdata, LuaThread or LuaValue. Numbers and strings turn into each
    /// other as in Lua; a number with a fraction is no int. Only string, byte[] and text made of a number allocate.
    /// </summary>
    /// <returns>False: the value is something else.</returns>
    /// <exception cref="NotSupportedException">Another type than these.</exception>
    public bool TryTo<T>(out T result) => Conversion<T>.DemandRead()(in this, out result);

    /// <inheritdoc cref="TryTo{T}"/>
    /// <exception cref="InvalidCastException">The value is something else.</exception>
    public T To<T>() => TryTo<T>(out var result) ? result : throw new InvalidCastException(Conversion<T>.Mismatch(this));
}
