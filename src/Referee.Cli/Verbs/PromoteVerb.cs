// referee promote: asks the referee to move an item; every unmet condition comes back at once.
using System.CommandLine;
using Referee.Workflows;

namespace Referee.Cli.Verbs;

internal static class PromoteVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var to = new Argument<string>("to") { Description = "The stage it is to move to" };
        var fence = Symbols.Fence();
        var version = Symbols.Version();
        var note = Symbols.Note();
        var overrides = new Option<bool>("--override") { Description = "Move although conditions are unmet: wants the policy's override role and a note, and stays in the chain for ever" };
        var requestId = Symbols.RequestId();
        return verbs.Create("promote", "Move an item to its next stage, if the evidence says so", [item, to, fence, version, note, overrides, requestId], async call =>
        {
            var answer = await call.CallAsync(
                "task.promote",
                new PromoteRequest(call.Get(item), call.Get(to))
                {
                    Fence = call.Get(fence),
                    Version = call.Get(version),
                    Note = call.Get(note)!,
                    Override = call.Get(overrides),
                    RequestId = call.RequestId(requestId),
                },
                WorkflowJson.Default.PromoteRequest,
                WorkflowJson.Default.DecisionResult);
            if (!call.Terminal.Json && !answer.Result.Ok)
            {
                call.Terminal.Refusals($"{call.Get(item)} does not move to {call.Get(to)}", answer.Result.Refusals);
                return ExitCodes.Refused;
            }

            return call.Show(answer, decision => call.Terminal.Line(
                $"{decision.Item}: moved to {decision.To}{(decision.Kind == DecisionKind.Override ? " BY OVERRIDE" : "")} (version {decision.Version}, record {decision.Audit} of the chain{(decision.Replayed ? ", as answered before" : "")})"));
        });
    }
}
