// A run as the runner sees it, in throw-away git folders.
using System.Diagnostics;
using Referee.Cli.Run;

namespace Referee.Cli.Tests.Run;

public sealed class ObservedRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("observed-").FullName;

    public ObservedRunTests()
    {
        File.WriteAllText(Path.Combine(_folder, "code.txt"), "one");
        File.WriteAllText(Path.Combine(_folder, ".gitignore"), "*.trx\n");
        Git("init", "-q");
        Git("add", ".");
        Git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "one");
    }

    public void Dispose()
    {
        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(file, FileAttributes.Normal); // git keeps its objects read-only
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Exit_code_tree_output_and_reports_are_what_was_seen()
    {
        using var output = new MemoryStream();
        var run = await RunAsync(output, "echo hello; echo '<testsuite><testcase name=\"a\"/></testsuite>' > r.trx; exit 3");
        run.ExitCode.ShouldBe(3);
        run.TreeHeld.ShouldBeTrue();
        run.Before.Id.Length.ShouldBe(40);
        run.Tests.ShouldBe(new TestCounts(1, 1, 0, 0));
        output.ToArray().ShouldBe("hello\n"u8.ToArray());
    }

    [Fact]
    public async Task The_same_output_has_the_same_digest_and_another_one_has_not()
    {
        var digests = new List<string>();
        foreach (var script in (string[])["echo a", "echo a", "echo b", "echo a >&2"])
        {
            digests.Add((await RunAsync(Stream.Null, script)).OutputDigest);
        }

        digests[0].ShouldBe(digests[1]);
        digests.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task A_run_that_edits_the_code_does_not_hold_its_tree()
    {
        (await RunAsync(Stream.Null, "echo two > code.txt")).TreeHeld.ShouldBeFalse();
    }

    [Fact]
    public async Task A_run_that_begins_beside_its_tree_does_not_hold_it()
    {
        File.WriteAllText(Path.Combine(_folder, "stray.txt"), "x");
        (await RunAsync(Stream.Null, "rm stray.txt")).TreeHeld.ShouldBeFalse();
    }

    [Fact]
    public async Task A_run_without_reports_has_no_counts()
    {
        (await RunAsync(Stream.Null, "true")).Tests.ShouldBeNull();
    }

    private Task<ObservedRun> RunAsync(Stream output, string script) =>
        ObservedRun.ExecuteAsync(["sh", "-c", script], _folder, [], output, Stream.Null, TimeProvider.System, CancellationToken.None);

    private void Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = _folder })!;
        git.WaitForExit();
        git.ExitCode.ShouldBe(0);
    }
}
