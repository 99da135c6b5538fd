// referee send-back: moves an item to an earlier stage, with a reason.
using System.CommandLine;
using Referee.Workflows;

namespace Referee.Cli.Verbs;

internal static class SendBackVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var to = new Argument<string>("to") { Description = "The earlier stage" };
        var reason = new Argument<string>("reason") { Description = "Why; whoever works on it next reads this" };
        var fence = Symbols.Fence();
        var version = Symbols.Version();
        var requestId = Symbols.RequestId();
        return verbs.Create("send-back", "Move an item back to an earlier stage; what was proven from there on is void", [item, to, reason, fence, version, requestId], call => call.AnswerAsync(
            "task.send_back",
            new SendBackRequest(call.Get(item), call.Get(to), call.Get(reason)) { Fence = call.Get(fence), Version = call.Get(version), RequestId = call.RequestId(requestId) },
            WorkflowJson.Default.SendBackRequest,
            WorkflowJson.Default.SentBackResult,
            back => call.Terminal.Line($"{back.Item}: sent back to {back.To} (version {back.Version}, record {back.Audit} of the chain)")));
    }
}
