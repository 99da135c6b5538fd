// Reading a backlog: what teams write, errors that can be found, an order that can be submitted, and no input that throws.
using FsCheck;
using FsCheck.Fluent;
using Referee.Records;
using Referee.Work.Backlog;

namespace Referee.Tests.Work.Backlog;

public sealed class BacklogReaderTests
{
    private const string Full = """
        ---
        id: lua-tables
        title: "Tables: array part"
        priority: P1
        depends: [lua-values, lua-strings]
        labels:
          - lua
          - engine
        workflow: code-change
        x-owner: ann
        ---
        # A heading

        Text.

        ```
        ## Acceptance criteria
        - not this
        ```

        ## Acceptance criteria

        - [ ] pairs walks
          in order
        * [x] lengths are right
        1. no leak

        ## Notes
        - not this either
        """;

    private static BacklogContent Read(params (string, string)[] files) => BacklogReader.Read(files, "usual");

    [Fact]
    public void A_full_item_is_read_as_written()
    {
        var content = Read(("a.md", Full));

        content.Errors.ShouldBeEmpty();
        var request = content.Items.Single().Request;
        request.ShouldSatisfyAllConditions(
            () => request.Item.ShouldBe("lua-tables"),
            () => request.Title.ShouldBe("Tables: array part"),
            () => request.Priority.ShouldBe(200),
            () => request.DependsOn.ShouldBe(["lua-values", "lua-strings"]),
            () => request.Labels.ShouldBe(["lua", "engine"]),
            () => request.Workflow.ShouldBe("code-change"),
            () => request.AcceptanceCriteria.ShouldBe(["pairs walks in order", "lengths are right", "no leak"]),
            () => request.Body.ShouldStartWith("# A heading"));
    }

    [Fact]
    public void What_is_left_out_comes_from_the_file_the_heading_and_the_default()
    {
        var request = Read(("folder/short-one.md", "---\r\n---\r\n# Short one\r\n")).Items.Single().Request;

        (request.Item, request.Title, request.Workflow, request.Priority).ShouldBe(("short-one", "Short one", "usual", 100));
        Read(("b.md", "---\nacceptance: [one]\ntitle: t\ndepends: x, y\n---\n## Acceptance criteria\n- two\n")).Items.Single().Request
            .ShouldSatisfyAllConditions(b => b.AcceptanceCriteria.ShouldBe(["one"]), b => b.DependsOn.ShouldBe(["x", "y"]));
    }

    [Theory]
    [InlineData("no front matter", 1, "no front matter")]
    [InlineData("---\nid: a\n", 1, "no end")]
    [InlineData("---\nid: a\ntitle: t\npriority: 999\n---\n", 4, "priority")]
    [InlineData("---\nid: a\ntitle: t\npriority: soon\n---\n", 4, "priority")]
    [InlineData("---\nid: a b\ntitle: t\n---\n", 2, "id: wanted")]
    [InlineData("---\nid: a\n---\nno heading\n", 1, "title: wanted")]
    [InlineData("---\nid: a\ntitle: t\ndepend: b\n---\n", 4, "`depend` is not one of")]
    [InlineData("---\nid: a\nid: b\n---\n", 3, "twice")]
    [InlineData("---\nid: [a]\ntitle: t\n---\n", 2, "one text")]
    [InlineData("---\nid: a\ntitle: t\nlabels: [[x]]\n---\n", 4, "nothing deeper")]
    [InlineData("---\nid: a\ntitle: t\nlabels: {x: 1}\n---\n", 4, "a text or a list")]
    [InlineData("---\nid: a\ntitle: \"t\n---\n", 3, "not YAML")]
    [InlineData("---\n- a\n---\n", 2, "name: value")]
    [InlineData("---\nid: *x\ntitle: t\n---\n", 2, "")]
    [InlineData("---\nid: a\ntitle: t\ndepends: [a]\n---\n", 4, "itself")]
    public void A_fault_is_told_with_file_line_and_reason_and_the_others_go_in(string text, int line, string reason)
    {
        var content = Read(("good.md", "---\ntitle: Good\n---\n"), ("bad.md", text));

        content.Items.Select(item => item.Request.Item).ShouldBe(["good"]);
        var error = content.Errors.Single();
        error.File.ShouldBe("bad.md");
        error.Line.ShouldBe(line, error.Reason);
        error.Reason.ShouldContain(reason);
    }

