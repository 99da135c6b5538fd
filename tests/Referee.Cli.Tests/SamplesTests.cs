// The samples are run, and what a README says they print is what they print.
using System.Diagnostics;

namespace Referee.Cli.Tests;

public sealed class SamplesTests
{
    [Theory]
    [InlineData("TenLines", "README.md")]
    [InlineData("EmbeddedLua", "src/Evalsha.Lua/README.md")]
    public async Task A_sample_prints_what_its_README_says(string sample, string document)
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Samples.Repository, document));
        var said = readme.ReplaceLineEndings("\n").Split("```text\n")[1].Split("```")[0];
        (await RunAsync(sample)).ShouldBe(said);
    }

    // The sample is built with these tests, into the folder beside theirs.
    private static async Task<string> RunAsync(string sample)
    {
        var mine = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(mine.Parent!.Parent!.FullName, sample, mine.Name, $"{sample}.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program]) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
        return output.ReplaceLineEndings("\n");
    }
}
