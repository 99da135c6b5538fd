// One parsed reply, RESP2 or RESP3.
// Always: the value owns its bytes (they never alias a receive buffer), and the default value is Null.
// Errors are values here; the client decides where they become exceptions.
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Evalsha.Resp;

/// <summary>A reply. <c>As…</c> methods convert where the meaning is plain and throw <see cref="InvalidCastException"/> where it is not.</summary>
public readonly struct RespValue
{
    private readonly object? _payload; // byte[] for text-like kinds, RespValue[] for aggregates (a map holds field, value, field, value)
    private readonly long _bits; // the integer, the boolean, or the double's bits

    private RespValue(RespKind kind, object? payload, long bits) => (Kind, _payload, _bits) = (kind, payload, bits);

    public RespKind Kind { get; }

    public static RespValue Null => default;

    public bool IsNull => Kind == RespKind.Null;

    public bool IsError => Kind is RespKind.Error or RespKind.BulkError;

    /// <summary>True for arrays, sets, pushes and maps.</summary>
    public bool IsAggregate => _payload is RespValue[];

    /// <summary>The elements of an array, set or push; of a map, its fields and values in turn. Empty for null; throws for anything else.</summary>
    public ImmutableArray<RespValue> Items => _payload switch
    {
        RespValue[] items => ImmutableCollectionsMarshal.AsImmutableArray(items),
        null when IsNull => [],
        _ => throw Wrong("a list"),
    };

    /// <summary>Number of elements; of a map, its fields and values together. 0 for null.</summary>
    public int Count => Items.Length;

    public RespValue this[int index] => Items[index];

    /// <summary>The value of a map's field. A flat array of pairs, as RESP2 gives for a map, serves too. Throws <see cref="KeyNotFoundException"/>.</summary>
    public RespValue this[string field] =>
        TryGet(field, out var value) ? value : throw new KeyNotFoundException($"The reply has no field '{field}'.");

    /// <summary>The error's first word, for example <c>NOSCRIPT</c>; <c>ERR</c> when the text does not begin with a code. Null when this is no error.</summary>
    public string? ErrorCode => IsError ? SplitError(AsText()).Code : null;

    /// <summary>The error's whole text as the server sent it, code included. Null when this is no error.</summary>
    public string? ErrorMessage => IsError ? AsText() : null;

    /// <summary>The error's text after its code. Null when this is no error.</summary>
    public string? ErrorDetail => IsError ? SplitError(AsText()).Detail : null;

    public static RespValue SimpleString(string text) => new(RespKind.SimpleString, Encoding.UTF8.GetBytes(text), 0);

    public static RespValue Error(string text) => new(RespKind.Error, Encoding.UTF8.GetBytes(text), 0);

    public static RespValue Integer(long value) => new(RespKind.Integer, null, value);

    public static RespValue Boolean(bool value) => new(RespKind.Boolean, null, value ? 1 : 0);

    public static RespValue Double(double value) => new(RespKind.Double, null, BitConverter.DoubleToInt64Bits(value));

    public static RespValue BulkString(string text) => new(RespKind.BulkString, Encoding.UTF8.GetBytes(text), 0);

    /// <summary>Takes ownership of <paramref name="bytes"/>.</summary>
    public static RespValue BulkString(byte[] bytes) => new(RespKind.BulkString, bytes, 0);

    /// <summary>Takes ownership of <paramref name="items"/>.</summary>
    public static RespValue Array(params RespValue[] items) => new(RespKind.Array, items, 0);

    /// <summary>Takes ownership of <paramref name="fieldsAndValues"/>: field, value, field, value.</summary>
    public static RespValue Map(params RespValue[] fieldsAndValues) =>
        fieldsAndValues.Length % 2 == 0 ? new(RespKind.Map, fieldsAndValues, 0) : throw new ArgumentException("A map needs pairs.", nameof(fieldsAndValues));

    internal static RespValue Text(RespKind kind, byte[] bytes) => new(kind, bytes, 0);

    internal static RespValue Aggregate(RespKind kind, RespValue[] items) => new(kind, items, 0);

    /// <summary>An integer, or text or a double that is exactly one.</summary>
    public long AsInteger() => Kind switch
    {
        RespKind.Integer or RespKind.Boolean => _bits,
        RespKind.Double when BitConverter.Int64BitsToDouble(_bits) is var d && d == Math.Floor(d) && Math.Abs(d) < 9.2e18 => (long)d,
        _ when _payload is byte[] bytes && !IsError && long.TryParse(bytes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) => value,
        _ => throw Wrong("an integer"),
    };

    /// <summary>A double, an integer, or text that reads as a number.</summary>
    public double AsDouble() => Kind switch
    {
        RespKind.Double => BitConverter.Int64BitsToDouble(_bits),
        RespKind.Integer => _bits,
        _ when _payload is byte[] bytes && !IsError && RespDouble.TryParse(bytes, out var value) => value,
        _ => throw Wrong("a number"),
    };

    /// <summary>A RESP3 boolean, the integer 0 or 1, or null as false (what a script's false becomes).</summary>
    public bool AsBoolean() => Kind switch
    {
        RespKind.Boolean => _bits != 0,
        RespKind.Integer when _bits is 0 or 1 => _bits == 1,
        RespKind.Null => false,
        RespKind.SimpleString when AsText() == "OK" => true,
        _ => throw Wrong("a boolean"),
    };

    /// <summary>The text of a string, error or number, read as UTF-8. Throws for null; see <see cref="AsTextOrNull"/>.</summary>
    public string AsText() => AsTextOrNull() ?? throw Wrong("text");

    public string? AsTextOrNull() => Kind switch
    {
        RespKind.Null => null,
        RespKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        RespKind.Double => RespDouble.ToText(BitConverter.Int64BitsToDouble(_bits)),
        RespKind.Boolean => _bits != 0 ? "1" : "0",
        _ when _payload is byte[] bytes => Encoding.UTF8.GetString(bytes),
        _ => throw Wrong("text"),
    };

    /// <summary>The bytes of a string, or the digits of a number. Throws for null.</summary>
    public ReadOnlyMemory<byte> AsBytes() => _payload is byte[] bytes ? bytes : Encoding.UTF8.GetBytes(AsText());

    /// <summary>Looks a field up in a map, or in a flat array of pairs.</summary>
    public bool TryGet(string field, out RespValue value)
    {
        if (_payload is RespValue[] items)
        {
            for (var i = 0; i + 1 < items.Length; i += 2)
            {
                if (!items[i].IsNull && !items[i].IsAggregate && items[i].AsText() == field)
                {
                    value = items[i + 1];
                    return true;
                }
            }
        }
        else if (!IsNull)
        {
            throw Wrong("a map");
        }

        value = default;
        return false;
    }

    /// <summary>The fields and values of a map (or of a flat array of pairs) by the fields' text.</summary>
    public Dictionary<string, RespValue> AsMap()
    {
        var items = Items;
        if (items.Length % 2 != 0)
        {
            throw Wrong("a map");
        }

        var map = new Dictionary<string, RespValue>(items.Length / 2, StringComparer.Ordinal);
        for (var i = 0; i < items.Length; i += 2)
        {
            map[items[i].AsText()] = items[i + 1];
        }

        return map;
    }

    /// <summary>A form for people and test failures: <c>["a", 1, (nil)]</c>. Not a format to parse.</summary>
    public override string ToString() => Kind switch
    {
        RespKind.Null => "(nil)",
        RespKind.Error or RespKind.BulkError => "(error) " + AsText(),
        RespKind.Boolean => _bits != 0 ? "(true)" : "(false)",
        RespKind.BulkString or RespKind.VerbatimString => "\"" + AsText() + "\"",
        RespKind.Map => "{" + string.Join(", ", Items) + "}",
        _ when IsAggregate => "[" + string.Join(", ", Items) + "]",
        _ => AsText(),
    };

    /// <summary>Splits an error's text into code and detail, by the rule that a code is a first word without lower-case letters.</summary>
    public static (string Code, string Detail) SplitError(string text)
    {
        var end = text.IndexOf(' ');
        var word = end < 0 ? text : text[..end];
        foreach (var c in word)
        {
            if (!char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c) && c is not ('_' or '-'))
            {
                return ("ERR", text);
            }
        }

        return word.Length == 0 ? ("ERR", text) : (word, end < 0 ? "" : text[(end + 1)..]);
    }

    private InvalidCastException Wrong(string wanted) => new($"The reply is not {wanted}: {Kind}{(IsError ? " " + AsText() : "")}.");
}
