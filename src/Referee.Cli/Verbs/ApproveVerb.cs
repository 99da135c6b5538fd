// referee approve: gives, changes or takes back one's word on a move; alone with --list, who said what.
using System.CommandLine;
using Referee.Web.Api;
using Referee.Workflows;

namespace Referee.Cli.Verbs;

internal static class ApproveVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var to = new Option<string?>("--to") { Description = "The move; needed only when several edges ask for approvals" };
        var veto = new Option<bool>("--veto") { Description = "Say no: blocks the move until it is withdrawn" };
        var withdraw = new Option<bool>("--withdraw") { Description = "Take your word back" };
        var list = new Option<bool>("--list") { Description = "Only list who said what" };
        var version = Symbols.Version();
        var note = Symbols.Note();
        var requestId = Symbols.RequestId();
        return verbs.Create("approve", "Approve a move, veto it, or withdraw your word", [item, to, veto, withdraw, list, version, note, requestId], call =>
        {
            if (call.Get(list))
            {
                return call.AnswerAsync("task.approvals", new ItemQuery(call.Get(item)), ApiJson.Default.ItemQuery, WorkflowJson.Default.ApprovalListResult, rows => call.Terminal.Table(
                    ["PRINCIPAL", "VERDICT", "TO", "COUNTS", "AT", "NOTE"],
                    rows.Rows.Select(row => (string[])[row.Principal, row.Verdict, row.To, row.Counts ? "yes" : "no", Terminal.Time(row.At), row.Note])));
            }

            if (call.Get(veto) && call.Get(withdraw))
            {
                throw new CliException(ExitCodes.Usage, "--veto or --withdraw, not both");
            }

            return call.AnswerAsync(
                "task.approve",
                new ApproveRequest(call.Get(item), call.Get(veto) ? ApprovalVerb.Veto : call.Get(withdraw) ? ApprovalVerb.Withdraw : ApprovalVerb.Approve)
                {
                    To = call.Get(to),
                    Version = call.Get(version),
                    Note = call.Get(note)!,
                    RequestId = call.RequestId(requestId),
                },
                WorkflowJson.Default.ApproveRequest,
                WorkflowJson.Default.HeardResult,
                heard => call.Terminal.Line($"{heard.Item}: {heard.Verb} heard, {heard.Approvals} for and {heard.Vetoes} against (version {heard.Version})"));
        });
    }
}
