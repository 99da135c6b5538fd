// referee status: how many items are where, or where one item stands in its queue.
using System.CommandLine;
using Referee.Web.Api;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class StatusVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = new Argument<string?>("item") { Description = "Where this item stands in its queue; without it, the whole project", Arity = ArgumentArity.ZeroOrOne };
        return verbs.Create("status", "Count the items of each stage, or find one item's position", [item], call => call.Parsed.GetValue(item) is { } one
            ? call.AnswerAsync("task.position", new ItemQuery(one), ApiJson.Default.ItemQuery, WorkJson.Default.QueuePositionResult,
                position => call.Terminal.Line($"{position.Item}: {position.Stage} ({position.State}), {position.Ahead} ahead of it"))
            : call.AnswerAsync("system.status", new NoParameters(), ApiJson.Default.NoParameters, WorkJson.Default.ProjectStatusResult,
                status => Show(call.Terminal, status)));
    }

    private static void Show(Terminal terminal, ProjectStatus status)
    {
        terminal.Table(
            ["STAGE", "READY", "CLAIMED", "BLOCKED", "PARKED"],
            status.Stages.Select(row => (string[])[row.Stage, Terminal.Number(row.Ready), Terminal.Number(row.Claimed), Terminal.Number(row.Blocked), Terminal.Number(row.Parked)]));
        terminal.Line($"{status.Project}: {status.Done} done, {status.AuditRecords} records in the chain, {status.Refusals} refusals and {status.Orphans} late results kept");
    }
}
