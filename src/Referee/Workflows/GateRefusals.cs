// Turns a row of a script's refusal (number, code, what was got, what it was compared with) into words for people and agents:
// path, wanted, got, who can fix it, and the next command, ready to copy.
// Always: the decision is the script's; nothing here decides, and an unknown number is told as it is rather than guessed.
using System.Globalization;
using Referee.Records;

namespace Referee.Workflows;

/// <summary>What the script knew of the item when it refused. Times are milliseconds since 1970.</summary>
internal sealed record RefusedItem(string Item, string From, string To, long At, long Version, long Fence, string Holder, long LeaseUntil, string Subject);

internal static class GateRefusals
{
    public static Refusal Of(WorkflowPolicy policy, Edge? edge, RefusedItem item, long number, string code, string got, string other) =>
        number > 0 && edge is not null && number <= edge.Operations.Count
            ? OfQuestion(edge.Operations[(int)number - 1], policy, edge, item, code, got, other)
            : OfItem(policy, item, code, Plain(got), Plain(other));

    /// <summary>What an evidence requirement asks, in one line.</summary>
    public static string Wish(WorkflowPolicy policy, EvidenceRequirement evidence)
    {
        var kind = policy.Evidence.Find(evidence.Kind);
        var parts = new List<string> { kind is null ? evidence.Kind : $"{evidence.Kind} ({EvidenceKind.Print(kind.Type)})" };
        parts.AddRange(evidence.Conditions.Select(condition => $"{(condition.Field.Length == 0 ? "value" : condition.Field)} {Wish(condition)}"));
        if (evidence.Tier is { } tier)
        {
            parts.Add($"tier {PolicyCanon.Word(tier)} or above");
        }

        if (evidence.IssuerRole.Length > 0)
        {
            parts.Add($"from a {evidence.IssuerRole}");
        }

        if (evidence.SubjectCurrent)
        {
            parts.Add("about the current work");
        }

        if (evidence.NewerThanWork)
        {
            parts.Add("not older than the work");
        }

        if (evidence.AgeMillisecondsMax > 0)
        {
            parts.Add($"at most {Span(evidence.AgeMillisecondsMax)} old");
        }

        if (evidence.NotAuthor)
        {
            parts.Add("from nobody who worked on it");
        }

        return string.Join(", ", parts);
    }

    private static Refusal OfQuestion(GateOperation question, WorkflowPolicy policy, Edge edge, RefusedItem item, string code, string got, string other)
    {
        switch (question.Question)
        {
            case GateQuestion.Approvals:
                var approvals = question.Approvals!;
                return code == RefusalCodes.Veto
                    ? new Refusal(code, question.Path, "no veto", $"a veto by {Plain(got)}", $"{Plain(got)}, by withdrawing it, or the holder, by new work", $"referee show {item.Item}")
                    : new Refusal(
                        code,
                        question.Path,
                        $"{approvals.Count} of role {approvals.Role}{(approvals.NotAuthor ? ", none of them an author" : "")}",
                        Plain(got),
                        $"a principal with the role {approvals.Role}{(approvals.NotAuthor ? " who did not work on it" : "")}",
                        $"referee approve {item.Item} --to {edge.To}");
            case GateQuestion.CallerRole:
                return new Refusal(code, question.Path, $"the role {edge.CallerRole}", Roles(got), $"a principal with the role {edge.CallerRole}", $"referee promote {item.Item} {edge.To}");
            case GateQuestion.CallerNotAuthor:
                return new Refusal(code, question.Path, "somebody who did not work on it", Plain(got), "somebody else", $"referee promote {item.Item} {edge.To}");
            case GateQuestion.Wip:
                return new Refusal(code, question.Path, $"fewer than {edge.Wip} items", Plain(got), $"whoever moves work out of {edge.To}", $"referee list --stage {edge.To}");
            case GateQuestion.Soak:
                return new Refusal(code, question.Path, $"{Span(edge.SoakMilliseconds)} in {edge.From}", Span(Integer(got)), $"time: open at {Time(Integer(other))}", $"referee explain {item.Item} {edge.To}");
            default:
                return OfEvidence(question, policy, question.Evidence!, item, code, got, other);
        }
    }

