// referee demo: the main job in about a minute, on the embedded server, in a folder that is swept afterwards.
using System.CommandLine;
using Referee.Cli.Demo;

namespace Referee.Cli.Verbs;

internal static class DemoVerb
{
    public static Command Create(VerbFactory verbs) =>
        verbs.Create("demo", "See it work in about a minute: an agent says \"done\", the referee asks for proof", [], RunAsync);

    private static async Task<int> RunAsync(VerbCall call)
    {
        var folder = Directory.CreateTempSubdirectory("referee-demo-").FullName;
        try
        {
            var clock = new DemoClock(call.Environment.Time);
            using var clone = await DemoClone.CreateAsync(folder, call.Environment.Time, call.Cancellation);
            await using var stage = await DemoStage.OpenAsync(folder, clock, call.Cancellation);
            await new DemoStory(call.Terminal, stage, clone, clock, call.Cancellation).TellAsync();
            return ExitCodes.Done;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
