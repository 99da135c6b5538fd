// referee show: an item with all that is known of it.
using System.CommandLine;
using Referee.Web.Api;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class ShowVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        return verbs.Create("show", "Show an item with all that is known of it", [item], call => call.AnswerAsync(
            "task.show", new ItemQuery(call.Get(item)), ApiJson.Default.ItemQuery, WorkJson.Default.ItemViewResult, view => Show(call.Terminal, view)));
    }

    private static void Show(Terminal terminal, ItemView view)
    {
        terminal.Line($"{view.Item}: {view.Title}");
        terminal.Line($"  stage     {view.Stage} ({view.State}) since {Terminal.Time(view.EnteredAt)}, workflow {view.Workflow}, priority {view.Priority}, version {view.Version}");
        if (view.Holder.Length > 0)
        {
            terminal.Line($"  held by   {view.Holder}, claim no. {view.Fence}, until {Terminal.Time(view.LeaseUntil)}");
        }

        Field(terminal, "subject", view.Subject);
        Field(terminal, "authors", string.Join(", ", view.Authors));
        Field(terminal, "labels", string.Join(", ", view.Labels));
        Field(terminal, "needs", string.Join(", ", view.DependsOn.Select(id => view.BlockedBy.Contains(id) ? $"{id} (not done)" : id)));
        Field(terminal, "note", view.Note);
        foreach (var criterion in view.AcceptanceCriteria)
        {
            terminal.Line($"  - {criterion}");
        }

        if (view.Evidence.Count > 0)
        {
            terminal.Table(
                ["EVIDENCE", "VALUE", "TIER", "ISSUER", "SUBJECT", "AT"],
                view.Evidence.Select(row => (string[])[row.Kind, Short(row.Value?.ToJsonString() ?? "null"), row.Tier.ToString(), row.Issuer, Short(row.Subject, 12), Terminal.Time(row.At)]));
        }
    }

    private static void Field(Terminal terminal, string name, string value)
    {
        if (value.Length > 0)
        {
            terminal.Line($"  {name,-9} {value}");
        }
    }

    private static string Short(string text, int lengthMax = 60) => text.Length <= lengthMax ? text : text[..(lengthMax - 1)] + "…";
}
