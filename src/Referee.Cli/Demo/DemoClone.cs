// A throw-away clone of a project, in which the story edits, commits and runs the project's own fast tests.
// Always: the clone lies in a temporary folder and is swept with it; the checkout it came from is never written to.
using System.Diagnostics;
using Referee.Cli.Run;

namespace Referee.Cli.Demo;

/// <summary>What the story is played on.</summary>
/// <param name="Root">A git checkout; it holds the backlog that the fleet drains in <c>samples/backlog</c>.</param>
/// <param name="TestFolder">Where the files <c>*Tests.cs</c> are, of which one is deleted.</param>
/// <param name="TestCommand">Runs the tests there and writes a report into <c>artifacts/demo</c>.</param>
internal sealed record DemoProject(string Root, string TestFolder, IReadOnlyList<string> TestCommand)
{
    /// <summary>The checkout that this program was built from.</summary>
    /// <exception cref="CliException">There is none above the program.</exception>
    public static DemoProject Own()
    {
        const string Tests = "tests/Evalsha.Resp.Tests";
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Referee.slnx")))
        {
            folder = folder.Parent;
        }

        return new(
            folder?.FullName ?? throw new CliException(ExitCodes.Usage, "the demo runs this project's own tests: start it as ./referee in a checkout"),
            Tests,
            // The demo needs no redis-server; tests that compare with one say so.
            ["dotnet", "test", Tests, "--filter", "Needs!=redis-server", "--nologo", "--verbosity", "quiet", "--logger", "trx;LogFileName=resp.trx", "--results-directory", "artifacts/demo", "-p:UseSharedCompilation=true"]);
    }
}

internal sealed class DemoClone : IDisposable
{
    private readonly DemoProject _project;

    // The system's own clock: files carry its times, whatever the story does to the store's.
    private readonly TimeProvider _time;

    private DemoClone(string path, DemoProject project, TimeProvider time) => (Path, _project, _time) = (path, project, time);

    public string Path { get; }

    /// <summary>The command that runs the tests.</summary>
    public IReadOnlyList<string> TestCommand => _project.TestCommand;

    /// <summary>A file of notes among the tests, which an honest change writes.</summary>
    public string Notes => $"{_project.TestFolder}/NOTES.md";

    /// <exception cref="CliException">Git refuses.</exception>
    public static async Task<DemoClone> CreateAsync(DemoProject project, string parent, TimeProvider time, CancellationToken ct)
    {
        var clone = new DemoClone(System.IO.Path.Combine(parent, "clone"), project, time);
        await ExecuteAsync(parent, ct, "git", "-c", "safe.directory=*", "clone", "--quiet", "--depth", "1", "--no-local", new Uri(project.Root).AbsoluteUri, clone.Path);
        return clone;
    }

    /// <summary>Writes or deletes (null) a file, commits, and gives the new tree.</summary>
    public async Task<GitTree> CommitAsync(string file, string? text, string message, CancellationToken ct)
    {
        var path = System.IO.Path.Combine(Path, file);
        if (text is null)
        {
            File.Delete(path);
        }
        else
        {
            await File.WriteAllTextAsync(path, text, ct);
        }

        await ExecuteAsync(Path, ct, "git", "add", "--all");
        await ExecuteAsync(Path, ct, "git", "-c", "user.name=demo", "-c", "user.email=demo@example.com", "commit", "--quiet", "--message", message);
        return await GitTree.ReadAsync(Path, ct);
    }

    public Task RevertAsync(CancellationToken ct) => ExecuteAsync(Path, ct, "git", "reset", "--quiet", "--hard", "HEAD~1");

    /// <summary>A test file of the project that is run: the first by name that holds tests.</summary>
    public string SomeTestFile() => System.IO.Path.GetRelativePath(Path, Directory.EnumerateFiles(System.IO.Path.Combine(Path, _project.TestFolder), "*Tests.cs").Order(StringComparer.Ordinal).First());

    /// <summary>Runs the tests under observation; their own output is dropped.</summary>
    public Task<ObservedRun> RunTestsAsync(CancellationToken ct)
    {
        foreach (var old in Directory.Exists(Reports) ? Directory.EnumerateFiles(Reports, "*.trx") : [])
        {
            File.Delete(old);
        }

        return ObservedRun.ExecuteAsync(TestCommand, Path, [], Stream.Null, Stream.Null, _time, ct);
    }

    public void Dispose()
    {
        if (!Directory.Exists(Path))
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(file, FileAttributes.Normal); // git keeps its objects read-only
        }

        Directory.Delete(Path, recursive: true);
    }

    private string Reports => System.IO.Path.Combine(Path, "artifacts", "demo");

    private static async Task ExecuteAsync(string folder, CancellationToken ct, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new CliException(ExitCodes.Usage, $"{command} did not start");
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = process.StandardError.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        await output;
        if (process.ExitCode != 0)
        {
            throw new CliException(ExitCodes.Usage, $"{command} {string.Join(' ', arguments)}: {(await errors).Trim()}");
        }
    }
}
