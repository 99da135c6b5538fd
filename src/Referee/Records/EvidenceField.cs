// The evidence of one work item, as it lies in field `e:ID`: the SHA-1 (hex) of what follows, then one packed string per kind that the pinned
// policy declares, empty where nothing came. The digest goes into the chain, and a promotion need not hash the evidence for it.
// A slot is again positional: mark, value, issuer, roles, tier, subject, at, digest, then a record's declared fields.
// Always: the time is the server's (the script packs it between Head and Tail), everything else was checked against the policy before it came here.
// Why strings inside a string: a promotion unpacks only the slots its edge asks for.
using System.Buffers;
using System.Security.Cryptography;

namespace Referee.Records;

/// <summary>One submitted fact. <see cref="At"/> is in milliseconds since 1970.</summary>
public sealed record EvidenceSlot
{
    /// <summary>'s' text, 'n' number, 'b' boolean, 'z' null, 'r' record.</summary>
    public required char Mark { get; init; }

    /// <summary>The scalar; for a record, and for a text that lies in the details, the empty text.</summary>
    public Scalar Value { get; init; }

    public required string Issuer { get; init; }

    public IReadOnlyList<string> Roles { get; init; } = [];

    public Tier Tier { get; init; } = Tier.SelfReported;

    /// <summary>What it is about; empty when the submitter named nothing.</summary>
    public string Subject { get; init; } = "";

    public long At { get; init; }

    /// <summary>SHA-1 (hex) of a value that was too large for the slot and lies in the details; else empty.</summary>
    public string Digest { get; init; } = "";

    /// <summary>A record's fields in the order of its <see cref="EvidenceKind.Fields"/>; of a text in the details, its length in bytes.</summary>
    public IReadOnlyList<Scalar> Fields { get; init; } = [];

    /// <summary>What comes before the time.</summary>
    public byte[] Head()
    {
        var output = new ArrayBufferWriter<byte>(128);
        var packed = new PackedWriter(output);
        packed.Text(Mark.ToString());
        (Value.Kind == ScalarKind.Missing ? Scalar.Of("") : Value).Write(packed);
        packed.Text(Issuer);
        packed.Text(Framed.Join(Roles));
        packed.Integer((long)Tier);
        packed.Text(Subject);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>What comes after the time.</summary>
    public byte[] Tail()
    {
        var output = new ArrayBufferWriter<byte>(64);
        var packed = new PackedWriter(output);
        packed.Text(Digest);
        foreach (var field in Fields)
        {
            field.Write(packed);
        }

        return output.WrittenSpan.ToArray();
    }

    public byte[] ToBytes()
    {
        var output = new ArrayBufferWriter<byte>(9);
        new PackedWriter(output).Integer(At);
        return [.. Head(), .. output.WrittenSpan, .. Tail()];
    }

    /// <summary>Reads a slot; never throws, whatever the bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out EvidenceSlot slot)
    {
        slot = new EvidenceSlot { Mark = '-', Issuer = "" };
        var packed = new PackedReader(bytes);
        if (!packed.TryText(out var mark) || mark is not ("s" or "n" or "b" or "z" or "r")
            || !Scalar.TryRead(ref packed, out var value)
            || !packed.TryText(out var issuer)
            || !packed.TryText(out var roles) || !Framed.TrySplit(roles, out var roleNames)
            || !packed.TryInteger((long)Tier.SelfReported, (long)Tier.Human, out var tier)
            || !packed.TryText(out var subject)
            || !packed.TryInteger(0, 1L << 53, out var at)
            || !packed.TryText(out var digest))
        {
            return false;
        }

        var fields = new List<Scalar>();
        while (!packed.AtEnd)
        {
            if (fields.Count == EvidenceKind.FieldsMax || !Scalar.TryRead(ref packed, out var field))
            {
                return false;
            }

            fields.Add(field);
        }

        slot = new EvidenceSlot
        {
            Mark = mark[0],
            Value = value,
            Issuer = issuer,
            Roles = roleNames,
            Tier = (Tier)tier,
            Subject = subject,
            At = at,
            Digest = digest,
            Fields = fields,
        };
        return true;
    }

    public bool Equals(EvidenceSlot? other) => other is not null && ToBytes().AsSpan().SequenceEqual(other.ToBytes());

    public override int GetHashCode() => HashCode.Combine(Mark, Issuer, At, Subject);
}

/// <summary>All slots of one item, in the order of its policy's <see cref="EvidenceSchema"/>; null where nothing came.</summary>
public static class EvidenceField
{
    public static byte[] Write(IReadOnlyList<EvidenceSlot?> slots)
    {
        var output = new ArrayBufferWriter<byte>(256);
        var packed = new PackedWriter(output);
        foreach (var slot in slots)
        {
            packed.Bytes(slot is null ? default : slot.ToBytes());
        }

        var whole = new ArrayBufferWriter<byte>(output.WrittenCount + 42);
        new PackedWriter(whole).Text(Convert.ToHexStringLower(SHA1.HashData(output.WrittenSpan)));
        whole.Write(output.WrittenSpan);
        return whole.WrittenSpan.ToArray();
    }

    /// <summary>Reads the field; never throws, whatever the bytes. Nothing stored reads as no slots.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out IReadOnlyList<EvidenceSlot?> slots)
    {
        var read = new List<EvidenceSlot?>();
        slots = read;
        var packed = new PackedReader(bytes);
        if (!packed.AtEnd && !packed.TryText(out _))
        {
            return false;
        }

        while (!packed.AtEnd)
        {
            if (read.Count == EvidenceSchema.KindsMax || !packed.TryNext() || packed.Kind != PackedKind.Text)
            {
                return false;
            }

            if (packed.Bytes.IsEmpty)
            {
                read.Add(null);
            }
            else if (EvidenceSlot.TryRead(packed.Bytes, out var slot))
            {
                read.Add(slot);
            }
            else
            {
                return false;
            }
        }

        return true;
    }
}
