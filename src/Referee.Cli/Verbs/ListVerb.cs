// referee list: a page of items.
using System.CommandLine;
using Referee.Records;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class ListVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var stage = new Option<string?>("--stage") { Description = "Only this stage" };
        var state = new Option<WorkState?>("--state") { Description = "Only this state" };
        var label = new Option<string?>("--label") { Description = "Only items with this label" };
        var limit = Symbols.Limit();
        var cursor = Symbols.Cursor();
        return verbs.Create("list", "List items by stage, state or label", [stage, state, label, limit, cursor], call => call.AnswerAsync(
            "task.list",
            new ListRequest { Stage = call.Get(stage), State = call.Get(state), Label = call.Get(label), Limit = call.Get(limit), Cursor = call.Get(cursor)! },
            WorkJson.Default.ListRequest,
            WorkJson.Default.ItemPageResult,
            page =>
            {
                call.Terminal.Table(
                    ["ITEM", "STAGE", "STATE", "PRIORITY", "HOLDER", "TITLE"],
                    page.Items.Select(item => (string[])[item.Item, item.Stage, item.State.ToString(), Terminal.Number(item.Priority), item.Holder, item.Title]));
                if (page.Cursor.Length > 0)
                {
                    call.Terminal.Line($"more: --cursor {page.Cursor}");
                }
            }));
    }
}
