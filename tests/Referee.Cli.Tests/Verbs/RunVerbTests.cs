// A command under observation: what is submitted of it, and when nothing is.
using Referee.Fleet;

namespace Referee.Cli.Tests.Verbs;

public abstract class RunVerbTests(CliWorld world)
{
    private const string OneOfThreeFails =
        "echo '<testsuite><testcase name=\"a\"/><testcase name=\"b\"><failure/></testcase><testcase name=\"c\"><skipped/></testcase></testsuite>' > junit.xml; exit 1";

    [Fact]
    public async Task What_was_seen_is_submitted_with_the_tree_that_was_tested()
    {
        var (project, runner) = await ReadyAsync();

        var run = (await runner.RunAsync("run", "a", "--", "sh", "-c", $"echo out; echo err >&2; {OneOfThreeFails}")).ShouldBeDone();

        run.Out.ShouldStartWith("out\n");
        run.Error.ShouldContain("err\n");
        run.Out.ShouldContain($"a: tests accepted as Observed: 3 tests, 1 failed, 1 skipped, exit code 1");
        var evidence = (await project.RunAsync("show", "a", "--json")).Value.GetProperty("evidence")[0];
        evidence.GetProperty("subject").GetString().ShouldBe(project.Tree());
        evidence.GetProperty("issuer").GetString().ShouldBe("runner");
        evidence.GetProperty("tier").GetString().ShouldBe("Observed");
        var value = evidence.GetProperty("value");
        (value.GetProperty("total").GetInt32(), value.GetProperty("failed").GetInt32(), value.GetProperty("skipped").GetInt32(), value.GetProperty("exitCode").GetInt32()).ShouldBe((3, 1, 1, 1));
        value.GetProperty("output").GetString()!.Length.ShouldBe(64);
    }

    [Fact]
    public async Task With_JSON_standard_output_carries_the_answer_alone()
    {
        var (_, runner) = await ReadyAsync();
        var run = (await runner.RunAsync("run", "a", "--json", "--", "sh", "-c", $"echo out; {OneOfThreeFails}")).ShouldBeDone();
        run.Value.GetProperty("kind").GetString().ShouldBe("tests");
        run.Error.ShouldContain("out\n");
    }

    // The refusal of a missing baseline says this very command as the next one.
    [Fact]
    public async Task The_next_command_of_a_missing_baseline_works_as_printed()
    {
        var (project, runner) = await ReadyAsync();
        (await project.RunAsync("explain", "a", "review")).ShouldExit(ExitCodes.Refused).Out.ShouldContain("next: referee run a --evidence baseline -- <command>");
        (await runner.RunAsync("run", "a", "--evidence", "baseline", "--", "sh", "-c", OneOfThreeFails)).ShouldBeDone().Out.ShouldContain("a: baseline accepted as Observed: 3 tests");
    }

    [Fact]
    public async Task A_run_that_changes_the_work_tree_is_about_no_tree()
    {
        var (project, runner) = await ReadyAsync();
        (await runner.RunAsync("run", "a", "--", "sh", "-c", $"echo two > code.txt; {OneOfThreeFails}")).ShouldExit(ExitCodes.Refused).Error.ShouldContain("left the work tree changed");
        (await project.RunAsync("show", "a", "--json")).Value.GetProperty("evidence").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_run_in_a_work_tree_with_changes_is_about_no_tree()
    {
        var (project, runner) = await ReadyAsync();
        project.Write("code.txt", "two");
        (await runner.RunAsync("run", "a", "--", "sh", "-c", OneOfThreeFails)).ShouldExit(ExitCodes.Refused).Error.ShouldContain("was not clean");
    }

    [Fact]
    public async Task Without_a_report_nothing_is_submitted_whatever_the_exit_code_says()
    {
        var (project, runner) = await ReadyAsync();
        (await runner.RunAsync("run", "a", "--", "sh", "-c", "echo '12 passed'")).ShouldExit(ExitCodes.Refused).Error.ShouldContain("no test report");
        (await project.RunAsync("show", "a", "--json")).Value.GetProperty("evidence").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_report_by_name_that_cannot_be_read_and_a_command_that_is_not_there_are_wrong_usage()
    {
        var (_, runner) = await ReadyAsync();
        (await runner.RunAsync("run", "a", "--report", "none.xml", "--", "true")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("none.xml");
        (await runner.RunAsync("run", "a", "--", "sh", "-c", "echo '<testsuite>' > junit.xml")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("junit.xml:");
        (await runner.RunAsync("run", "a", "--", "no-such-program-here")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("no-such-program-here");
        (await runner.RunAsync("run", "a")).ShouldExit(ExitCodes.Usage);
    }

    [Fact]
    public async Task Outside_git_there_is_nothing_to_attest()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("run", "a", "--", "true")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("git");
    }

    private async Task<(CliProject Project, CliActor Runner)> ReadyAsync()
    {
        var project = await world.NewAsync(git: true);
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        return (project, await project.AddAsync("runner", PrincipalKind.Runner));
    }
}

public sealed class RunVerbInTrustedModeTests(TrustedRedis world) : RunVerbTests(world), IClassFixture<TrustedRedis>;

public sealed class RunVerbOnTheEmbeddedServerTests(EmbeddedGateway world) : RunVerbTests(world), IClassFixture<EmbeddedGateway>;

public sealed class RunVerbInTheFolderTests(EmbeddedFolder world) : RunVerbTests(world), IClassFixture<EmbeddedFolder>;
