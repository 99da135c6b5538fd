// What a gate means, said as plainly as possible, for comparison with the compiled Lua; and random policies with random evidence for it.
// Claims, approvals, limits and times of day have their own tests: here every edge is open to anybody and asks for evidence only.
using FsCheck;
using FsCheck.Fluent;
using Referee.Records;
using Referee.Workflows;

namespace Referee.Tests.Workflows;

internal sealed record GateCase(WorkflowPolicy Policy, IReadOnlyList<EvidenceSlot?> Slots, string Subject)
{
    public override string ToString() => $"{Policy.CanonicalJson}\nsubject '{Subject}'\n{string.Join("\n", Slots.Select((slot, i) => $"{Policy.Evidence.Kinds[i].Name}: {slot}"))}";
}

internal static class GateModel
{
    public static IReadOnlyList<string> Refusals(WorkflowPolicy policy, IReadOnlyList<EvidenceSlot?> slots, WorkItemRecord item)
    {
        var rows = new List<string>();
        var edge = policy.Edges[0];
        var skipped = new HashSet<EvidenceRequirement>(ReferenceEqualityComparer.Instance);
        foreach (var question in edge.Operations)
        {
            var evidence = question.Evidence!;
            var kind = policy.Evidence.Find(evidence.Kind)!;
            var slot = slots[policy.Evidence.SlotOf(evidence.Kind)];
            if (question.Question == GateQuestion.Present)
            {
                var code = slot is null ? "MISSING" : slot.Mark != kind.Mark || (kind.Type == EvidenceType.Integer && !IsWhole(slot.Value)) ? "TYPE" : "";
                if (code.Length > 0)
                {
                    skipped.Add(evidence);
                    rows.Add($"{question.Number} {code}");
                }
            }
            else if (!skipped.Contains(evidence))
            {
                var code = question.Question switch
                {
                    GateQuestion.Compare => Compare(policy, slots, kind, slot!, question.Condition!),
                    GateQuestion.Tier => slot!.Tier < evidence.Tier ? "TIER" : "",
                    GateQuestion.IssuerRole => slot!.Roles.Contains(evidence.IssuerRole) ? "" : "ISSUER",
                    GateQuestion.Subject => slot!.Subject == item.Subject && item.Subject.Length > 0 ? "" : "SUBJECT",
                    GateQuestion.NewerThanWork => slot!.At < item.WorkedAt ? "STALE" : "",
                    GateQuestion.Age => "EXPIRED", // Every time here is of 1970.
                    _ => item.Authors.Contains(slot!.Issuer) ? "SELF" : "",
                };
                if (code.Length > 0)
                {
                    rows.Add($"{question.Number} {code}");
                }
            }
        }

        return rows;
    }

    private static string Compare(WorkflowPolicy policy, IReadOnlyList<EvidenceSlot?> slots, EvidenceKind kind, EvidenceSlot slot, Condition condition)
    {
        var (value, type) = Operand(kind, slot, condition.Field);
        if (!Is(value, type))
        {
            return value.Kind == ScalarKind.Missing ? "MISSING" : "TYPE";
        }

        var right = Scalar.Missing;
        if (condition.OtherKind.Length > 0)
        {
            var otherKind = policy.Evidence.Find(condition.OtherKind)!;
            if (slots[policy.Evidence.SlotOf(condition.OtherKind)] is not { } other)
            {
                return "MISSING";
            }

            (right, var otherType) = Operand(otherKind, other, condition.OtherField);
            if (other.Mark != otherKind.Mark || !Is(right, otherType))
            {
                return right.Kind == ScalarKind.Missing && other.Mark == otherKind.Mark ? "MISSING" : "TYPE";
            }
        }
        else if (condition.Comparison != Comparison.OneOf)
        {
            right = condition.Constants[0];
        }

        var holds = condition.Comparison switch
        {
            Comparison.Equal => value == right,
            Comparison.NotEqual => value != right,
            Comparison.GreaterOrEqual => value.Number >= right.Number,
            Comparison.LessOrEqual => value.Number <= right.Number,
            Comparison.Greater => value.Number > right.Number,
            Comparison.Less => value.Number < right.Number,
            Comparison.OneOf => condition.Constants.Contains(value),
            Comparison.LengthAtLeast => System.Text.Encoding.UTF8.GetByteCount(value.Text) >= right.Number,
            _ => System.Text.Encoding.UTF8.GetByteCount(value.Text) <= right.Number,
        };
        return holds ? "" : "VALUE";
    }

