// referee history: what was decided about one item, the newest first.
using System.CommandLine;
using Referee.Web.Api;
using Referee.Workflows;

namespace Referee.Cli.Verbs;

internal static class HistoryVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        return verbs.Create("history", "Show what was decided about an item", [item], call => call.AnswerAsync(
            "task.history", new ItemQuery(call.Get(item)), ApiJson.Default.ItemQuery, WorkflowJson.Default.ItemHistoryResult, history => ShowChain(call.Terminal, history.Records)));
    }

    internal static void ShowChain(Terminal terminal, IReadOnlyList<ChainRecord> records) => terminal.Table(
        ["NO.", "KIND", "ITEM", "FROM", "TO", "PRINCIPAL", "VERIFIED", "AT", "LINK", "NOTE"],
        records.Select(record => (string[])
        [
            Terminal.Number(record.Number), record.Kind, record.Item, record.From, record.To, record.Principal, record.Verified ? "yes" : "no", Terminal.Time(record.At), record.Link[..12], record.Note.ReplaceLineEndings("; "),
        ]));
}
