// referee explain: what promote would say now.
using System.CommandLine;
using Referee.Workflows;

namespace Referee.Cli.Verbs;

internal static class ExplainVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var to = new Argument<string?>("to") { Description = "The stage asked about; without it, the next", Arity = ArgumentArity.ZeroOrOne };
        var fence = Symbols.Fence();
        return verbs.Create("explain", "Say all that stands between an item and a stage; writes nothing", [item, to, fence], async call =>
        {
            var answer = await call.CallAsync(
                "task.explain", new ExplainRequest(call.Get(item), call.Parsed.GetValue(to)) { Fence = call.Get(fence) }, WorkflowJson.Default.ExplainRequest, WorkflowJson.Default.ExplanationResult);
            var exit = call.Show(answer, explanation => Show(call.Terminal, explanation));
            return exit == ExitCodes.Done && !answer.Result.Value!.Open ? ExitCodes.Refused : exit;
        });
    }

    private static void Show(Terminal terminal, Explanation explanation)
    {
        if (explanation.Open)
        {
            terminal.Line($"{explanation.Item}: {explanation.From} → {explanation.To} is open ({explanation.Questions} questions answered)");
            return;
        }

        terminal.Refusals($"{explanation.Item}: {explanation.From} → {explanation.To} is closed, {explanation.Unmet.Count} unmet", explanation.Unmet);
    }
}
