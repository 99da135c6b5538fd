// The demo from its first "done" to the broken chain, on a small project of the test's own whose tests take no time: everything else is the
// real thing, from git and the observed runs to the store, the gateway and the fleet.
using Referee.Cli.Demo;
using Referee.Cli.Verbs;
using Referee.Records;

namespace Referee.Cli.Tests.Verbs;

public sealed class DemoVerbTests : IAsyncLifetime
{
    private readonly CliProject _project = new(new EmbeddedFolder(), "demo");
    private readonly StringWriter _told = new();
    private DemoOutcome _outcome = null!;

    public async Task InitializeAsync()
    {
        _project.Write("tests/AlphaTests.cs", "// one");
        _project.Write("tests/BetaTests.cs", "// two");
        // A report of as many tests as there are test files.
        _project.Write("run-tests", """
            #!/bin/sh
            mkdir -p artifacts/demo
            exec > artifacts/demo/junit.xml
            echo "<testsuite>"
            for file in tests/*Tests.cs; do echo "<testcase name=\"$file\"/>"; done
            echo "</testsuite>"

            """.ReplaceLineEndings("\n"));
        foreach (var item in Directory.EnumerateFiles(Path.Combine(Samples.Root, "backlog")))
        {
            _project.Write($"samples/backlog/{Path.GetFileName(item)}", await File.ReadAllTextAsync(item));
        }

        _project.BeginGit();
        _project.Write(".gitignore", "artifacts/\n");
        _project.Commit();
        var terminal = new Terminal(new CliEnvironment(_project.Folder, new Dictionary<string, string>(), _told, TextWriter.Null, false, TimeProvider.System), json: false);
        _outcome = await DemoVerb.RunAsync(terminal, new DemoProject(_project.Folder, "tests", ["sh", "run-tests"]), CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        _told.Dispose();
        await _project.DisposeAsync();
    }

    [Fact]
    public void Every_trick_is_refused_for_its_own_reason_the_race_has_one_winner_and_the_rewritten_record_is_found()
    {
        _outcome.Tricks[0].Codes.Count.ShouldBeGreaterThan(1); // "done" alone: every reason at once
        _outcome.Tricks.Skip(1).Select(trick => trick.Codes.Distinct().Single()).ShouldBe(
            [RefusalCodes.Type, RefusalCodes.Tier, RefusalCodes.Subject, RefusalCodes.Value, RefusalCodes.StaleFence, RefusalCodes.Self]);
        _outcome.LateResults.ShouldBe(1);

        var items = Directory.EnumerateFiles(Path.Combine(Samples.Root, "backlog"), "*.md").Count(file => File.ReadAllText(file).StartsWith("---", StringComparison.Ordinal));
        _outcome.Drained.ShouldBe(items);
        _outcome.Complete.ShouldBe(items + 1);
        _outcome.Moves.ShouldBe(2 * (items + 1));

        (_outcome.Racers, _outcome.Winners).ShouldBe((64, 1));
        _outcome.Findings.ShouldNotBeEmpty();

        var told = _told.ToString();
        foreach (var code in _outcome.Tricks.SelectMany(trick => trick.Codes).Concat(_outcome.Findings))
        {
            told.ShouldContain(code);
        }

        told.ShouldContain("ran 2 tests, 0 failed");
        told.ShouldContain("ran 1 tests, 0 failed"); // after one was deleted
        told.ShouldNotContain("\e[");
        told.ShouldEndWith($"for what a decision costs the server.{Environment.NewLine}");
    }

    [Fact]
    public async Task It_takes_nobody_elses_store()
    {
        using var error = new StringWriter();
        var environment = new CliEnvironment(_project.Folder, new Dictionary<string, string>(), TextWriter.Null, error, false, TimeProvider.System);

        (await RefereeCommand.RunAsync(["demo", "--redis", "redis://localhost:6379"], environment, CancellationToken.None)).ShouldBe(ExitCodes.Usage);

        error.ToString().ShouldContain("a store of its own");
    }

    [Fact]
    public void The_checkout_it_was_played_on_is_left_as_it_was()
    {
        _project.Git("status", "--porcelain").ShouldBeEmpty();
        Directory.EnumerateFiles(Path.Combine(_project.Folder, "tests")).Count().ShouldBe(2);
    }
}
