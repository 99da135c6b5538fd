// referee demo: the main job in about a minute, on the embedded server, in a folder that is swept afterwards.
using System.CommandLine;
using System.Text.Json;
using Referee.Cli.Demo;

namespace Referee.Cli.Verbs;

internal static class DemoVerb
{
    public static Command Create(VerbFactory verbs) =>
        verbs.Create("demo", "See it work in about a minute: an agent says \"done\", the referee asks for proof", [], async call =>
        {
            if (call.DoorOptions.Redis is not null)
            {
                throw new CliException(ExitCodes.Usage, "the demo rewrites a record behind the referee's back, so it plays on a store of its own and takes no --redis");
            }

            var project = DemoProject.Own();
            if (!call.Terminal.Json)
            {
                await RunAsync(call.Terminal, project, call.Cancellation);
                return ExitCodes.Done;
            }

            var story = new Terminal(call.Environment with { Out = call.Environment.Error, IsInteractive = false }, json: false);
            call.Terminal.PrintJson(JsonSerializer.SerializeToUtf8Bytes(await RunAsync(story, project, call.Cancellation), CliJson.Default.DemoOutcome));
            return ExitCodes.Done;
        });

    internal static async Task<DemoOutcome> RunAsync(Terminal terminal, DemoProject project, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("referee-demo-").FullName;
        try
        {
            var clock = new DemoClock(terminal.Environment.Time);
            using var clone = await DemoClone.CreateAsync(project, folder, terminal.Environment.Time, ct);
            await using var stage = await DemoStage.OpenAsync(folder, clock, ct);
            return await new DemoStory(terminal, stage, clone, clock, ct).TellAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
