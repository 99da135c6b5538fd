// referee park: puts an item aside for a person, or back into its queue.
using System.CommandLine;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class ParkVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var back = new Option<bool>("--back") { Description = "Give a parked item back to its queue" };
        var reason = new Option<string>("--reason") { Description = "Why it waits for a person", DefaultValueFactory = _ => "" };
        var fence = Symbols.Fence();
        var requestId = Symbols.RequestId();
        return verbs.Create("park", "Put an item aside for a person, or back", [item, back, reason, fence, requestId], call => call.AnswerAsync(
            "task.park",
            new ParkRequest(call.Get(item)) { Unpark = call.Get(back), Reason = call.Get(reason)!, Fence = call.Get(fence), RequestId = call.RequestId(requestId) },
            WorkJson.Default.ParkRequest,
            WorkJson.Default.ParkAnswerResult,
            parked => call.Terminal.Line($"{parked.Item}: {parked.State} (version {parked.Version})")));
    }
}