    private static Refusal OfEvidence(GateOperation question, WorkflowPolicy policy, EvidenceRequirement evidence, RefusedItem item, string code, string got, string other)
    {
        var path = question.Path;
        var (wanted, shown) = question.Question switch
        {
            GateQuestion.Present => (Wish(policy, evidence), code == RefusalCodes.Missing ? "nothing" : Shown(got)),
            GateQuestion.Compare => (Wish(question.Condition!) + Other(question.Condition!, other), Shown(got)),
            GateQuestion.Tier => ($"{PolicyCanon.Word(evidence.Tier!.Value)} or above", TierName(got)),
            GateQuestion.IssuerRole => ($"from a principal with the role {evidence.IssuerRole}", Plain(got)),
            GateQuestion.Subject => (
                Plain(other).Length == 0 ? "about the item's subject, and the item has none yet" : Plain(other),
                Plain(got).Length == 0 ? "about nothing" : Plain(got)),
            GateQuestion.NewerThanWork => ($"not before {Time(Integer(other))}, when the work last changed hands or content", Time(Integer(got))),
            GateQuestion.Age => ($"at most {Span(evidence.AgeMillisecondsMax)} old", $"from {Time(Integer(got))}"),
            _ => ("from somebody who did not work on it", Plain(got)),
        };
        if (question.Question == GateQuestion.Compare && code is RefusalCodes.Missing or RefusalCodes.Type && question.Condition is { OtherKind.Length: > 0 } && Fits(policy, evidence, question.Condition!, got))
        {
            // What it should be compared with is not there, or is of another type.
            path = question.Condition!.OtherField.Length == 0 ? $"evidence.{question.Condition.OtherKind}" : $"evidence.{question.Condition.OtherKind}.{question.Condition.OtherField}";
            (wanted, shown) = ($"to compare {question.Path} with", code == RefusalCodes.Missing ? "nothing" : Shown(other));
            return new Refusal(code, path, wanted, shown, Fixer(evidence with { Tier = null, IssuerRole = "", NotAuthor = false }, item), Next(question.Condition.OtherKind, null, item));
        }

        return new Refusal(code, path, wanted, shown, Fixer(evidence, item), Next(evidence.Kind, evidence.Tier, item));
    }

    private static Refusal OfItem(WorkflowPolicy policy, RefusedItem item, string code, string got, string other) => code switch
    {
        RefusalCodes.Conflict => new(code, "version", $"version {other}", $"version {got}", "the caller, after looking again", $"referee show {item.Item}"),
        RefusalCodes.StaleFence => new(code, "fence", $"claim no. {other}", got.Length == 0 ? "no claim" : $"claim no. {got}", item.Holder.Length == 0 ? "the caller, by claiming it again" : $"{item.Holder}, who holds it now", $"referee show {item.Item}"),
        RefusalCodes.NotClaimed => new(code, "holder", "the caller holds the claim", "nobody holds it", "the caller, by claiming it", $"referee claim {item.Item}"),
        RefusalCodes.NotHolder => new(code, "holder", other, got, other, $"referee show {item.Item}"),
        RefusalCodes.Claimed => new(code, "holder", "nobody else holds it", $"{got}, until {Time(Integer($"n{other}"))}", $"{got}, or time: the lease ends by itself", $"referee show {item.Item}"),
        RefusalCodes.Blocked => new(code, "dependencies", "none open", $"{got} open", "whoever does what it waits for", $"referee show {item.Item}"),
        RefusalCodes.Parked => new(code, "state", "not parked", "parked", "a person", $"referee unpark {item.Item}"),
        RefusalCodes.Done => new(code, "state", "not done", "done", "nobody: work that must be redone is sent back", $"referee send-back {item.Item} {policy.FirstStage}"),
        RefusalCodes.NoEdge => new(
            code,
            "to",
            string.Join(" or ", policy.EdgesFrom(item.From).Select(edge => edge.To).DefaultIfEmpty("no move")) + $" from {item.From}",
            got,
            "the caller, by another destination",
            $"referee explain {item.Item}"),
        RefusalCodes.Forbidden => new(code, "caller.role", other.Length == 0 ? "a role that the policy allows this" : $"the role {other}", Roles($"s{got}"), other.Length == 0 ? "nobody under this policy" : $"a principal with the role {other}", ""),
        RefusalCodes.Self => new(code, "caller", "somebody who did not work on it", got, "somebody else", $"referee show {item.Item}"),
        RefusalCodes.Missing => new(code, "approvals", "a word of the caller's to take back", "none", "the caller", $"referee show {item.Item}"),
        RefusalCodes.Limit => new(code, "approvals", $"at most {WorkflowPolicy.ApprovalsMax} words on one item", $"{got}", "whoever withdraws one", $"referee show {item.Item}"),
        _ => new(code, "item", other, got, "the caller", $"referee show {item.Item}"),
    };

