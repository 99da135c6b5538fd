// A workflow as data: its stages, the kinds of evidence it knows, and the edges with what each asks before an item may move.
// Always: built by PolicyReader only, so every name resolves, every operand has its field's type, and no edge has more than 64 operations.
// A version is immutable; items pin the digest of the version they entered under.
using System.Security.Cryptography;
using System.Text;
using Referee.Records;

namespace Referee.Workflows;

public sealed class WorkflowPolicy
{
    public const int StagesMax = IndexScore.StagesMax;
    public const int EdgesMax = 256;
    public const int OperationsMax = 64;
    public const int ApprovalsMax = 16;
    public const int ConditionsMax = 32;
    public const int OneOfMax = 32;

    /// <summary>Texts in conditions are at most this long, so a text too large for its slot never equals one.</summary>
    public const int TextBytesMax = 256;

    internal WorkflowPolicy(
        string workflow, int version, IReadOnlyList<string> stages, EvidenceSchema evidence, IReadOnlyList<Edge> edges, IReadOnlyList<SendBackRule>? sendBack, string overrideRole)
    {
        (Workflow, Version, Stages, Evidence, Edges, SendBack, OverrideRole) = (workflow, version, stages, evidence, edges, sendBack, overrideRole);
        CanonicalJson = PolicyCanon.Print(this);
        Digest = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(CanonicalJson)));
    }

    public string Workflow { get; }

    public int Version { get; }

    /// <summary>In order; an item enters the first, and is done in the last.</summary>
    public IReadOnlyList<string> Stages { get; }

    public EvidenceSchema Evidence { get; }

    public IReadOnlyList<Edge> Edges { get; }

    /// <summary>Who may move an item back; null when anybody may, from any stage but the last, to any earlier one.</summary>
    public IReadOnlyList<SendBackRule>? SendBack { get; }

    /// <summary>The role that may move an item although conditions are unmet, on the record for ever; empty when nobody may.</summary>
    public string OverrideRole { get; }

    /// <summary>The one form in which the policy is stored, and whose SHA-1 names it: keys in fixed order, nothing that is a default.</summary>
    public string CanonicalJson { get; }

    /// <summary>SHA-1 (hex) of <see cref="CanonicalJson"/>.</summary>
    public string Digest { get; }

    public string FirstStage => Stages[0];

    public string LastStage => Stages[^1];

    public Edge? FindEdge(string from, string to)
    {
        foreach (var edge in Edges)
        {
            if (edge.From == from && edge.To == to)
            {
                return edge;
            }
        }

        return null;
    }

    public IEnumerable<Edge> EdgesFrom(string stage) => Edges.Where(edge => edge.From == stage);

    public int PositionOf(string stage)
    {
        for (var i = 0; i < Stages.Count; i++)
        {
            if (Stages[i] == stage)
            {
                return i;
            }
        }

        return -1;
    }
}

/// <summary>A permitted move and what it asks.</summary>
public sealed record Edge(string From, string To)
{
    /// <summary>The caller must hold the item's current claim.</summary>
    public bool ClaimRequired { get; init; } = true;

    /// <summary>The caller must have this role; empty for anybody.</summary>
    public string CallerRole { get; init; } = "";

    /// <summary>The caller must not be among the item's authors.</summary>
    public bool CallerNotAuthor { get; init; }

    public IReadOnlyList<EvidenceRequirement> Evidence { get; init; } = [];

    public IReadOnlyList<ApprovalRequirement> Approvals { get; init; } = [];

    /// <summary>At most this many items in <see cref="To"/> (of the shard); 0 for no limit.</summary>
    public int Wip { get; init; }

    /// <summary>The item must have been in <see cref="From"/> for this long.</summary>
    public long SoakMilliseconds { get; init; }

    /// <summary>Everything asked, numbered from 1 in the order in which it is evaluated.</summary>
    public IReadOnlyList<GateOperation> Operations => field ??= GateOperation.Of(this);
}

public sealed record EvidenceRequirement(string Kind)
{
    /// <summary>At least this tier; null for any.</summary>
    public Tier? Tier { get; init; }

    /// <summary>The issuer had this role when it was submitted; empty for any.</summary>
    public string IssuerRole { get; init; } = "";

    /// <summary>It must be about what the item's work is about now.</summary>
    public bool SubjectCurrent { get; init; }

    /// <summary>It must not be older than the last claim or change of subject.</summary>
    public bool NewerThanWork { get; init; }

    /// <summary>It must not be older than this; 0 for any age.</summary>
    public long AgeMillisecondsMax { get; init; }

    /// <summary>The issuer must not be among the item's authors.</summary>
    public bool NotAuthor { get; init; }

    public IReadOnlyList<Condition> Conditions { get; init; } = [];
}

public enum Comparison
{
    Equal,
    NotEqual,
    GreaterOrEqual,
    LessOrEqual,
    Greater,
    Less,
    OneOf,

    /// <summary>Length in bytes of UTF-8, at least.</summary>
    LengthAtLeast,

    /// <summary>Length in bytes of UTF-8, at most.</summary>
    LengthAtMost,
}

/// <summary>A field compared with constants, or with a field of other evidence of the same item.</summary>
/// <param name="Field">A declared field of the record; empty for the value of a scalar kind.</param>
public sealed record Condition(string Field, Comparison Comparison)
{
    /// <summary>One constant, or several for <see cref="Comparison.OneOf"/>; empty when compared with <see cref="OtherKind"/>.</summary>
    public IReadOnlyList<Scalar> Constants { get; init; } = [];

    public string OtherKind { get; init; } = "";

    public string OtherField { get; init; } = "";
}

/// <summary>At least <paramref name="Count"/> principals with <paramref name="Role"/> must have approved, and none of that role may have vetoed.</summary>
public sealed record ApprovalRequirement(string Role, int Count, bool NotAuthor);

/// <summary>A permitted move back.</summary>
/// <param name="Role">Who may; empty for anybody who is not in somebody's way.</param>
public sealed record SendBackRule(string From, string To, string Role);
