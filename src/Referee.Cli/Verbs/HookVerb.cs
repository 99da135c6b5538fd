// referee hook stop: what the hook script calls when a coding agent says it is done. Exit code 0 lets it stop, 2 keeps it working with the reasons.
using System.CommandLine;
using System.Text.Json.Nodes;
using Referee.Cli.Doors;
using Referee.Cli.Hooks;
using Referee.Hosting;

namespace Referee.Cli.Verbs;

internal static class HookVerb
{
    /// <summary>What coding agents read as "go on working": their own number, not one of ours.</summary>
    private const int Block = 2;

    /// <summary>What is remembered of a stop that the referee could not be asked about, whatever the reason was.</summary>
    private static readonly HookMemory NotAsked = new("", 0, "");

    public static Command Create(VerbFactory verbs)
    {
        var stop = verbs.Create("stop", "The agent says it is done", [], StopAsync);
        var hook = verbs.Create("hook", "Events of a coding agent, called by its hooks", [stop], _ => throw new CliException(ExitCodes.Usage, "stop?"));
        hook.Hidden = true;
        return hook;
    }

    private static async Task<int> StopAsync(VerbCall call)
    {
        var folder = RefereeFolder.Find(call.Environment.Directory, call.Environment.Time) ?? throw new CliException(Block, "no .referee folder here: run referee init");
        var files = new AgentFolder(folder);
        HookConfiguration? configuration = null;
        StopVerdict verdict;
        try
        {
            configuration = files.ReadConfiguration();
            await using var door = await DoorKeeper.OpenAsync(call.Environment, call.DoorOptions with { Token = File.ReadAllText(files.AgentTokenPath).Trim() }, call.Cancellation);
            verdict = await StopGate.DecideAsync(door, configuration.Agent, call.Environment.Directory, files.ReadMemory(), configuration.Shadow, call.Cancellation);
        }
        catch (Exception e) when (CliException.Of(e) is { } said && e is not OperationCanceledException)
        {
            return Unasked(call, files, configuration, said.Message);
        }

        Remember(files, verdict.Memory);
        if (configuration.Shadow)
        {
            Record(call, files, verdict);
            return ExitCodes.Done;
        }

        switch (verdict.Kind)
        {
            case StopKind.Block:
                await call.Environment.Error.WriteLineAsync(Say(verdict));
                return Block;
            case StopKind.Parked:
                await call.Environment.Error.WriteLineAsync($"{verdict.Item} is parked for a person: nothing has changed since the last time it was not proven");
                return ExitCodes.Done;
            default:
                return ExitCodes.Done;
        }
    }

    // The gate stays closed whether the hook could ask or not; so it blocks once, and does not hold an agent for ever because a store is down.
    private static int Unasked(VerbCall call, AgentFolder files, HookConfiguration? configuration, string reason)
    {
        call.Environment.Error.WriteLine($"the referee could not be asked: {reason}");
        if (configuration is { Shadow: true })
        {
            return ExitCodes.Done;
        }

        var again = files.ReadMemory() == NotAsked;
        Remember(files, again ? null : NotAsked);
        return again ? ExitCodes.Done : Block;
    }

    private static void Remember(AgentFolder files, HookMemory? memory)
    {
        if (memory is null)
        {
            files.ForgetMemory();
        }
        else
        {
            files.WriteMemory(memory);
        }
    }

    private static string Say(StopVerdict verdict) =>
        $"{verdict.Item} is not done. The referee wants:\n" + string.Join('\n', verdict.Unmet.Select(refusal =>
            $"- {refusal.Code} {refusal.Path}: wanted {refusal.Wanted}, got {(refusal.Got.Length == 0 ? "nothing" : refusal.Got)}{(refusal.WhoCanFix.Length > 0 ? $"; can fix: {refusal.WhoCanFix}" : "")}{(refusal.Next.Length > 0 ? $"; next: {refusal.Next}" : "")}"));

    private static void Record(VerbCall call, AgentFolder files, StopVerdict verdict)
    {
        var line = new JsonObject
        {
            ["at"] = call.Environment.Time.GetUtcNow().ToUnixTimeMilliseconds(),
            ["item"] = verdict.Item,
            ["would"] = verdict.Kind.ToString(),
            ["unmet"] = new JsonArray([.. verdict.Unmet.Select(refusal => (JsonNode)$"{refusal.Code} {refusal.Path}")]),
        };
        File.AppendAllText(files.ShadowPath, line.ToJsonString() + "\n");
    }
}