    private static string Wish(Condition condition)
    {
        var operand = condition.OtherKind.Length > 0
            ? condition.OtherField.Length == 0 ? condition.OtherKind : $"{condition.OtherKind}.{condition.OtherField}"
            : string.Join(", ", condition.Constants.Select(constant => constant.ToString()));
        return condition.Comparison switch
        {
            Comparison.Equal => $"= {operand}",
            Comparison.NotEqual => $"other than {operand}",
            Comparison.GreaterOrEqual => $"at least {operand}",
            Comparison.LessOrEqual => $"at most {operand}",
            Comparison.Greater => $"above {operand}",
            Comparison.Less => $"below {operand}",
            Comparison.OneOf => $"one of {operand}",
            Comparison.LengthAtLeast => $"{operand} bytes or more",
            _ => $"{operand} bytes or fewer",
        };
    }

    private static string Other(Condition condition, string other) => condition.OtherKind.Length > 0 && other is not ("" or "m") ? $" ({Shown(other)})" : "";

    private static bool Fits(WorkflowPolicy policy, EvidenceRequirement evidence, Condition condition, string got)
    {
        var kind = policy.Evidence.Find(evidence.Kind);
        var type = kind is null ? EvidenceType.Text : condition.Field.Length == 0 ? kind.Type : kind.Fields[kind.FieldAt(condition.Field)].Type;
        return got.Length > 0 && got[0] == type switch
        {
            EvidenceType.Text => 's',
            EvidenceType.Boolean => 'b',
            _ => 'n',
        } && (type != EvidenceType.Integer || Math.Truncate(Number(got)) == Number(got));
    }

    private static string Fixer(EvidenceRequirement evidence, RefusedItem item)
    {
        var who = evidence switch
        {
            { IssuerRole.Length: > 0 } => $"a principal with the role {evidence.IssuerRole}",
            { Tier: Tier.Human } => "a person",
            { Tier: Tier.Ci } => "CI",
            { Tier: Tier.Observed } => "a runner that watches the work being checked",
            _ when item.Holder.Length > 0 => $"{item.Holder}, the holder",
            _ => "whoever claims it",
        };
        return evidence.NotAuthor ? $"{who}, but none who worked on it" : who;
    }

    private static string Next(string kind, Tier? tier, RefusedItem item) => tier == Tier.Observed
        ? $"referee run {item.Item} --evidence {kind} -- <command>"
        : $"referee evidence {item.Item} {kind} <value>{(tier is null && item.Holder.Length > 0 ? $" --fence {item.Fence}" : "")}";

    private static string Shown(string typed) => typed.Length == 0 ? "nothing" : typed[0] switch
    {
        'm' => "missing",
        'z' => "null",
        'b' => typed == "bt" ? "true" : "false",
        'n' => Number(typed).ToString("R", CultureInfo.InvariantCulture),
        _ => Scalar.Of(typed[1..]).ToString(),
    };

    private static string Plain(string typed) => typed.Length == 0 || typed == "m" ? "" : typed[0] == 'n' ? Shown(typed) : typed[1..];

    private static string Roles(string typed) => Plain(typed) is { Length: > 0 } framed ? string.Join(", ", framed.Trim('\n').Split('\n')) : "no role";

    private static double Number(string typed) =>
        typed.Length > 1 && double.TryParse(typed.AsSpan(1), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static long Integer(string typed) => (long)Number(typed);

    private static string TierName(string got) => Integer(got) is >= 1 and <= 4 and var tier ? PolicyCanon.Word((Tier)tier) : Plain(got);

    private static string Time(long milliseconds) => milliseconds is > 0 and < 253402300800000
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)
        : "never";

    private static string Span(long milliseconds) => milliseconds switch
    {
        >= 86_400_000 when milliseconds % 86_400_000 == 0 => $"{milliseconds / 86_400_000}d",
        >= 3_600_000 when milliseconds % 3_600_000 == 0 => $"{milliseconds / 3_600_000}h",
        >= 60_000 when milliseconds % 60_000 == 0 => $"{milliseconds / 60_000}m",
        >= 1000 => $"{(milliseconds / 1000.0).ToString("0.#", CultureInfo.InvariantCulture)}s",
        _ => $"{milliseconds}ms",
    };
}
