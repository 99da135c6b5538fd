// referee verify: recomputes the chain and compares every item with it; names what does not fit.
using System.CommandLine;
using Referee.Web.Api;
using Referee.Workflows;

namespace Referee.Cli.Verbs;

internal static class VerifyVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var shard = new Option<int>("--shard") { Description = "Which shard's chain", DefaultValueFactory = _ => 0 };
        return verbs.Create("verify", "Recompute the chain and compare every item with it", [shard], async call =>
        {
            var answer = await call.CallAsync(
                "system.verify", new ShardQuery { Shard = call.Get(shard) }, ApiJson.Default.ShardQuery, WorkflowJson.Default.VerificationResult);
            var exit = call.Show(answer, verification => Show(call.Terminal, verification));
            return exit == ExitCodes.Done && !answer.Result.Value!.Ok ? ExitCodes.Tampered : exit;
        });
    }

    private static void Show(Terminal terminal, Verification verification)
    {
        foreach (var finding in verification.Findings)
        {
            terminal.Red(finding.Code, after: $"{(finding.Number > 0 ? $" record {finding.Number}" : "")}{(finding.Item.Length > 0 ? $" item {finding.Item}" : "")}: {finding.Says}");
        }

        terminal.Line(verification.Ok
            ? $"the chain holds: {verification.Records} records, {verification.Items} items, head {verification.Head}"
            : $"{verification.Findings.Count} findings in {verification.Records} records and {verification.Items} items");
    }
}
