// A command executed under observation: what a runner can attest because it saw it, and nothing the command says of itself.
// Always: the tree is read before and after; the output passes through unchanged while it is digested; reports count only if written during the run.
using System.Diagnostics;
using System.Security.Cryptography;

namespace Referee.Cli.Run;

/// <summary>What was seen. <paramref name="OutputDigest"/> is the SHA-256, in hex, of the two SHA-256s of standard output and standard error.</summary>
public sealed record ObservedRun(
    string Command,
    int ExitCode,
    long DurationMilliseconds,
    string OutputDigest,
    GitTree Before,
    GitTree After,
    IReadOnlyList<string> Reports,
    TestCounts? Tests)
{
    /// <summary>Evidence may name the tree only when the run neither began nor ended beside it.</summary>
    public bool TreeHeld => Before.Clean && After.Clean && Before.Id == After.Id;

    /// <summary>Runs <paramref name="command"/> in <paramref name="folder"/> and watches. Output goes on to <paramref name="output"/> and <paramref name="errors"/>.</summary>
    /// <exception cref="TestReportException">A report that the run wrote cannot be read.</exception>
    public static async Task<ObservedRun> ExecuteAsync(
        IReadOnlyList<string> command, string folder, IReadOnlyList<string> reports, Stream output, Stream errors, TimeProvider time, CancellationToken ct)
    {
        var before = await GitTree.ReadAsync(folder, ct);
        var started = time.GetUtcNow();
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start");
        try
        {
            var digests = await Task.WhenAll(
                PassThroughAsync(process.StandardOutput.BaseStream, output, ct),
                PassThroughAsync(process.StandardError.BaseStream, errors, ct));
            await process.WaitForExitAsync(ct);

            var ended = time.GetUtcNow();
            var after = await GitTree.ReadAsync(folder, ct);
            // File systems keep times coarser than clocks do: a report written in the first tick must not look older than the start.
            var found = reports.Count > 0 ? reports : TestReports.WrittenSince(folder, started - TimeSpan.FromMilliseconds(20));
            return new(
                string.Join(' ', command),
                process.ExitCode,
                (long)(ended - started).TotalMilliseconds,
                Convert.ToHexStringLower(SHA256.HashData([.. digests[0], .. digests[1]])),
                before,
                after,
                found,
                found.Count > 0 ? TestReports.Read(found) : null);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task<byte[]> PassThroughAsync(Stream from, Stream to, CancellationToken ct)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, ct)) > 0)
        {
            digest.AppendData(buffer, 0, read);
            await to.WriteAsync(buffer.AsMemory(0, read), ct);
        }

        await to.FlushAsync(ct);
        return digest.GetHashAndReset();
    }
}
