// docs/cli.md says what the command line is; a change of the one without the other fails here.
namespace Referee.Cli.Tests;

public sealed class CliDocumentTests
{
    [Fact]
    public void The_page_is_printed_from_the_command_tree()
    {
        var path = Path.Combine(Samples.Repository, "docs", "cli.md");
        var printed = CliDocument.Print(RefereeCommand.Create(CliEnvironment.OfProcess()));
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, printed);
        }

        File.ReadAllText(path).ShouldBe(printed, "docs/cli.md is stale: run the tests of Referee.Cli with UPDATE_DOCS=1");
    }
}