    private static (Scalar Value, EvidenceType Type) Operand(EvidenceKind kind, EvidenceSlot slot, string field) => field.Length == 0
        ? (slot.Value, kind.Type)
        : (kind.FieldAt(field) < slot.Fields.Count ? slot.Fields[kind.FieldAt(field)] : Scalar.Missing, kind.Fields[kind.FieldAt(field)].Type);

    private static bool Is(Scalar value, EvidenceType type) => type switch
    {
        EvidenceType.Text => value.Kind == ScalarKind.Text,
        EvidenceType.Boolean => value.Kind == ScalarKind.Boolean,
        EvidenceType.Integer => IsWhole(value),
        _ => value.Kind == ScalarKind.Number,
    };

    private static bool IsWhole(Scalar value) => value.Kind == ScalarKind.Number && Math.Truncate(value.Number) == value.Number;
}

/// <summary>Policies of one edge over four kinds, and slots that are absent, of the wrong type or near the borders of the conditions.</summary>
internal static class GateCases
{
    private static readonly string[] Texts = ["", "0", "false", "true", "null", "no", "äöü", "a\nb", "x'y"];
    private static readonly double[] Numbers = [0, 1, -1, 0.5, 79.5, 80, 1e15, -1e-7];

    private static readonly Gen<Scalar> AnyScalar = Gen.OneOf(
        Gen.Constant(Scalar.Missing), Gen.Constant(Scalar.Null), Gen.Elements(true, false).Select(Scalar.Of), Gen.Elements(Numbers).Select(Scalar.Of), Gen.Elements(Texts).Select(Scalar.Of));

    private static readonly EvidenceKind[] Kinds =
    [
        new("flag", EvidenceType.Boolean),
        new("size", EvidenceType.Number),
        new("tests", EvidenceType.Record, [new("ok", EvidenceType.Boolean, true), new("rate", EvidenceType.Number, true), new("total", EvidenceType.Integer, true), new("who", EvidenceType.Text, true)]),
        new("words", EvidenceType.Text),
    ];

    public static Arbitrary<GateCase> Arbitrary { get; } = (
        from requirements in Requirement.ListOf(3)
        from flag in Slot(Kinds[0])
        from size in Slot(Kinds[1])
        from tests in Slot(Kinds[2])
        from words in Slot(Kinds[3])
        from subject in Gen.Elements("", "s", "t")
        select new GateCase(Policy([.. requirements]), [flag, size, tests, words], subject)).ToArbitrary();

    private static readonly Comparison[] Orders = [Comparison.GreaterOrEqual, Comparison.LessOrEqual, Comparison.Greater, Comparison.Less, Comparison.Equal, Comparison.NotEqual];

    private static Gen<EvidenceRequirement> Requirement =>
        from kind in Gen.Elements(Kinds)
        from conditions in Condition(kind).ListOf(2)
        from tier in Gen.Elements<Tier?>(null, Tier.Observed, Tier.Human)
        from role in Gen.Elements("", "", "ci")
        from flags in Gen.Elements(true, false).ListOf(3)
        select new EvidenceRequirement(kind.Name)
        {
            Conditions = [.. conditions],
            Tier = tier,
            IssuerRole = role,
            SubjectCurrent = flags[0],
            NewerThanWork = flags[1],
            NotAuthor = flags[2],
        };

