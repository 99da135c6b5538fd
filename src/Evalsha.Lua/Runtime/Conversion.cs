// How a type of .NET is read from a value and written to one. Found once for each type, so that a call neither looks anything up nor boxes.
// Numbers and strings turn into each other as everywhere in Lua 5.1; nothing else turns into anything.
using System.Text;

namespace Evalsha.Lua.Runtime;

internal delegate bool ValueReader<T>(in LuaValue value, out T result);

internal delegate LuaValue ValueWriter<T>(LuaState state, T value);

internal static class Conversion<T>
{
    /// <summary>Null: Lua has no value of this type.</summary>
    public static readonly ValueReader<T>? Reader = (ValueReader<T>?)Conversion.ReaderOf(typeof(T));

    public static readonly ValueWriter<T>? Writer = (ValueWriter<T>?)Conversion.WriterOf(typeof(T));

    /// <summary>Lua's name of what is read.</summary>
    public static readonly string Expected = Conversion.ExpectedFor(typeof(T));

    public static ValueReader<T> DemandRead() => Reader ?? throw Unsupported();

    public static ValueWriter<T> DemandWrite() => Writer ?? throw Unsupported();

    /// <summary>Why a value cannot be read.</summary>
    public static string Mismatch(in LuaValue value) => value.IsNumber && Expected == "number"
        ? $"number {LuaNumber.ToText(value.AsNumber)} is no {typeof(T).Name}"
        : $"{Expected} expected, got {value.Type.Name()}";

    static NotSupportedException Unsupported() => new($"Lua has no value for {typeof(T)}; see LuaValue.TryTo for the types there are");
}

internal static class Conversion
{
    const int ShortText = 85; // chars whose UTF-8 surely fits the buffer below
    const int ShortTextBytes = ShortText * 3;

    static readonly Dictionary<Type, (string Expected, Delegate Reader, Delegate Writer)> Types = new()
    {
        [typeof(LuaValue)] = ("value", Read((in LuaValue v, out LuaValue r) => { r = v; return true; }), Write<LuaValue>((_, v) => v)),
        [typeof(double)] = Number<double>((double n, out double r) => { r = n; return true; }, n => n),
        [typeof(float)] = Number<float>((double n, out float r) => { r = (float)n; return true; }, n => n),
        [typeof(int)] = Number<int>((double n, out int r) => { r = Truncation.ToInt32(n); return r == n; }, n => n),
        [typeof(long)] = Number<long>((double n, out long r) => { r = Truncation.ToInt64(n); return r == n && n < 9223372036854775808.0; }, n => n),
        [typeof(bool)] = ("boolean", Read((in LuaValue v, out bool r) => { r = v.AsBoolean; return v.IsBoolean; }), Write<bool>((_, v) => v)),
        [typeof(ByteString)] = ("string", Read((in LuaValue v, out ByteString r) => (r = TextOf(v)!) is not null), Write<ByteString>((_, v) => v)),
        [typeof(string)] = ("string", Read((in LuaValue v, out string r) => (r = TextOf(v)?.ToString()!) is not null), Write<string>((state, v) => v is null ? LuaValue.Nil : FromText(state, v))),
        [typeof(byte[])] = ("string", Read((in LuaValue v, out byte[] r) => (r = TextOf(v)?.Span.ToArray()!) is not null), Write<byte[]>((state, v) => v is null ? LuaValue.Nil : state.Strings.Get(v))),
        [typeof(ReadOnlyMemory<byte>)] = ("string", Read<ReadOnlyMemory<byte>>(ReadMemory), Write<ReadOnlyMemory<byte>>((state, v) => state.Strings.Get(v.Span))),
        [typeof(LuaTable)] = ("table", Read((in LuaValue v, out LuaTable r) => (r = v.IsTable ? v.AsTable : null!) is not null), Write<LuaTable>((_, v) => v)),
        [typeof(LuaFunction)] = ("function", Read((in LuaValue v, out LuaFunction r) => (r = v.IsFunction ? v.AsFunction : null!) is not null), Write<LuaFunction>((_, v) => v)),
        [typeof(LuaUserdata)] = ("userdata", Read((in LuaValue v, out LuaUserdata r) => (r = v.IsUserdata ? v.AsUserdata : null!) is not null), Write<LuaUserdata>((_, v) => v)),
        [typeof(LuaThread)] = ("thread", Read((in LuaValue v, out LuaThread r) => (r = v.IsThread ? v.AsThread : null!) is not null), Write<LuaThread>((_, v) => v)),
        [typeof(double?)] = Optional<double>(),
        [typeof(float?)] = Optional<float>(),
        [typeof(int?)] = Optional<int>(),
        [typeof(long?)] = Optional<long>(),
        [typeof(bool?)] = Optional<bool>(),
    };

