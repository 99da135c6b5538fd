// The printed pages say what the rows say; a change of the one without the other fails here.
using Evalsha.Server.Tests.Conformance;

namespace Evalsha.Server.Tests.Commands;

public sealed class CommandDocumentTests
{
    [Theory]
    [InlineData("docs/commands.md")]
    [InlineData("docs/commands.json")]
    [InlineData("docs/parameters.md")]
    [InlineData("eng/CommandFacts.cs")]
    public async Task The_page_is_printed_from_the_rows(string page)
    {
        await using var server = await RedisServer.StartAsync();
        var rows = server.Context.Commands.Rows;
        var path = Path.Combine(TranscriptTests.Folder(), "../../..", page);
        var printed = page switch
        {
            "docs/commands.md" => CommandDocument.Markdown(rows),
            "docs/parameters.md" => ParameterDocument.Markdown(server.Context.Config),
            "docs/commands.json" => CommandDocument.Json(rows),
            _ => CommandDocument.Facts(rows),
        };
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, printed);
        }

        File.ReadAllText(path).ShouldBe(printed, $"{page} is stale: run the tests of Evalsha.Server with UPDATE_DOCS=1");
    }

    [Fact]
    public async Task Every_command_has_a_sentence_and_a_cost()
    {
        await using var server = await RedisServer.StartAsync();
        server.Context.Commands.Rows.SelectMany(static row => (IEnumerable<Evalsha.Server.Dispatch.CommandRow>)[row, .. row.Subcommands])
            .Where(static row => row.Summary.Length == 0 || row.Complexity.Length == 0 || (row.KeyUses.Length == 0) != (row.Keys is { First: 0, Ranges: null }))
            .Select(static row => row.FullName).ShouldBeEmpty("each row says what it does (Summary), what it costs (Complexity) and what it does to its keys (KeyUses)");
    }
}
