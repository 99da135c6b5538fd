// What callers ask of the work side: one record per operation, plain data, readable from JSON.
// Always: no request names who is calling, a source stage, a queue, a policy or a time; those come from the host, the record and the server.
// Properties can be set, not only initialised: generated JSON readers would otherwise put zeros and nulls in place of these defaults.
// RequestId makes a retry safe: the same caller with the same id gets the first answer again. Empty means that no retry is expected.
using System.Text.Json;

namespace Referee.Work;

/// <summary>A new work item.</summary>
public sealed record SubmitRequest(string Item, string Title, string Workflow)
{
    public string Body { get; set; } = "";

    /// <summary>0..255, high first.</summary>
    public int Priority { get; set; } = 100;

    /// <summary>Items that must be done first; they must exist.</summary>
    public IReadOnlyList<string> DependsOn { get; set; } = [];

    public IReadOnlyList<string> Labels { get; set; } = [];

    public IReadOnlyList<string> AcceptanceCriteria { get; set; } = [];

    public string RequestId { get; set; } = "";
}

/// <summary>The next item of some stages, or one by name.</summary>
public sealed record ClaimRequest
{
    /// <summary>One certain item; null for the next.</summary>
    public string? Item { get; set; }

    /// <summary>Where to look, in this order; empty for every stage of the project, the furthest first.</summary>
    public IReadOnlyList<string> Stages { get; set; } = [];

    /// <summary>All of these must be on the item. The first 64 ready items of a stage are looked through.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>1 ms to 24 h.</summary>
    public long LeaseMilliseconds { get; set; } = WorkLimits.LeaseMillisecondsUsual;

    public string RequestId { get; set; } = "";
}

public sealed record RenewRequest(string Item, long Fence)
{
    public long LeaseMilliseconds { get; set; } = WorkLimits.LeaseMillisecondsUsual;
}

/// <summary>Gives a claimed item back to its place in the queue.</summary>
public sealed record ReleaseRequest(string Item, long Fence)
{
    /// <summary>For whoever takes it next.</summary>
    public string Note { get; set; } = "";

    public string RequestId { get; set; } = "";
}

/// <summary>A fact about an item. Issuer, roles and tier are the caller's, never the request's.</summary>
public sealed record EvidenceRequest(string Item, string Kind, JsonElement Value)
{
    /// <summary>The number of the claim under which the work was done; null for somebody who holds none, such as CI.</summary>
    public long? Fence { get; set; }

    /// <summary>The digest of what was looked at, such as a git tree.</summary>
    public string Subject { get; set; } = "";

    /// <summary>Also makes <see cref="Subject"/> the item's own: this is the work now. Needs the claim.</summary>
    public bool SetSubject { get; set; }

    public string RequestId { get; set; } = "";
}

/// <summary>Says what the work is now, such as the git tree of the last commit. Needs the claim.</summary>
public sealed record SubjectRequest(string Item, long Fence, string Subject)
{
    public string RequestId { get; set; } = "";
}

/// <summary>Puts an item aside for a person, or back into its queue.</summary>
public sealed record ParkRequest(string Item)
{
    /// <summary>False to park, true to give it back.</summary>
    public bool Unpark { get; set; }

    public string Reason { get; set; } = "";

    /// <summary>The holder's claim; an operator needs none.</summary>
    public long? Fence { get; set; }

    public string RequestId { get; set; } = "";
}

/// <summary>A page of items.</summary>
public sealed record ListRequest
{
    /// <summary>Null for all stages.</summary>
    public string? Stage { get; set; }

    /// <summary>Null for all states.</summary>
    public Records.WorkState? State { get; set; }

    /// <summary>Only items with this label, in the order of their ids; stage and state then filter the page.</summary>
    public string? Label { get; set; }

    /// <summary>1 to 500.</summary>
    public int Limit { get; set; } = 50;

    /// <summary>Where the page before ended.</summary>
    public string Cursor { get; set; } = "";
}

/// <summary>What a person decides about a result that came too late.</summary>
public sealed record OrphanDecision(string Item, string Orphan, bool Accept)
{
    public string Reason { get; set; } = "";
}
