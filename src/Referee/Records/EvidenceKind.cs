// What a policy declares about one kind of evidence: its type and, for a record, its scalar fields.
// Always: slots and fields are in ordinal order of their names, whatever the order of the document, so a policy written twice has one layout.
namespace Referee.Records;

public enum EvidenceType
{
    Text,
    Number,

    /// <summary>A whole number within ±2^53.</summary>
    Integer,
    Boolean,

    /// <summary>Only null: the fact is that it was submitted.</summary>
    Null,
    Record,
}

/// <summary>One declared field of a record; never itself a record.</summary>
public sealed record EvidenceFieldKind(string Name, EvidenceType Type, bool Optional);

public sealed record EvidenceKind
{
    public const int FieldsMax = 32;

    public EvidenceKind(string name, EvidenceType type, IEnumerable<EvidenceFieldKind>? fields = null)
    {
        Name = name;
        Type = type;
        Fields = [.. (fields ?? []).OrderBy(field => field.Name, StringComparer.Ordinal)];
    }

    public string Name { get; }

    public EvidenceType Type { get; }

    /// <summary>In the order in which the slot holds them.</summary>
    public IReadOnlyList<EvidenceFieldKind> Fields { get; }

    /// <summary>The character that opens a slot of this kind.</summary>
    public char Mark => Type switch
    {
        EvidenceType.Text => 's',
        EvidenceType.Number or EvidenceType.Integer => 'n',
        EvidenceType.Boolean => 'b',
        EvidenceType.Null => 'z',
        _ => 'r',
    };

    public int FieldAt(string field)
    {
        for (var i = 0; i < Fields.Count; i++)
        {
            if (Fields[i].Name == field)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Reads a type as documents write it: <c>text number integer boolean null record</c>, and <c>string</c> for text.</summary>
    public static bool TryParseType(string? text, out EvidenceType type)
    {
        (var known, type) = text switch
        {
            "text" or "string" => (true, EvidenceType.Text),
            "number" => (true, EvidenceType.Number),
            "integer" => (true, EvidenceType.Integer),
            "boolean" => (true, EvidenceType.Boolean),
            "null" => (true, EvidenceType.Null),
            "record" => (true, EvidenceType.Record),
            _ => (false, EvidenceType.Text),
        };
        return known;
    }

    public static string Print(EvidenceType type) => type.ToString().ToLowerInvariant();
}

/// <summary>The kinds of evidence of one policy; the index of a kind is the number of its slot.</summary>
public sealed class EvidenceSchema
{
    public const int KindsMax = 64;

    private readonly Dictionary<string, int> _slots = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">Two kinds share a name, or there are more than 64.</exception>
    public EvidenceSchema(IEnumerable<EvidenceKind> kinds)
    {
        Kinds = [.. kinds.OrderBy(kind => kind.Name, StringComparer.Ordinal)];
        if (Kinds.Count > KindsMax)
        {
            throw new ArgumentException($"At most {KindsMax} kinds of evidence.", nameof(kinds));
        }

        for (var i = 0; i < Kinds.Count; i++)
        {
            if (!_slots.TryAdd(Kinds[i].Name, i))
            {
                throw new ArgumentException($"The kind {Kinds[i].Name} is declared twice.", nameof(kinds));
            }
        }
    }

    public IReadOnlyList<EvidenceKind> Kinds { get; }

    /// <summary>The slot of a kind, counted from 0; -1 when the policy knows no such kind.</summary>
    public int SlotOf(string kind) => _slots.GetValueOrDefault(kind, -1);

    public EvidenceKind? Find(string kind) => _slots.TryGetValue(kind, out var slot) ? Kinds[slot] : null;
}
