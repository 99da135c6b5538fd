// A refusal: an expected answer, so a result and never an exception. It says what was wanted, what was got, who can fix it and by which call.
namespace Referee.Records;

/// <param name="Code">One of <see cref="RefusalCodes"/>.</param>
/// <param name="Path">What it is about, such as <c>evidence.tests.failed</c> or <c>fence</c>.</param>
/// <param name="WhoCanFix">In words: the holder, a reviewer, CI …</param>
/// <param name="Next">The command that would help, ready to copy; empty when there is none.</param>
public sealed record Refusal(string Code, string Path = "", string Wanted = "", string Got = "", string WhoCanFix = "", string Next = "");

/// <summary>Why something is refused. The scripts answer with the same words.</summary>
public static class RefusalCodes
{
    public const string NotFound = "NOT_FOUND";
    public const string NoEdge = "NO_EDGE";
    public const string StaleFence = "STALE_FENCE";
    public const string Conflict = "CONFLICT";
    public const string NotHolder = "NOT_HOLDER";
    public const string NotClaimed = "NOT_CLAIMED";

    /// <summary>Somebody else holds the item under a live lease.</summary>
    public const string Claimed = "CLAIMED";
    public const string Missing = "MISSING";
    public const string Type = "TYPE";
    public const string Value = "VALUE";
    public const string Tier = "TIER";
    public const string Issuer = "ISSUER";
    public const string Subject = "SUBJECT";
    public const string Stale = "STALE";
    public const string Expired = "EXPIRED";
    public const string Self = "SELF";
    public const string Approvals = "APPROVALS";
    public const string Veto = "VETO";
    public const string WipFull = "WIP_FULL";
    public const string Soaking = "SOAKING";
    public const string Blocked = "BLOCKED";
    public const string Parked = "PARKED";
    public const string Empty = "EMPTY";
    public const string Duplicate = "DUPLICATE";
    public const string FormatNewer = "FORMAT_NEWER";
    public const string Policy = "POLICY";
    public const string Done = "DONE";
    public const string BadName = "BAD_NAME";
    public const string Limit = "LIMIT";

    /// <summary>The policy declares no such kind of evidence.</summary>
    public const string UnknownKind = "UNKNOWN_KIND";

    /// <summary>The caller's roles or kind do not allow it.</summary>
    public const string Forbidden = "FORBIDDEN";
}