    [Fact]
    public void Items_come_after_those_they_depend_on_and_otherwise_in_the_order_of_the_files()
    {
        static (string, string) Item(string id, string depends = "") => ($"{id}.md", $"---\ntitle: {id}\ndepends: [{depends}]\n---\n");

        Read(Item("e"), Item("a", "c, b"), Item("b", "c"), Item("c", "elsewhere"), Item("d")).Items.Select(item => item.Request.Item).ShouldBe(["e", "c", "b", "a", "d"]);

        var circle = Read(Item("a", "b"), Item("b", "c"), Item("c", "a"), Item("d", "a"), Item("e"));
        circle.Items.Select(item => item.Request.Item).ShouldBe(["e"]);
        circle.Errors.Select(error => error.File).ShouldBe(["a.md", "b.md", "c.md", "d.md"]);
        circle.Errors[0].Reason.ShouldBe("waits in a circle, through b");
    }

    [Fact]
    public void An_id_that_two_files_give_is_an_error_of_the_second()
    {
        var content = Read(("a.md", "---\ntitle: one\n---\n"), ("b.md", "---\nid: a\ntitle: two\n---\n"));

        content.Items.Single().Request.Title.ShouldBe("one");
        content.Errors.Single().ToString().ShouldBe("b.md:1: the id a is already in a.md");
    }

    [Fact]
    public void No_text_ends_in_an_exception()
    {
        var token = Gen.Elements(
            "---", "\n", "\n", ": ", "id", "title", "priority", "- ", "[", "]", "{", "}", "&a", "*a", "!!x", "!", "|", ">", "\"", "'", "#", "## Acceptance criteria", "- [ ] x", "? ",
            "%", "@", "`", "\t", " ", "\0", "ä", "\ud800", "a", "999", "<<", "```", "\r", ",", "\\", "\uFEFF");
        var yaml = token.ArrayOf().Select(tokens => string.Concat(tokens));
        Prop.ForAll(yaml.ToArbitrary(), text =>
        {
            foreach (var file in new[] { text, "---\n" + text, "---\n" + text + "\n---\n" + text, "---\nid: a\ntitle: " + text + "\n---\n" })
            {
                var content = Read(("f.md", file));
                (content.Items.Count + content.Errors.Count).ShouldBeGreaterThan(0);
                content.Errors.ShouldAllBe(error => error.Line >= 1 && error.Reason.Length > 0);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Deep_nesting_and_many_aliases_cost_nothing()
    {
        Read(("f.md", "---\nlabels: " + new string('[', 100_000) + "\n---\n")).Errors.Count.ShouldBe(1);
        Read(("f.md", "---\nx-a: &a [1]\nx-b: *a\n---\n")).Errors.Count.ShouldBe(1);
    }

    [Fact]
    public void The_backlog_of_this_project_reads_without_a_fault()
    {
        var folder = Path.Combine(Root(), "samples", "backlog");

        var content = BacklogReader.ReadFolder(folder, "code-change");

        content.Errors.ShouldBeEmpty();
        content.Items.Count.ShouldBeGreaterThanOrEqualTo(12);
        content.Items.ShouldAllBe(item => item.Request.AcceptanceCriteria.Count > 0);
        var seen = new HashSet<string>();
        foreach (var item in content.Items)
        {
            item.Request.DependsOn.ShouldBeSubsetOf(seen, $"{item.File} waits for what is not in the backlog");
            seen.Add(item.Request.Item);
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Referee.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("Referee.slnx is in no folder above the tests.");
        }

        return folder.FullName;
    }
}

/// <summary>A backlog on its way into a project.</summary>
public abstract class BacklogSubmitTests(StoreFixture store)
{
    [Fact]
    public async Task A_backlog_goes_in_and_can_be_read_again()
    {
        var project = await store.NewProject().WithWorkflowAsync();
        var content = BacklogReader.Read(
            [
                ("b.md", "---\ntitle: b\ndepends: a\n---\n"), ("a.md", "---\ntitle: a\npriority: P0\n---\n"), ("c.md", "---\ntitle: c\ndepends: nobody\n---\n"), ("d.md", "nothing"),
            ],
            "plain");

        var report = await project.SubmitBacklogAsync(Sample.Olga, content);

        report.Submitted.Select(item => (item.Item, item.State)).ShouldBe([("a", WorkState.Ready), ("b", WorkState.Blocked)]);
        report.Refused.Single().ShouldSatisfyAllConditions(c => c.Item.ShouldBe("c"), c => c.Refused.Code.ShouldBe(RefusalCodes.NotFound));
        report.Errors.Single().File.ShouldBe("d.md");
        (await project.SubmitBacklogAsync(Sample.Olga, content)).AlreadyThere.ShouldBe(["a", "b"]);
    }
}

public sealed class BacklogSubmitOnRedisTests(RealRedisStore store) : BacklogSubmitTests(store), IClassFixture<RealRedisStore>;

public sealed class BacklogSubmitOnEmbeddedTests(EmbeddedStore store) : BacklogSubmitTests(store), IClassFixture<EmbeddedStore>;