    private static Gen<Condition> Condition(EvidenceKind kind) =>
        from field in Gen.Elements(kind.Type == EvidenceType.Record ? [.. kind.Fields.Select(field => (field.Name, field.Type))] : new[] { ("", kind.Type) })
        from condition in field.Item2 switch
        {
            EvidenceType.Boolean => Gen.Elements(true, false).Select(truth => new Condition(field.Item1, Comparison.Equal) { Constants = [Scalar.Of(truth)] }),
            EvidenceType.Text => Gen.OneOf(
                Gen.Elements(Texts).Select(text => new Condition(field.Item1, Comparison.NotEqual) { Constants = [Scalar.Of(text)] }),
                Gen.Elements(Texts).ListOf(2).Select(texts => new Condition(field.Item1, Comparison.OneOf) { Constants = [.. texts.Select(Scalar.Of)] }),
                Gen.Choose(0, 5).Select(length => new Condition(field.Item1, Comparison.LengthAtLeast) { Constants = [Scalar.Of(length)] }),
                Gen.Choose(0, 5).Select(length => new Condition(field.Item1, Comparison.LengthAtMost) { Constants = [Scalar.Of(length)] }),
                Gen.Elements(Comparison.Equal, Comparison.NotEqual).Select(op => new Condition(field.Item1, op) { OtherKind = "words" }),
                Gen.Elements(Comparison.Equal, Comparison.NotEqual).Select(op => new Condition(field.Item1, op) { OtherKind = "tests", OtherField = "who" })),
            _ => Gen.OneOf(
                from op in Gen.Elements(Orders)
                from number in Gen.Elements(Numbers.Where(number => field.Item2 != EvidenceType.Integer || Math.Truncate(number) == number))
                select new Condition(field.Item1, op) { Constants = [Scalar.Of(number)] },
                Gen.Elements(Orders).Select(op => new Condition(field.Item1, op) { OtherKind = "size" }),
                Gen.Elements(Orders).Select(op => new Condition(field.Item1, op) { OtherKind = "tests", OtherField = "rate" }),
                Gen.Elements(Orders).Select(op => new Condition(field.Item1, op) { OtherKind = "tests", OtherField = "total" })),
        }
        select condition;

    // A slot as only a hand could write it, too: of the wrong mark, or with fields of any type.
    private static Gen<EvidenceSlot?> Slot(EvidenceKind kind) =>
        from there in Gen.Elements(true, true, true, false)
        from right in Gen.Elements(true, true, true, true, false)
        from value in Value(kind)
        from fields in AnyScalar.ListOf(kind.Fields.Count)
        from likely in Gen.Elements(true, false)
        from issuer in Gen.Elements("ci", "ann", "bo")
        from roles in Gen.Elements<string[]>([], ["ci"], ["cic", "xci"])
        from tier in Gen.Elements(Tier.SelfReported, Tier.Observed, Tier.Ci, Tier.Human)
        from subject in Gen.Elements("", "s", "t")
        from at in Gen.Elements(1_999L, 2_000L, 2_001L)
        select there
            ? new EvidenceSlot
            {
                Mark = right ? kind.Mark : kind.Mark == 'z' ? 's' : 'z',
                Value = value,
                Issuer = issuer,
                Roles = roles,
                Tier = tier,
                Subject = subject,
                At = at,
                Fields = kind.Type != EvidenceType.Record ? [] : likely ? [Scalar.Of(true), Scalar.Of(80), Scalar.Of(1), Scalar.Of("no")] : [.. fields],
            }
            : null;

    private static Gen<Scalar> Value(EvidenceKind kind) => kind.Type switch
    {
        EvidenceType.Boolean => Gen.Elements(true, false).Select(Scalar.Of),
        EvidenceType.Number => Gen.Elements(Numbers).Select(Scalar.Of),
        EvidenceType.Text => Gen.Elements(Texts).Select(Scalar.Of),
        _ => Gen.Constant(Scalar.Of("")),
    };

    private static WorkflowPolicy Policy(IReadOnlyList<EvidenceRequirement> requirements) => new(
        "random", 1, ["a", "b"], new EvidenceSchema(Kinds), [new Edge("a", "b") { ClaimRequired = false, Evidence = requirements }], null, "");
}