    delegate bool NumberReader<T>(double number, out T result);

    public static Delegate? ReaderOf(Type type) => Types.TryGetValue(type, out var found) ? found.Reader : null;

    public static Delegate? WriterOf(Type type) => Types.TryGetValue(type, out var found) ? found.Writer : null;

    public static string ExpectedFor(Type type) => Types.TryGetValue(type, out var found) ? found.Expected : "";

    /// <summary>The UTF-8 bytes of a text, through the pool: no array is made for a short one.</summary>
    public static ByteString FromText(LuaState state, string text)
    {
        if (text.Length > ShortText) return ByteString.FromUtf8(text);
        Span<byte> bytes = stackalloc byte[ShortTextBytes];
        return state.Strings.Get(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }

    /// <summary>The field of that name, looked up by the text's UTF-8 bytes; no string is made.</summary>
    public static LuaValue Field(LuaTable table, string name)
    {
        if (name.Length > ShortText) return table.GetString(Encoding.UTF8.GetBytes(name));
        Span<byte> bytes = stackalloc byte[ShortTextBytes];
        return table.GetString((ReadOnlySpan<byte>)bytes[..Encoding.UTF8.GetBytes(name, bytes)]);
    }

    static ValueReader<T> Read<T>(ValueReader<T> reader) => reader;

    static ValueWriter<T> Write<T>(ValueWriter<T> writer) => writer;

    static (string, Delegate, Delegate) Number<T>(NumberReader<T> narrow, Func<T, double> widen) => (
        "number",
        Read((in LuaValue v, out T r) =>
        {
            r = default!;
            if (v.IsNumber) return narrow(v.AsNumber, out r);
            return v.IsString && LuaNumber.TryParse(v.AsString.Span, out var parsed) && narrow(parsed, out r);
        }),
        Write<T>((_, v) => widen(v)));

    // Made when first asked for, since the plain type's row must be there already: these rows follow it.
    static (string, Delegate, Delegate) Optional<T>()
        where T : struct
    {
        ValueReader<T>? read = null;
        ValueWriter<T>? write = null;
        return (
            typeof(T) == typeof(bool) ? "boolean" : "number",
            Read((in LuaValue v, out T? r) =>
            {
                r = null;
                if (v.IsNil) return true;
                if (!(read ??= Conversion<T>.Reader!)(in v, out var there)) return false;
                r = there;
                return true;
            }),
            Write<T?>((state, v) => v is { } there ? (write ??= Conversion<T>.Writer!)(state, there) : LuaValue.Nil));
    }

    static bool ReadMemory(in LuaValue value, out ReadOnlyMemory<byte> result)
    {
        var text = TextOf(value);
        result = text is null ? default : text.Memory;
        return text is not null;
    }

    // A number is its %.14g text, as lua_tolstring gives it.
    static ByteString? TextOf(in LuaValue value) =>
        value.IsString ? value.AsString : value.IsNumber ? Text.ToByteString(LuaNumber.ToText(value.AsNumber)) : null;
}
