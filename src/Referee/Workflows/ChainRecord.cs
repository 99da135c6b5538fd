// One record of a shard's chain: a pass, a send-back or an override, as docs/chain.md specifies it.
// Always: the stream keeps exactly the bytes that were hashed, so a verifier needs SHA-1 and a MessagePack reader and never encodes anything again.
// Link n is SHA-1 (hex) of record n, whose second value is link n-1; the first record follows forty zeros.
using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Referee.Records;

namespace Referee.Workflows;

public sealed record ChainRecord
{
    public const int Format = 1;
    public const string Beginning = "0000000000000000000000000000000000000000";

    /// <summary>The link of the record before.</summary>
    public required string Previous { get; init; }

    /// <summary>1, 2, 3 … without a gap; also the first half of the stream's id.</summary>
    public required long Number { get; init; }

    /// <summary><c>pass</c>, <c>send_back</c> or <c>override</c>.</summary>
    public required string Kind { get; init; }

    public required string Item { get; init; }

    public required string From { get; init; }

    public required string To { get; init; }

    public required string Principal { get; init; }

    /// <summary>True when a token proved the principal; false in trusted mode.</summary>
    public required bool Verified { get; init; }

    public required long At { get; init; }

    /// <summary>The item's version after the move.</summary>
    public required long Version { get; init; }

    public required long Fence { get; init; }

    /// <summary>The digest of the policy that decided.</summary>
    public required string Policy { get; init; }

    public string Subject { get; init; } = "";

    /// <summary>SHA-1 of the item's evidence at that moment; empty when there was none.</summary>
    public string Evidence { get; init; } = "";

    /// <summary>SHA-1 of the item's approvals; empty when the edge asked for none.</summary>
    public string Approvals { get; init; } = "";

    public string Request { get; init; } = "";

    /// <summary>The stream id of this item's record before this one; empty for its first.</summary>
    public string ItemBefore { get; init; } = "";

    /// <summary>The caller's note or reason; an override adds one line per unmet question.</summary>
    public string Note { get; init; } = "";

    /// <summary>SHA-1 (hex) of the record's bytes.</summary>
    public string Link { get; init; } = "";

    [JsonIgnore]
    public long ItemBeforeNumber => NumberOf(ItemBefore);

    /// <summary>The number in a stream id such as <c>42-0</c>; 0 when there is none.</summary>
    public static long NumberOf(string streamId) =>
        streamId.IndexOf('-') is > 0 and var dash && long.TryParse(streamId.AsSpan(0, dash), out var number) ? number : 0;

    public static string LinkOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA1.HashData(bytes));

    /// <summary>The bytes that are hashed and stored.</summary>
    public byte[] ToBytes()
    {
        var output = new ArrayBufferWriter<byte>(256);
        var packed = new PackedWriter(output);
        packed.Integer(Format);
        packed.Text(Previous);
        packed.Integer(Number);
        packed.Text(Kind);
        packed.Text(Item);
        packed.Text(From);
        packed.Text(To);
        packed.Text(Principal);
        packed.Text(Verified ? "1" : "0");
        packed.Integer(At);
        packed.Integer(Version);
        packed.Integer(Fence);
        packed.Text(Policy);
        packed.Text(Subject);
        packed.Text(Evidence);
        packed.Text(Approvals);
        packed.Text(Request);
        packed.Text(ItemBefore);
        packed.Text(Note);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a record; never throws, whatever the bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ChainRecord? record)
    {
        record = null;
        var packed = new PackedReader(bytes);
        const long many = 1L << 53;
        if (!packed.TryInteger(Format, Format, out _)
            || !packed.TryText(out var previous)
            || !packed.TryInteger(1, many, out var number)
            || !packed.TryText(out var kind)
            || !packed.TryText(out var item)
            || !packed.TryText(out var from)
            || !packed.TryText(out var to)
            || !packed.TryText(out var principal)
            || !packed.TryText(out var verified) || verified is not ("0" or "1")
            || !packed.TryInteger(0, many, out var at)
            || !packed.TryInteger(0, many, out var version)
            || !packed.TryInteger(0, many, out var fence)
            || !packed.TryText(out var policy)
            || !packed.TryText(out var subject)
            || !packed.TryText(out var evidence)
            || !packed.TryText(out var approvals)
            || !packed.TryText(out var request)
            || !packed.TryText(out var before)
            || !packed.TryText(out var note)
            || !packed.AtEnd)
        {
            return false;
        }

        record = new ChainRecord
        {
            Previous = previous,
            Number = number,
            Kind = kind,
            Item = item,
            From = from,
            To = to,
            Principal = principal,
            Verified = verified == "1",
            At = at,
            Version = version,
            Fence = fence,
            Policy = policy,
            Subject = subject,
            Evidence = evidence,
            Approvals = approvals,
            Request = request,
            ItemBefore = before,
            Note = note,
            Link = LinkOf(bytes),
        };
        return true;
    }
}
