// What the work side needs to know of a policy: its name, digest, stages and kinds of evidence. The gates are Workflows' business.
// Always: read from the stored canonical JSON, so what a record pins is what is used here.
using System.Text.Json;

namespace Referee.Records;

public sealed record PolicyShape(string Workflow, int Version, string Digest, IReadOnlyList<string> Stages, EvidenceSchema Evidence)
{
    /// <summary>Reads the shape out of a policy's JSON.</summary>
    /// <exception cref="InvalidDataException">The text is not a policy; the message says where.</exception>
    public static PolicyShape Parse(string json, string digest)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var kinds = new List<EvidenceKind>();
            if (root.TryGetProperty("evidence", out var evidence) && evidence.ValueKind == JsonValueKind.Object)
            {
                foreach (var kind in evidence.EnumerateObject())
                {
                    kinds.Add(Kind(kind.Name, kind.Value));
                }
            }

            return new PolicyShape(
                root.GetProperty("workflow").GetString() ?? throw new InvalidDataException("workflow: a name"),
                root.TryGetProperty("version", out var version) ? version.GetInt32() : 1,
                digest,
                [.. root.GetProperty("stages").EnumerateArray().Select(stage => stage.GetString() ?? throw new InvalidDataException("stages: names"))],
                new EvidenceSchema(kinds));
        }
        catch (Exception cause) when (cause is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"The stored policy {digest} cannot be read: {cause.Message}", cause);
        }
    }

    private static EvidenceKind Kind(string name, JsonElement declared)
    {
        var text = declared.GetProperty("type").GetString();
        if (!EvidenceKind.TryParseType(text, out var type))
        {
            throw new InvalidDataException($"evidence.{name}.type: '{text}' is no type");
        }

        var fields = new List<EvidenceFieldKind>();
        if (declared.TryGetProperty("fields", out var declaredFields) && declaredFields.ValueKind == JsonValueKind.Object)
        {
            foreach (var field in declaredFields.EnumerateObject())
            {
                var fieldText = field.Value.GetString() ?? "";
                var optional = fieldText.EndsWith('?');
                if (!EvidenceKind.TryParseType(optional ? fieldText[..^1] : fieldText, out var fieldType) || fieldType == EvidenceType.Record)
                {
                    throw new InvalidDataException($"evidence.{name}.fields.{field.Name}: '{fieldText}' is no scalar type");
                }

                fields.Add(new EvidenceFieldKind(field.Name, fieldType, optional));
            }
        }

        return new EvidenceKind(name, type, fields);
    }
}
