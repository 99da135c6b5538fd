// What callers ask of the workflow side: one record per operation, plain data, readable from JSON.
// Always: no request names who is calling, a source stage, a policy or a time; those come from the host, the record and the server.
// Properties can be set, not only initialised: generated JSON readers would otherwise put zeros and nulls in place of these defaults.
namespace Referee.Workflows;

/// <summary>One move of one item.</summary>
public sealed record PromoteRequest(string Item, string To)
{
    /// <summary>The number of the caller's claim; null when the edge asks none.</summary>
    public long? Fence { get; set; }

    /// <summary>The version the caller saw; null for any.</summary>
    public long? Version { get; set; }

    /// <summary>Makes a retry safe.</summary>
    public string RequestId { get; set; } = "";

    /// <summary>Goes into the audit record; at most 1,024 characters.</summary>
    public string Note { get; set; } = "";

    /// <summary>Moves although conditions are unmet, by the policy's override role, with a note; both stay in the chain for ever.</summary>
    public bool Override { get; set; }
}

/// <summary>What stands between an item and a stage. A null <see cref="To"/> asks about the first edge out of where the item is.</summary>
public sealed record ExplainRequest(string Item, string? To)
{
    public long? Fence { get; set; }
}

/// <summary>A move to an earlier stage. The reason is wanted, because whoever works next reads it.</summary>
public sealed record SendBackRequest(string Item, string To, string Reason)
{
    public long? Fence { get; set; }

    public long? Version { get; set; }

    public string RequestId { get; set; } = "";
}

public enum ApprovalVerb
{
    Approve,
    Veto,
    Withdraw,
}

/// <summary>One principal's word on a move. A null <see cref="To"/> means the only edge out of the item's stage that asks for approvals.</summary>
public sealed record ApproveRequest(string Item, ApprovalVerb Verb)
{
    public string? To { get; set; }

    public long? Version { get; set; }

    public string Note { get; set; } = "";

    public string RequestId { get; set; } = "";
}

/// <summary>A page of the chain of one shard, the newest first.</summary>
public sealed record AuditRequest
{
    public int Shard { get; set; }

    /// <summary>1 to 500.</summary>
    public int Limit { get; set; } = 50;

    /// <summary>Only records before this number; 0 for the newest.</summary>
    public long Before { get; set; }
}
