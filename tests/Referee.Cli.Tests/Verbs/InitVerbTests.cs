// A folder for a coding agent: made once, made again without harm, and safe to leave lying in a repository.
using System.Text.Json;

namespace Referee.Cli.Tests.Verbs;

public sealed class InitVerbTests(EmbeddedGateway world) : IClassFixture<EmbeddedGateway>
{
    [Fact]
    public async Task It_leaves_tokens_for_their_owner_alone_a_hook_that_runs_and_nothing_for_git_to_see()
    {
        var project = await world.NewAsync(git: true);
        var run = (await project.RunAsync("init")).ShouldBeDone();

        foreach (var file in (string[])["agent.token", "runner.token", "operator.token"])
        {
            CliProject.Mode(Path.Combine(project.Referee, file)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, file);
            run.Out.ShouldNotContain(File.ReadAllText(Path.Combine(project.Referee, file)).Trim());
        }

        CliProject.Mode(Path.Combine(project.Referee, "hooks", "stop")).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue();
        project.Git("status", "--porcelain").ShouldBe("");
        var settings = run.Out.Split('\n').Single(line => line.Contains("\"Stop\"", StringComparison.Ordinal));
        JsonDocument.Parse(settings).RootElement.GetProperty("hooks").GetProperty("Stop")[0].GetProperty("hooks")[0].GetProperty("command").GetString()
            .ShouldBe("\"$CLAUDE_PROJECT_DIR\"/.referee/hooks/stop");
    }

    [Fact]
    public async Task A_second_time_keeps_the_tokens_and_may_go_into_shadow_and_out()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("init")).ShouldBeDone();
        var token = Token(project);

        (await project.RunAsync("init", "--shadow")).ShouldBeDone().Out.ShouldContain("in shadow");
        Token(project).ShouldBe(token);
        File.ReadAllText(Path.Combine(project.Referee, "config.json")).ShouldContain("\"shadow\":true");
        (await project.RunAsync("init", "--json")).ShouldBeDone().Json.GetProperty("shadow").GetBoolean().ShouldBeFalse();
        (await new CliActor(project, "agent", token).RunAsync("status")).ShouldBeDone();
    }

    [Fact]
    public async Task For_another_agent_it_makes_other_tokens()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("init")).ShouldBeDone();
        (await project.RunAsync("init", "--agent", "other")).ShouldBeDone();
        (await new CliActor(project, "", Token(project)).CallAsync("system.whoami")).ShouldContain("\"principal\":\"other\"");
    }

    [Fact]
    public async Task A_token_whose_principal_was_removed_is_made_anew()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("init")).ShouldBeDone();
        (await project.RunAsync("principal", "remove", "agent")).ShouldBeDone();
        (await project.RunAsync("init")).ShouldBeDone();
        (await new CliActor(project, "", Token(project)).CallAsync("system.whoami")).ShouldContain("\"principal\":\"agent\"");
    }

    [Fact]
    public async Task A_name_that_is_none_and_a_Redis_are_refused()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("init", "--agent", "a/b")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("BAD_NAME");
        (await project.RunAsync("init", "--redis", "redis://127.0.0.1:1")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("no meaning with --redis");
    }

    private static string Token(CliProject project) => File.ReadAllText(Path.Combine(project.Referee, "agent.token")).Trim();
}
