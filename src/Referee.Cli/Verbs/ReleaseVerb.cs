// referee release: gives a claimed item back to its queue.
using System.CommandLine;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class ReleaseVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var fence = new Option<long>("--fence", "-f") { Description = "The number of your claim", Required = true, HelpName = "N" };
        var note = Symbols.Note();
        var requestId = Symbols.RequestId();
        return verbs.Create("release", "Give a claimed item back to its queue", [item, fence, note, requestId], call => call.AnswerAsync(
            "task.release",
            new ReleaseRequest(call.Get(item), call.Get(fence)) { Note = call.Get(note)!, RequestId = call.RequestId(requestId) },
            WorkJson.Default.ReleaseRequest,
            WorkJson.Default.ReleasedResult,
            released => call.Terminal.Line($"{released.Item}: released (version {released.Version})")));
    }
}
