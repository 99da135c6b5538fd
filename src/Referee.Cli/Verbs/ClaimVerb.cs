// referee claim: the next item, or one by name.
using System.CommandLine;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class ClaimVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = new Argument<string?>("item") { Description = "One certain item; without it, the next", Arity = ArgumentArity.ZeroOrOne };
        var stages = new Option<string[]>("--stage") { Description = "Look only in these stages, in this order" };
        var labels = new Option<string[]>("--label") { Description = "The item must carry all of these" };
        var lease = Symbols.Lease();
        var requestId = Symbols.RequestId();
        return verbs.Create("claim", "Claim the next work item, or one by name", [item, stages, labels, lease, requestId], call => call.AnswerAsync(
            "task.claim",
            new ClaimRequest
            {
                Item = call.Parsed.GetValue(item),
                Stages = call.Get(stages) ?? [],
                Labels = call.Get(labels) ?? [],
                LeaseMilliseconds = (long)call.Get(lease).TotalMilliseconds,
                RequestId = call.RequestId(requestId),
            },
            WorkJson.Default.ClaimRequest,
            WorkJson.Default.ClaimResult,
            claim => Show(call.Terminal, claim)));
    }

    private static void Show(Terminal terminal, Claim claim)
    {
        terminal.Line($"{claim.Item}: claim no. {claim.Fence}, in {claim.Stage}, until {Terminal.Time(claim.LeaseUntil)} (version {claim.Version}, attempt {claim.Attempts})");
        terminal.Line($"  {claim.Title}");
        foreach (var criterion in claim.AcceptanceCriteria)
        {
            terminal.Line($"  - {criterion}");
        }

        if (claim.Note.Length > 0)
        {
            terminal.Line($"  note: {claim.Note}");
        }
    }
}
