// The subject of evidence about code: the git tree that is checked out, and whether the work tree is exactly that.
// Always: a tree id is read from git, never taken from a report; a work tree with changes (also untracked files) is not clean.
using System.Diagnostics;

namespace Referee.Cli.Run;

/// <summary>A checked-out tree: its object id and whether nothing differs from it.</summary>
public sealed record GitTree(string Id, bool Clean)
{
    /// <summary>Reads the tree of HEAD in <paramref name="folder"/>.</summary>
    /// <exception cref="InvalidOperationException">The folder is in no git work tree, or git is missing.</exception>
    public static async Task<GitTree> ReadAsync(string folder, CancellationToken ct)
    {
        var id = await GitAsync(folder, ct, "rev-parse", "HEAD^{tree}");
        var changes = await GitAsync(folder, ct, "status", "--porcelain", "--untracked-files=normal");
        return new(id.Trim(), changes.Length == 0);
    }

    private static async Task<string> GitAsync(string folder, CancellationToken ct, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var git = Process.Start(start) ?? throw new InvalidOperationException("git did not start");
        var output = git.StandardOutput.ReadToEndAsync(ct);
        var errors = git.StandardError.ReadToEndAsync(ct);
        await git.WaitForExitAsync(ct);
        return git.ExitCode == 0
            ? await output
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)} in {folder}: {(await errors).Trim()}");
    }
}
