// One numbered question of a gate. The script answers with numbers, C# turns a number back into path, wish and remedy.
// Always: numbered from 1 in the order in which PolicyCompiler prints the questions; 0 is left for what every edge asks (version, claim, state).
namespace Referee.Workflows;

public enum GateQuestion
{
    /// <summary>The evidence is there and of its declared type. Unmet, it stands for all further questions about this evidence.</summary>
    Present,
    Compare,
    Tier,
    IssuerRole,
    Subject,
    NewerThanWork,
    Age,
    NotAuthor,
    Approvals,
    CallerRole,
    CallerNotAuthor,
    Wip,
    Soak,
}

public sealed record GateOperation(int Number, GateQuestion Question, string Path)
{
    public EvidenceRequirement? Evidence { get; init; }

    public Condition? Condition { get; init; }

    public ApprovalRequirement? Approvals { get; init; }

    internal static IReadOnlyList<GateOperation> Of(Edge edge)
    {
        var operations = new List<GateOperation>();
        foreach (var evidence in edge.Evidence)
        {
            var path = $"evidence.{evidence.Kind}";
            Add(GateQuestion.Present, path, evidence);
            foreach (var condition in evidence.Conditions)
            {
                Add(GateQuestion.Compare, condition.Field.Length == 0 ? path : $"{path}.{condition.Field}", evidence, condition);
            }

            AddIf(evidence.Tier is not null, GateQuestion.Tier, $"{path}.tier", evidence);
            AddIf(evidence.IssuerRole.Length > 0, GateQuestion.IssuerRole, $"{path}.issuer", evidence);
            AddIf(evidence.SubjectCurrent, GateQuestion.Subject, $"{path}.subject", evidence);
            AddIf(evidence.NewerThanWork, GateQuestion.NewerThanWork, $"{path}.at", evidence);
            AddIf(evidence.AgeMillisecondsMax > 0, GateQuestion.Age, $"{path}.at", evidence);
            AddIf(evidence.NotAuthor, GateQuestion.NotAuthor, $"{path}.issuer", evidence);
        }

        foreach (var approvals in edge.Approvals)
        {
            operations.Add(new(operations.Count + 1, GateQuestion.Approvals, $"approvals.{approvals.Role}") { Approvals = approvals });
        }

        AddIf(edge.CallerRole.Length > 0, GateQuestion.CallerRole, "caller.role");
        AddIf(edge.CallerNotAuthor, GateQuestion.CallerNotAuthor, "caller");
        AddIf(edge.Wip > 0, GateQuestion.Wip, $"stage.{edge.To}");
        AddIf(edge.SoakMilliseconds > 0, GateQuestion.Soak, $"stage.{edge.From}");
        return operations;

        void Add(GateQuestion question, string path, EvidenceRequirement? evidence = null, Condition? condition = null) =>
            operations.Add(new(operations.Count + 1, question, path) { Evidence = evidence, Condition = condition });

        void AddIf(bool asked, GateQuestion question, string path, EvidenceRequirement? evidence = null)
        {
            if (asked)
            {
                Add(question, path, evidence);
            }
        }
    }
}
