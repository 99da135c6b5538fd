// One scalar of evidence. Always: missing, null, false, 0 and "false" are five different things; nothing here is ever "truthy".
using System.Globalization;
using System.Text.Json;

namespace Referee.Records;

public enum ScalarKind
{
    Missing,
    Null,
    Boolean,
    Number,
    Text,
}

public readonly record struct Scalar
{
    private readonly double _number;
    private readonly string? _text;

    private Scalar(ScalarKind kind, double number, string? text) => (Kind, _number, _text) = (kind, number, text);

    public static Scalar Missing => default;

    public static Scalar Null => new(ScalarKind.Null, 0, null);

    public ScalarKind Kind { get; }

    /// <summary>The number; 0 when this is none.</summary>
    public double Number => Kind == ScalarKind.Number ? _number : 0;

    /// <summary>The truth; false when this is no boolean.</summary>
    public bool Truth => Kind == ScalarKind.Boolean && _number != 0;

    /// <summary>The text; empty when this is none.</summary>
    public string Text => _text ?? "";

    public static Scalar Of(bool value) => new(ScalarKind.Boolean, value ? 1 : 0, null);

    /// <exception cref="ArgumentException">Not finite: JSON has no such number.</exception>
    public static Scalar Of(double value) =>
        double.IsFinite(value) ? new(ScalarKind.Number, value, null) : throw new ArgumentException("A number is finite.", nameof(value));

    public static Scalar Of(string value) => new(ScalarKind.Text, 0, value);

    /// <summary>As JSON text; missing prints as nothing.</summary>
    public override string ToString() => Kind switch
    {
        ScalarKind.Missing => "",
        ScalarKind.Null => "null",
        ScalarKind.Boolean => Truth ? "true" : "false",
        ScalarKind.Number => _number.ToString("R", CultureInfo.InvariantCulture),
        _ => JsonEncodedText.Encode(Text) is var encoded ? $"\"{encoded}\"" : "",
    };

    internal void Write(PackedWriter packed)
    {
        switch (Kind)
        {
            case ScalarKind.Missing:
                packed.Nil();
                break;
            case ScalarKind.Null:
                packed.EmptyArray();
                break;
            case ScalarKind.Boolean:
                packed.Boolean(Truth);
                break;
            case ScalarKind.Number:
                packed.Number(_number);
                break;
            default:
                packed.Text(Text);
                break;
        }
    }

    internal static bool TryRead(ref PackedReader packed, out Scalar scalar)
    {
        scalar = default;
        if (!packed.TryNext())
        {
            return false;
        }

        switch (packed.Kind)
        {
            case PackedKind.Nil:
                return true;
            case PackedKind.EmptyArray:
                scalar = Null;
                return true;
            case PackedKind.Boolean:
                scalar = Of(packed.Truth);
                return true;
            case PackedKind.Number when double.IsFinite(packed.Number):
                scalar = Of(packed.Number);
                return true;
            case PackedKind.Text when PackedReader.TryDecode(packed.Bytes, out var text):
                scalar = Of(text);
                return true;
            default:
                return false;
        }
    }
}
