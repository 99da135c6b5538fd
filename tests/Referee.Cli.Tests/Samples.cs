// Where the samples are: the tests run what the documents show.
namespace Referee.Cli.Tests;

internal static class Samples
{
    public static string Repository { get; } = Find();

    public static string Root => Path.Combine(Repository, "samples");

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Referee.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Referee.slnx is in no folder above the tests");
    }
}
