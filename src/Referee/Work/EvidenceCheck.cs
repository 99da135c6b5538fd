// Judges a submitted value against what the policy declares of its kind: type and shape, exactly. Nothing is converted and nothing is "truthy":
// "true" is a text, 0 is a number, null is null, and a field nobody declared is refused.
// Texts over 256 bytes go to the details with their SHA-1 in the slot; over 64 KB nothing goes in.
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Referee.Records;

namespace Referee.Work;

/// <param name="Large">The UTF-8 of a text too large for its slot; empty otherwise.</param>
internal sealed record EvidenceContent(Scalar Value, IReadOnlyList<Scalar> Fields, byte[] Large, string Digest);

internal static class EvidenceCheck
{
    /// <summary>All field texts of one record together: a promotion reads them all.</summary>
    public const int RecordBytesMax = 4096;

    private const long WholeMax = 1L << 53;

    /// <summary>Exactly one of content and refusal.</summary>
    public static (EvidenceContent? Content, Refusal? Refused) Of(EvidenceKind kind, JsonElement value)
    {
        var path = $"evidence.{kind.Name}";
        if (kind.Type == EvidenceType.Record)
        {
            return OfRecord(kind, value, path);
        }

        var (scalar, refusal) = OfScalar(kind.Type, value, path, WorkLimits.EvidenceBytesMax);
        if (refusal is not null)
        {
            return (null, refusal);
        }

        var bytes = scalar.Kind == ScalarKind.Text ? Encoding.UTF8.GetBytes(scalar.Text) : [];
        return bytes.Length > WorkLimits.EvidenceInlineBytesMax
            ? (new EvidenceContent(Scalar.Of(""), [Scalar.Of(bytes.Length)], bytes, Convert.ToHexStringLower(SHA1.HashData(bytes))), null)
            : (new EvidenceContent(scalar, [], [], ""), null);
    }

    private static (EvidenceContent?, Refusal?) OfRecord(EvidenceKind kind, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return (null, Wrong(path, "a record", value));
        }

        var fields = new Scalar[kind.Fields.Count];
        var bytes = 0;
        foreach (var property in value.EnumerateObject())
        {
            var at = kind.FieldAt(property.Name);
            if (at < 0)
            {
                var known = string.Join(", ", kind.Fields.Select(field => field.Name));
                return (null, new Refusal(RefusalCodes.Type, $"{path}.{Cut(property.Name)}", $"one of the fields {known}", "a field the policy does not declare", "the caller"));
            }

            if (fields[at].Kind != ScalarKind.Missing)
            {
                return (null, new Refusal(RefusalCodes.Type, $"{path}.{property.Name}", "each field once", "twice", "the caller"));
            }

            var (field, refusal) = OfScalar(kind.Fields[at].Type, property.Value, $"{path}.{property.Name}", WorkLimits.EvidenceInlineBytesMax);
            if (refusal is not null)
            {
                return (null, refusal);
            }

            fields[at] = field;
            bytes += Encoding.UTF8.GetByteCount(field.Text);
        }

        for (var i = 0; i < fields.Length; i++)
        {
            if (fields[i].Kind == ScalarKind.Missing && !kind.Fields[i].Optional)
            {
                return (null, new Refusal(
                    RefusalCodes.Missing, $"{path}.{kind.Fields[i].Name}", EvidenceKind.Print(kind.Fields[i].Type), "nothing", "the caller"));
            }
        }

        return bytes > RecordBytesMax
            ? (null, Refusals.Limit(path, $"at most {RecordBytesMax} bytes of text in a record", $"{bytes}"))
            : (new EvidenceContent(Scalar.Of(""), fields, [], ""), null);
    }

    private static (Scalar Value, Refusal? Refused) OfScalar(EvidenceType type, JsonElement value, string path, int textBytesMax)
    {
        switch (type, value.ValueKind)
        {
            case (EvidenceType.Text, JsonValueKind.String):
                if (!TryText(value, out var text))
                {
                    return (default, new Refusal(RefusalCodes.Type, path, "text of whole characters", "half a surrogate pair", "the caller"));
                }

                var bytes = Encoding.UTF8.GetByteCount(text);
                return bytes > textBytesMax ? (default, Refusals.Limit(path, $"at most {textBytesMax} bytes", $"{bytes}")) : (Scalar.Of(text), null);
            case (EvidenceType.Boolean, JsonValueKind.True or JsonValueKind.False):
                return (Scalar.Of(value.ValueKind == JsonValueKind.True), null);
            case (EvidenceType.Null, JsonValueKind.Null):
                return (Scalar.Null, null);
            case (EvidenceType.Number or EvidenceType.Integer, JsonValueKind.Number):
                if (!value.TryGetDouble(out var number) || !double.IsFinite(number))
                {
                    return (default, Wrong(path, "a finite number", value));
                }

                return type == EvidenceType.Integer && (Math.Truncate(number) != number || Math.Abs(number) > WholeMax)
                    ? (default, new Refusal(RefusalCodes.Type, path, "a whole number within ±2^53", Cut(value.GetRawText()), "the caller"))
                    : (Scalar.Of(number), null);
            default:
                return (default, Wrong(path, EvidenceKind.Print(type), value));
        }
    }

    private static bool TryText(JsonElement value, out string text)
    {
        try
        {
            text = value.GetString() ?? "";
            return true;
        }
        catch (InvalidOperationException)
        {
            text = ""; // JSON may escape half a surrogate pair; no text holds that.
            return false;
        }
    }

    private static Refusal Wrong(string path, string wanted, JsonElement value) => new(
        RefusalCodes.Type,
        path,
        wanted,
        value.ValueKind switch
        {
            JsonValueKind.String => $"the text {Cut(value.GetRawText())}",
            JsonValueKind.Number => $"the number {Cut(value.GetRawText())}",
            JsonValueKind.True or JsonValueKind.False => $"the boolean {value.GetRawText()}",
            JsonValueKind.Null => "null",
            JsonValueKind.Array => "a list",
            JsonValueKind.Object => "a record",
            _ => "nothing",
        },
        "the caller");

    private static string Cut(string text) => text.Length <= 64 ? text : $"{text[..61]}…";
}
