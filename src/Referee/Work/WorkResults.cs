// What the work side answers: plain data, printed as JSON by the command line and the gateway.
// Times are milliseconds since 1970 by the server's clock, and end in At or Until.
using System.Text.Json.Nodes;
using Referee.Records;

namespace Referee.Work;

public sealed record Submitted(string Item, string Stage, WorkState State, long Version, int OpenBlockers);

/// <param name="Fence">The number of the claim: "claim no. 4". Every write of the holder carries it.</param>
/// <param name="Note">What the holder before left, when they left something.</param>
public sealed record Claim(string Item, long Fence, long Version, long LeaseUntil, string Stage, string Policy, string Subject, long Attempts)
{
    public string Title { get; init; } = "";

    public string Body { get; init; } = "";

    public IReadOnlyList<string> AcceptanceCriteria { get; init; } = [];

    public string Note { get; init; } = "";
}

public sealed record Renewal(string Item, long Fence, long LeaseUntil);

/// <summary>One answer of a batch of renewals, in the order of the requests.</summary>
public sealed record RenewalAnswer(string Item, Renewal? Renewed, Refusal? Refused);

public sealed record Renewals(IReadOnlyList<RenewalAnswer> Answers);

public sealed record Released(string Item, long Version);

/// <param name="Digest">SHA-1 of a value that was too large for its slot; else empty.</param>
public sealed record EvidenceAccepted(string Item, string Kind, long Version, Tier Tier, long At, string Digest);

public sealed record SubjectSet(string Item, string Subject, long Version, long WorkedAt);

public sealed record ParkAnswer(string Item, WorkState State, long Version);

/// <summary>One piece of evidence as people see it.</summary>
public sealed record EvidenceView(string Kind, JsonNode? Value, string Issuer, IReadOnlyList<string> Roles, Tier Tier, string Subject, long At, string Digest);

public sealed record ItemSummary(string Item, string Title, string Stage, WorkState State, int Priority, long Version, string Holder, long LeaseUntil, long EnteredAt);

/// <summary>An item with all that is known of it.</summary>
public sealed record ItemView
{
    public required string Item { get; init; }

    public string Title { get; init; } = "";

    public string Body { get; init; } = "";

    public IReadOnlyList<string> AcceptanceCriteria { get; init; } = [];

    public IReadOnlyList<string> Labels { get; init; } = [];

    public required string Workflow { get; init; }

    public required string Policy { get; init; }

    public required string Stage { get; init; }

    public required WorkState State { get; init; }

    public int Priority { get; init; }

    public long Version { get; init; }

    public long Fence { get; init; }

    public string Subject { get; init; } = "";

    public long WorkedAt { get; init; }

    public string Holder { get; init; } = "";

    public long LeaseUntil { get; init; }

    public long EnteredAt { get; init; }

    public long CreatedAt { get; init; }

    public IReadOnlyList<string> Authors { get; init; } = [];

    public string LastAudit { get; init; } = "";

    public long Attempts { get; init; }

    /// <summary>What the last holder or the person who parked it wrote.</summary>
    public string Note { get; init; } = "";

    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>Those of <see cref="DependsOn"/> that are not done.</summary>
    public IReadOnlyList<string> BlockedBy { get; init; } = [];

    public IReadOnlyList<EvidenceView> Evidence { get; init; } = [];
}

/// <param name="Cursor">Give it back for the next page; empty on the last.</param>
public sealed record ItemPage(IReadOnlyList<ItemSummary> Items, string Cursor);

/// <summary>How many items of a stage are in each state. Done items are counted for the whole project, see <see cref="ProjectStatus"/>.</summary>
public sealed record StageDepth(string Stage, long Ready, long Claimed, long Blocked, long Parked);

public sealed record ProjectStatus(string Project, IReadOnlyList<StageDepth> Stages, long Done, long Refusals, long Orphans, long AuditRecords);

/// <param name="Ahead">Items before this one in the same stage and state of its shard.</param>
public sealed record QueuePosition(string Item, string Stage, WorkState State, long Ahead);

/// <summary>Evidence that came after its claim was lost, kept for a person to decide.</summary>
/// <param name="Fence">The claim under which the work was done.</param>
/// <param name="CurrentFence">The item's claim when the result came.</param>
/// <param name="Acceptable">False when the value was too large to keep; then only its digest is here.</param>
public sealed record OrphanView(
    string Orphan, string Item, string Kind, string Principal, Tier Tier, long Fence, long CurrentFence, string Subject, long At, JsonNode? Value, string Digest, bool Acceptable);

public sealed record OrphanPage(IReadOnlyList<OrphanView> Orphans, string Cursor);

public sealed record OrphanDecided(string Orphan, string Item, bool Accepted, long Version);
