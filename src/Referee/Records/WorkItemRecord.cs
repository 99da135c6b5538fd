// The record of one work item, as it lies in field `r:ID` of the items hash: 26 positional values, concatenated by cmsgpack.
// Always: position is meaning, so a field is never removed or moved, only added at the end together with a new format number;
// the format before this one stays readable, a newer one is refused and left untouched.
// The Lua side of the same layout is Scripts/lib/record.lua. WorkItemRecordTests holds the two together on a real Redis.
using System.Buffers;

namespace Referee.Records;

public enum RecordReading
{
    Ok,

    /// <summary>Written by a newer version of this program (FORMAT_NEWER). Nothing here may write over it.</summary>
    Newer,

    /// <summary>Not a record.</summary>
    Damaged,
}

/// <summary>A request that was answered, with its reply as the script packed it.</summary>
public sealed record RememberedReply(string Request, ReadOnlyMemory<byte> Reply)
{
    public bool Equals(RememberedReply? other) =>
        other is not null && Request == other.Request && Reply.Span.SequenceEqual(other.Reply.Span);

    public override int GetHashCode() => HashCode.Combine(Request, Reply.Length);
}

/// <summary>One work item's state. All times are milliseconds since 1970 by the server's clock.</summary>
public sealed record WorkItemRecord
{
    public const int Format = 1;

    /// <summary>One back from <see cref="Format"/>; there was none before 1.</summary>
    public const int OldestFormat = 1;

    /// <summary>The retries a record can answer.</summary>
    public const int RepliesMax = 4;

    /// <summary>At most this many principals may have worked on one item; then a claim is refused (LIMIT).</summary>
    public const int AuthorsMax = 128;

    /// <summary>Grows with each write except the renewal of a lease.</summary>
    public long Version { get; init; }

    /// <summary>The number of the last claim. Only grows; a write with an old one is refused.</summary>
    public long Fence { get; init; }

    /// <summary>The project's number of the stage, see <see cref="StageNumbers"/>.</summary>
    public int Stage { get; init; }

    public WorkState State { get; init; }

    /// <summary>0..255, high first.</summary>
    public int Priority { get; init; }

    /// <summary>Order of submission in the shard.</summary>
    public long Sequence { get; init; }

    /// <summary>The digest of the policy that decides about this item.</summary>
    public string Policy { get; init; } = "";

    /// <summary>The digest of what the work is about, such as a git tree; empty when none was set.</summary>
    public string Subject { get; init; } = "";

    /// <summary>The last claim or change of subject. Evidence that must be newer than the work is not older than this.</summary>
    public long WorkedAt { get; init; }

    /// <summary>Who holds the claim; empty when nobody does.</summary>
    public string Holder { get; init; } = "";

    public long LeaseUntil { get; init; }

    /// <summary>When the item entered its stage.</summary>
    public long EnteredAt { get; init; }

    public long CreatedAt { get; init; }

    /// <summary>Everybody who ever held a claim or set the subject, over the item's whole life.</summary>
    public IReadOnlyList<string> Authors { get; init; } = [];

    /// <summary>The stream id of this item's last audit record; empty before the first.</summary>
    public string LastAudit { get; init; } = "";

    /// <summary>How many of its dependencies are not done.</summary>
    public int OpenBlockers { get; init; }

    /// <summary>How often it was claimed.</summary>
    public long Attempts { get; init; }

    /// <summary>The last answered requests, newest first, at most four.</summary>
    public IReadOnlyList<RememberedReply> Replies { get; init; } = [];

    public byte[] ToBytes()
    {
        var output = new ArrayBufferWriter<byte>(256);
        var packed = new PackedWriter(output);
        packed.Integer(Format);
        packed.Integer(Version);
        packed.Integer(Fence);
        packed.Integer(Stage);
        packed.Integer((long)State);
        packed.Integer(Priority);
        packed.Integer(Sequence);
        packed.Text(Policy);
        packed.Text(Subject);
        packed.Integer(WorkedAt);
        packed.Text(Holder);
        packed.Integer(LeaseUntil);
        packed.Integer(EnteredAt);
        packed.Integer(CreatedAt);
        packed.Text(Framed.Join(Authors));
        packed.Text(LastAudit);
        packed.Integer(OpenBlockers);
        packed.Integer(Attempts);
        // The oldest lies in front, so that a new one is put behind and the first pair cut off.
        for (var i = RepliesMax - 1; i >= 0; i--)
        {
            packed.Text(i < Replies.Count ? Replies[i].Request : "");
            packed.Bytes(i < Replies.Count ? Replies[i].Reply.Span : default);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads a record; never throws, whatever the bytes.</summary>
    public static RecordReading TryRead(ReadOnlySpan<byte> bytes, out WorkItemRecord record)
    {
        record = new WorkItemRecord();
        var packed = new PackedReader(bytes);
        if (!packed.TryInteger(out var format) || format < OldestFormat)
        {
            return RecordReading.Damaged;
        }

        if (format > Format)
        {
            return RecordReading.Newer;
        }

        const long many = 1L << 53;
        if (!packed.TryInteger(0, many, out var version)
            || !packed.TryInteger(0, many, out var fence)
            || !packed.TryInteger(0, IndexScore.StagesMax - 1, out var stage)
            || !packed.TryInteger(0, (long)WorkState.Done, out var state)
            || !packed.TryInteger(0, IndexScore.PriorityMax, out var priority)
            || !packed.TryInteger(0, IndexScore.SequenceMax, out var sequence)
            || !packed.TryText(out var policy)
            || !packed.TryText(out var subject)
            || !packed.TryInteger(0, many, out var workedAt)
            || !packed.TryText(out var holder)
            || !packed.TryInteger(0, many, out var leaseUntil)
            || !packed.TryInteger(0, many, out var enteredAt)
            || !packed.TryInteger(0, many, out var createdAt)
            || !packed.TryText(out var authors)
            || !packed.TryText(out var lastAudit)
            || !packed.TryInteger(0, int.MaxValue, out var openBlockers)
            || !packed.TryInteger(0, many, out var attempts))
        {
            return RecordReading.Damaged;
        }

        var replies = new List<RememberedReply>(RepliesMax);
        for (var i = 0; i < RepliesMax; i++)
        {
            if (!packed.TryText(out var request) || !packed.TryBytes(out var reply))
            {
                return RecordReading.Damaged;
            }

            if (request.Length > 0)
            {
                replies.Insert(0, new RememberedReply(request, reply));
            }
        }

        if (!packed.AtEnd || !Framed.TrySplit(authors, out var people))
        {
            return RecordReading.Damaged;
        }

        record = new WorkItemRecord
        {
            Version = version,
            Fence = fence,
            Stage = (int)stage,
            State = (WorkState)state,
            Priority = (int)priority,
            Sequence = sequence,
            Policy = policy,
            Subject = subject,
            WorkedAt = workedAt,
            Holder = holder,
            LeaseUntil = leaseUntil,
            EnteredAt = enteredAt,
            CreatedAt = createdAt,
            Authors = people,
            LastAudit = lastAudit,
            OpenBlockers = (int)openBlockers,
            Attempts = attempts,
            Replies = replies,
        };
        return RecordReading.Ok;
    }

    public bool Equals(WorkItemRecord? other) => other is not null && ToBytes().AsSpan().SequenceEqual(other.ToBytes());

    public override int GetHashCode() => HashCode.Combine(Version, Fence, Sequence, Policy);
}
