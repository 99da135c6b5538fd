// referee audit: the chain of decisions, the newest first.
using System.CommandLine;
using Referee.Workflows;

namespace Referee.Cli.Verbs;

internal static class AuditVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var shard = new Option<int>("--shard") { Description = "Which shard's chain", DefaultValueFactory = _ => 0 };
        var limit = Symbols.Limit();
        var before = new Option<long>("--before") { Description = "Only records before this number", DefaultValueFactory = _ => 0, HelpName = "N" };
        return verbs.Create("audit", "Show the chain of decisions, the newest first", [shard, limit, before], call => call.AnswerAsync(
            "system.audit",
            new AuditRequest { Shard = call.Get(shard), Limit = call.Get(limit), Before = call.Get(before) },
            WorkflowJson.Default.AuditRequest,
            WorkflowJson.Default.AuditPageResult,
            page =>
            {
                HistoryVerb.ShowChain(call.Terminal, page.Records);
                if (page.Before > 0)
                {
                    call.Terminal.Line($"more: --before {page.Before}");
                }
            }));
    }
}
