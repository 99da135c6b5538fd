// referee renew: extends the lease of a claim.
using System.CommandLine;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class RenewVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var fence = new Option<long>("--fence", "-f") { Description = "The number of your claim", Required = true, HelpName = "N" };
        var lease = Symbols.Lease();
        return verbs.Create("renew", "Extend the lease of a claim", [item, fence, lease], call => call.AnswerAsync(
            "task.renew",
            new RenewRequest(call.Get(item), call.Get(fence)) { LeaseMilliseconds = (long)call.Get(lease).TotalMilliseconds },
            WorkJson.Default.RenewRequest,
            WorkJson.Default.RenewalResult,
            renewed => call.Terminal.Line($"{renewed.Item}: claim no. {renewed.Fence} holds until {Terminal.Time(renewed.LeaseUntil)}")));
    }
}
