// referee init: prepares a folder for a coding agent: principals with tokens, a configuration, and a hook script for its stop event.
using System.CommandLine;
using System.Text.Json.Nodes;
using Referee.Cli.Hooks;
using Referee.Fleet;
using Referee.Hosting;
using Referee.Records;
using Referee.Web.Api;

namespace Referee.Cli.Verbs;

internal static class InitVerb
{
    private const string CommandVariable = "REFEREE_COMMAND";

    public static Command Create(VerbFactory verbs)
    {
        var agent = new Option<string>("--agent") { Description = "The agent's name as a principal", DefaultValueFactory = _ => "agent" };
        var shadow = new Option<bool>("--shadow") { Description = "The hook records what it would have done and never blocks" };
        return verbs.Create("init", "Prepare this folder for a coding agent: tokens, configuration, a hook for its stop event", [agent, shadow],
            call => RunAsync(call, call.Get(agent)!, call.Get(shadow)));
    }

    private static async Task<int> RunAsync(VerbCall call, string agent, bool shadow)
    {
        if (call.DoorOptions.Redis is not null)
        {
            throw new CliException(ExitCodes.Usage, "init prepares a folder; it has no meaning with --redis");
        }

        var folder = RefereeFolder.Create(call.Environment.Directory, call.Environment.Time);
        var files = new AgentFolder(folder);
        var known = files.FindConfiguration()?.Agent == agent ? await NamesAsync(call) : [];
        await AddAsync(call, new Principal(agent, PrincipalKind.Agent, []), files.AgentTokenPath, known);
        await AddAsync(call, new Principal($"{agent}-runner", PrincipalKind.Runner, []), files.RunnerTokenPath, known);
        files.WriteConfiguration(new HookConfiguration(agent, shadow));
        files.ForgetMemory();
        files.WriteScript(call.Environment.Variables.GetValueOrDefault(CommandVariable) is { Length: > 0 } command ? command : "referee");
        Say(call, folder, files, agent, shadow);
        return ExitCodes.Done;
    }

    private static void Say(VerbCall call, RefereeFolder folder, AgentFolder files, string agent, bool shadow)
    {
        if (call.Terminal.Json)
        {
            var said = new JsonObject
            {
                ["folder"] = folder.Path, ["agent"] = agent, ["shadow"] = shadow, ["agentToken"] = files.AgentTokenPath, ["runnerToken"] = files.RunnerTokenPath, ["hook"] = files.ScriptPath,
            };
            call.Terminal.Line(said.ToJsonString());
            return;
        }

        var hook = Path.GetRelativePath(call.Environment.Directory, files.ScriptPath).Replace('\\', '/');
        call.Terminal.Line($$$"""
            {{{folder.Path}}} is ready{{{(shadow ? ", in shadow: the hook records and never blocks" : "")}}}.

            The agent's token is in {{{Path.GetRelativePath(call.Environment.Directory, files.AgentTokenPath)}}}, the runner's beside it. Use them as REFEREE_TOKEN.
            Give your agent this hook for its stop event. For Claude Code, in .claude/settings.json:

              {"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "\"$CLAUDE_PROJECT_DIR\"/{{{hook}}}"}]}]}}

            Next: referee submit --id first --title "Something to prove", then let the agent claim it.
            """);
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(VerbCall call)
    {
        var listed = await call.CallAsync("principal.list", new NoParameters(), ApiJson.Default.NoParameters, FleetJson.Default.PrincipalListResult);
        return [.. listed.Result.OrThrow().Principals.Select(principal => principal.Name)];
    }

    // A token that is still at hand and still somebody's is kept: init may be run again, to go in or out of shadow.
    private static async Task AddAsync(VerbCall call, Principal principal, string tokenPath, IReadOnlyList<string> known)
    {
        if (known.Contains(principal.Name) && File.Exists(tokenPath))
        {
            return;
        }

        await call.CallAsync("principal.remove", new NameQuery(principal.Name), ApiJson.Default.NameQuery, FleetJson.Default.PrincipalRemovedResult);
        var added = await call.CallAsync("principal.add", principal, ApiJson.Default.Principal, FleetJson.Default.PrincipalAddedResult);
        if (added.Result.Value is not { } value)
        {
            throw new CliException(ExitCodes.Usage, $"{principal.Name}: {string.Join("; ", added.Result.Refusals.Select(refusal => $"{refusal.Code} wanted {refusal.Wanted}"))}");
        }

        RefereeFolder.WritePrivate(tokenPath, value.Token + "\n");
    }
}
