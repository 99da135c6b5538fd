// What the workflow side answers: plain data, printed as JSON by the command line and the gateway.
// Times are milliseconds since 1970 by the server's clock, and end in At or Until.
using Referee.Records;

namespace Referee.Workflows;

public enum DecisionKind
{
    Pass,

    /// <summary>Passed by the override role although conditions were unmet.</summary>
    Override,
}

/// <summary>A move that was made.</summary>
/// <param name="Audit">The number of its record in the chain of the item's shard.</param>
/// <param name="Replayed">True when this is the answer to an earlier, equal request.</param>
public sealed record Decision(DecisionKind Kind, string Item, string To, long Version, long Fence, long Audit, long At, bool Replayed);

/// <summary>What stands between an item and a stage now.</summary>
public sealed record Explanation(string Item, string From, string To, bool Open, long Version, long Fence, string Holder, string Subject, long At)
{
    /// <summary>All of them, not the first; empty when <see cref="Open"/>.</summary>
    public IReadOnlyList<Refusal> Unmet { get; init; } = [];

    /// <summary>How many questions the edge asks.</summary>
    public int Questions { get; init; }
}

public sealed record SentBack(string Item, string To, long Version, long Audit, long At, bool Replayed);

/// <summary>How many words stand for and against the move now, each bound to the current subject and stay.</summary>
public sealed record Heard(string Item, ApprovalVerb Verb, long Version, long Approvals, long Vetoes, long At, bool Replayed);

/// <summary>One row of the approvals of an item.</summary>
/// <param name="Counts">Whether it still names the current stay and subject.</param>
public sealed record ApprovalView(string Principal, string Verdict, string To, string Subject, long At, IReadOnlyList<string> Roles, string Note, bool Counts);

public sealed record ApprovalList(string Item, IReadOnlyList<ApprovalView> Rows);

/// <param name="Before">Give it back for the next page; 0 on the last.</param>
public sealed record AuditPage(IReadOnlyList<ChainRecord> Records, long Before);

/// <summary>An item's passes, send-backs and overrides, the newest first.</summary>
public sealed record ItemHistory(string Item, IReadOnlyList<ChainRecord> Records);

/// <param name="Code">BROKEN_LINK | GAP | DAMAGED | HEAD | UNEXPLAINED | ITEM_MISSING | EVIDENCE</param>
/// <param name="Number">The record in the chain it is about; 0 when it is about none.</param>
public sealed record VerifyFinding(string Code, long Number, string Item, string Says);

/// <param name="Records">How many records of the chain were read.</param>
/// <param name="Items">How many items were compared with it.</param>
/// <param name="Head">The link of the newest record: what a seal signs.</param>
public sealed record Verification(int Shard, bool Ok, long Records, long Items, string Head, IReadOnlyList<VerifyFinding> Findings);

/// <summary>A version of a workflow, and the digest that items pin.</summary>
public sealed record WorkflowAdded(string Workflow, int Version, string Digest, IReadOnlyList<string> Stages);

public sealed record WorkflowList(IReadOnlyList<WorkflowAdded> Workflows);
