// What of a new item can be judged without the store: names, lengths, numbers. The first fault is the refusal.
using System.Text;
using Referee.Records;

namespace Referee.Work;

internal static class SubmitCheck
{
    public static Refusal? Refuse(SubmitRequest request)
    {
        if (!Names.IsName(request.Item))
        {
            return Refusals.BadName("item", request.Item);
        }

        if (!Names.IsWorkflowName(request.Workflow))
        {
            return Refusals.BadName("workflow", request.Workflow);
        }

        if (string.IsNullOrWhiteSpace(request.Title))
        {
            return Refusals.Missing("title", "a title");
        }

        if (request.Title.Length > WorkLimits.TitleCharactersMax)
        {
            return Refusals.Limit("title", $"at most {WorkLimits.TitleCharactersMax} characters", $"{request.Title.Length}");
        }

        if (request.Priority is < 0 or > IndexScore.PriorityMax)
        {
            return new Refusal(RefusalCodes.Value, "priority", $"0 to {IndexScore.PriorityMax}", $"{request.Priority}", "the caller");
        }

        if (Encoding.UTF8.GetByteCount(request.Body) is var bytes && bytes > WorkLimits.BodyBytesMax)
        {
            return Refusals.Limit("body", $"at most {WorkLimits.BodyBytesMax} bytes", $"{bytes}");
        }

        if (request.AcceptanceCriteria.Count > WorkLimits.CriteriaMax)
        {
            return Refusals.Limit("acceptanceCriteria", $"at most {WorkLimits.CriteriaMax}", $"{request.AcceptanceCriteria.Count}");
        }

        if (request.AcceptanceCriteria.FirstOrDefault(criterion => criterion.Length > WorkLimits.CriterionCharactersMax) is { } longest)
        {
            return Refusals.Limit("acceptanceCriteria", $"at most {WorkLimits.CriterionCharactersMax} characters each", $"{longest.Length}");
        }

        return Several("dependsOn", request.DependsOn, WorkLimits.DependenciesMax)
            ?? Several("labels", request.Labels, WorkLimits.LabelsMax)
            ?? (request.DependsOn.Contains(request.Item) ? new Refusal(RefusalCodes.Value, "dependsOn", "other items", "itself", "the caller") : null)
            ?? RequestId(request.RequestId);
    }

    /// <summary>Null when the request id is empty or a name.</summary>
    public static Refusal? RequestId(string requestId) =>
        requestId.Length == 0 || Names.IsName(requestId) ? null : Refusals.BadName("requestId", requestId);

    private static Refusal? Several(string path, IReadOnlyList<string> names, int max)
    {
        if (names.Count > max)
        {
            return Refusals.Limit(path, $"at most {max}", $"{names.Count}");
        }

        if (names.FirstOrDefault(name => !Names.IsName(name)) is { } bad)
        {
            return Refusals.BadName(path, bad);
        }

        return names.Distinct(StringComparer.Ordinal).Count() == names.Count
            ? null
            : new Refusal(RefusalCodes.Value, path, "each name once", string.Join(", ", names), "the caller");
    }
}
