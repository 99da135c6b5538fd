// The types a key can hold, told by the class of its value: name (TYPE), encoding (OBJECT ENCODING), a copy (COPY).
// Always: every class that a command stores is named here.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

internal static class ValueKind
{
    public static ReadOnlySpan<byte> Name(object value) => value switch
    {
        ByteString or IntegerValue or StringBuffer or byte[] => "string"u8,
        ListValue => "list"u8,
        SetValue => "set"u8,
        SortedSetValue => "zset"u8,
        HashValue => "hash"u8,
        StreamValue => "stream"u8,
        _ => throw new ArgumentException($"No Redis type is kept in a {value.GetType().Name}."),
    };

    public static string Encoding(object value) => value switch
    {
        ListValue list => list.Encoding,
        SetValue set => set.Encoding,
        SortedSetValue sorted => sorted.Encoding,
        HashValue hash => hash.Encoding,
        StreamValue => "stream",
        _ => StringValue.Encoding(value),
    };

    public static object Clone(object value) => value switch
    {
        ListValue list => list.Clone(),
        SetValue set => set.Clone(),
        SortedSetValue sorted => sorted.Clone(),
        HashValue hash => hash.Clone(),
        StreamValue stream => stream.Clone(),
        _ => StringValue.Clone(value),
    };
}
