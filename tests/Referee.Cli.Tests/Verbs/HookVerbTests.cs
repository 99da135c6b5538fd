// An agent says it is done: passed, blocked once, parked, or recorded in shadow; and a referee that cannot be asked.
using System.Diagnostics;

namespace Referee.Cli.Tests.Verbs;

public sealed class HookVerbTests(EmbeddedGateway world) : IClassFixture<EmbeddedGateway>
{
    private const int Block = 2;

    [Fact]
    public async Task With_nothing_claimed_an_agent_may_stop()
    {
        var project = await world.NewAsync(git: true);
        (await project.RunAsync("init")).ShouldBeDone();
        var stop = (await project.RunAsync("hook", "stop")).ShouldBeDone();
        (stop.Out + stop.Error).ShouldBe("");
    }

    [Fact]
    public async Task It_blocks_once_with_every_reason_then_parks_the_item_for_a_person()
    {
        var project = await WithClaimAsync();

        var first = (await project.RunAsync("hook", "stop")).ShouldExit(Block);
        first.Error.ShouldContain("a is not done. The referee wants:");
        first.Error.ShouldContain("evidence.baseline");
        first.Error.ShouldContain("evidence.tests");
        first.Error.ShouldContain("evidence.summary");

        (await project.RunAsync("hook", "stop")).ShouldBeDone().Error.ShouldContain("a is parked for a person");
        var item = (await project.RunAsync("show", "a", "--json")).Value;
        item.GetProperty("state").GetString().ShouldBe("Parked");
        item.GetProperty("note").GetString()!.ShouldContain("stopped twice without change");
        (await project.RunAsync("hook", "stop")).ShouldBeDone().Error.ShouldBe("");
    }

    [Fact]
    public async Task It_blocks_again_after_the_tree_or_the_item_changed()
    {
        var project = await WithClaimAsync();
        (await project.RunAsync("hook", "stop")).ShouldExit(Block);
        project.Write("code.txt", "two");
        project.Commit();
        (await project.RunAsync("hook", "stop")).ShouldExit(Block);
        (await Agent(project).RunAsync("evidence", "a", "summary", "half of it", "-f", "1")).ShouldBeDone();
        (await project.RunAsync("hook", "stop")).ShouldExit(Block).Error.ShouldNotContain("evidence.summary");
        (await project.RunAsync("hook", "stop")).ShouldBeDone().Error.ShouldContain("parked");
    }

    [Fact]
    public async Task When_the_gate_is_open_an_agent_may_stop()
    {
        var project = await WithClaimAsync();
        const string green = "echo '<testsuite><testcase name=\"a\"/></testsuite>' > junit.xml";
        var runner = new CliActor(project, "agent-runner", File.ReadAllText(Path.Combine(project.Referee, "runner.token")).Trim());
        (await runner.RunAsync("run", "a", "--baseline", "--", "sh", "-c", green)).ShouldBeDone();
        (await Agent(project).RunAsync("evidence", "a", "summary", "all of it", "-f", "1", "--subject", project.Tree(), "--set-subject")).ShouldBeDone();
        (await runner.RunAsync("run", "a", "--", "sh", "-c", green)).ShouldBeDone();
        (await project.RunAsync("hook", "stop")).ShouldBeDone();
    }

    [Fact]
    public async Task In_shadow_it_records_what_it_would_have_done_and_never_blocks()
    {
        var project = await WithClaimAsync("--shadow");

        (await project.RunAsync("hook", "stop")).ShouldBeDone().Error.ShouldBe("");
        (await project.RunAsync("hook", "stop")).ShouldBeDone();

        var lines = File.ReadAllLines(Path.Combine(project.Referee, "shadow.jsonl"));
        lines.Length.ShouldBe(2);
        lines[0].ShouldContain("\"would\":\"Block\"");
        lines[1].ShouldContain("\"would\":\"Parked\"");
        (await project.RunAsync("show", "a", "--json")).Value.GetProperty("state").GetString().ShouldBe("Claimed");
    }

    [Fact]
    public async Task A_referee_that_does_not_answer_blocks_once_and_not_for_ever()
    {
        var project = await WithClaimAsync();
        var address = File.ReadAllText(project.GatewayFile);
        await project.DownAsync();
        // What a killed gateway leaves behind while its lock is still held by something.
        using var held = new Referee.Hosting.RefereeFolder(project.Referee, TimeProvider.System).TryLock();
        File.WriteAllText(project.GatewayFile, address);

        (await project.RunAsync("hook", "stop")).ShouldExit(Block).Error.ShouldContain("the referee could not be asked");
        (await project.RunAsync("hook", "stop")).ShouldExit(ExitCodes.Done).Error.ShouldContain("the referee could not be asked");
        (await project.RunAsync("hook", "stop")).ShouldExit(Block);
    }

    [Theory]
    [InlineData("config.json", "{ half")]
    [InlineData("config.json", null)]
    [InlineData("agent.token", null)]
    [InlineData("agent.token", "nobody's")]
    public async Task A_damaged_folder_blocks_once_and_not_for_ever(string file, string? text)
    {
        var project = await WithClaimAsync();
        var path = Path.Combine(project.Referee, file);
        if (text is null)
        {
            File.Delete(path);
        }
        else
        {
            File.WriteAllText(path, text);
        }

        (await project.RunAsync("hook", "stop")).ShouldExit(Block).Error.ShouldContain("could not be asked");
        (await project.RunAsync("hook", "stop")).ShouldExit(ExitCodes.Done);
    }

    [Fact]
    public async Task A_damaged_memory_costs_one_more_block()
    {
        var project = await WithClaimAsync();
        (await project.RunAsync("hook", "stop")).ShouldExit(Block);
        File.WriteAllText(Path.Combine(project.Referee, "hook-memory.json"), "[");
        (await project.RunAsync("hook", "stop")).ShouldExit(Block);
        (await project.RunAsync("hook", "stop")).ShouldBeDone().Error.ShouldContain("parked");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(127, 2)]
    public async Task The_script_passes_only_what_passed_from_wherever_it_is_called(int referee, int expected)
    {
        var project = await world.NewAsync();
        (await project.RunAsync("init")).ShouldBeDone();
        var stub = project.WriteProgram("stub", $"#!/bin/sh\n[ \"$*\" = 'hook stop' ] && [ \"$(pwd -P)\" = \"$(cd '{project.Folder}' && pwd -P)\" ] || exit 99\nexit {referee}\n");
        var start = new ProcessStartInfo(Path.Combine(project.Referee, "hooks", "stop")) { WorkingDirectory = Path.GetTempPath() };
        start.Environment["REFEREE_COMMAND"] = stub;
        using var script = Process.Start(start)!;
        await script.WaitForExitAsync();
        script.ExitCode.ShouldBe(expected);
    }

    private static CliActor Agent(CliProject project) => new(project, "agent", File.ReadAllText(Path.Combine(project.Referee, "agent.token")).Trim());

    // The agent of the folder holds the item `a`, of which nothing is proven.
    private async Task<CliProject> WithClaimAsync(params string[] init)
    {
        var project = await world.NewAsync(git: true);
        (await project.RunAsync(["init", .. init])).ShouldBeDone();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await Agent(project).RunAsync("claim", "a")).ShouldBeDone();
        return project;
    }
}
