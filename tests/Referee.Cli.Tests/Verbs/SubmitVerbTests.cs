// Submitting: files and options, what goes in, what is refused and where, and that the good ones never wait for the bad.
namespace Referee.Cli.Tests.Verbs;

public abstract class SubmitVerbTests(CliWorld world)
{
    [Fact]
    public async Task A_whole_backlog_goes_in_and_what_depends_is_blocked()
    {
        var project = await world.NewAsync();
        var backlog = Directory.GetFiles(Path.Combine(Samples.Root, "backlog"), "*.md");

        var run = (await project.RunAsync(["submit", .. backlog])).ShouldBeDone();

        run.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains(": submitted to ready", StringComparison.Ordinal)).ShouldBe(15);
        run.Out.ShouldContain("docs-first-hour: submitted to ready, blocked by 2");
        run.Error.ShouldContain("README.md: left out, it has no front matter");
        var stage = (await project.RunAsync("status", "--json")).Value.GetProperty("stages")[0];
        stage.GetProperty("ready").GetInt32().ShouldBe(2);
        stage.GetProperty("blocked").GetInt32().ShouldBe(13);
    }

    [Fact]
    public async Task A_backlog_can_be_submitted_again()
    {
        var project = await world.NewAsync();
        var file = project.Write("a.md", "---\nid: a\n---\n# Do a\n");
        (await project.RunAsync("submit", file)).ShouldBeDone().Out.ShouldContain("a: submitted to ready");
        (await project.RunAsync("submit", file)).ShouldBeDone().Out.ShouldContain("a: there already");
    }

    [Fact]
    public async Task A_broken_file_is_refused_with_its_line_and_the_others_go_in()
    {
        var project = await world.NewAsync();
        var good = project.Write("good.md", "---\nid: good\n---\n# Good\n");
        var bad = project.Write("bad.md", "---\nid: bad\ntitle: Bad\npriority: soon\n---\n");

        var run = (await project.RunAsync("submit", bad, good)).ShouldExit(ExitCodes.Refused);

        run.Error.ShouldContain($"{bad}:4: `priority`");
        run.Out.ShouldContain("good: submitted to ready");
        (await project.RunAsync("show", "bad", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NOT_FOUND"]);
    }

    [Fact]
    public async Task One_item_comes_from_options_with_all_that_it_has()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "first", "--title", "First", "--workflow", "prp")).ShouldBeDone();
        (await project.RunAsync("submit", "--id", "second", "--title", "Second", "--workflow", "prp", "--priority", "200", "--depends", "first", "--label", "x", "--label", "y")).ShouldBeDone();

        var item = (await project.RunAsync("show", "second", "--json")).ShouldBeDone().Value;

        item.GetProperty("stage").GetString().ShouldBe("pending");
        item.GetProperty("state").GetString().ShouldBe("Blocked");
        item.GetProperty("priority").GetInt32().ShouldBe(200);
        item.GetProperty("labels").EnumerateArray().Select(label => label.GetString()).ShouldBe(["x", "y"]);
        item.GetProperty("blockedBy")[0].GetString().ShouldBe("first");
    }

    [Fact]
    public async Task From_options_a_second_item_of_the_same_id_is_refused()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldExit(ExitCodes.Refused).Out.ShouldContain("DUPLICATE");
    }

    [Fact]
    public async Task An_unknown_workflow_or_dependency_is_refused_by_name()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A", "--workflow", "none")).ShouldExit(ExitCodes.Refused).Out.ShouldContain("none");
        (await project.RunAsync("submit", "--id", "a", "--title", "A", "--depends", "ghost")).ShouldExit(ExitCodes.Refused).Out.ShouldContain("ghost");
    }

    [Fact]
    public async Task Neither_files_nor_an_id_or_both_is_wrong_usage()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("give files, or --id and --title");
        (await project.RunAsync("submit", "a.md", "--id", "a")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("give files, or --id and --title");
        (await project.RunAsync("submit", Path.Combine(project.Folder, "missing.md"))).ShouldExit(ExitCodes.Usage).Error.ShouldContain("missing.md");
    }

    [Fact]
    public async Task The_answers_as_JSON_are_one_list()
    {
        var project = await world.NewAsync();
        var (a, b) = (project.Write("a.md", "---\nid: a\ndepends: b\n---\n# A\n"), project.Write("b.md", "---\nid: b\n---\n# B\n"));
        var answers = (await project.RunAsync("submit", a, b, "--json")).ShouldBeDone().Json;
        answers.EnumerateArray().Select(answer => answer.GetProperty("value").GetProperty("item").GetString()).ShouldBe(["b", "a"]);
    }
}

public sealed class SubmitVerbInTrustedModeTests(TrustedRedis world) : SubmitVerbTests(world), IClassFixture<TrustedRedis>;

public sealed class SubmitVerbThroughTheGatewayTests(GatewayOverRedis world) : SubmitVerbTests(world), IClassFixture<GatewayOverRedis>;

public sealed class SubmitVerbOnTheEmbeddedServerTests(EmbeddedGateway world) : SubmitVerbTests(world), IClassFixture<EmbeddedGateway>;

public sealed class SubmitVerbInTheFolderTests(EmbeddedFolder world) : SubmitVerbTests(world), IClassFixture<EmbeddedFolder>;
