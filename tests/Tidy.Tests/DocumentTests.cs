// Code in the documents is quoted, never written there: each block stands word for word in a program or file that something runs.
using System.Text.RegularExpressions;

namespace Tidy.Tests;

public sealed partial class DocumentTests
{
    [Fact]
    public void Every_csharp_block_is_quoted_from_a_sample()
    {
        var samples = Texts(file => file.StartsWith("samples/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal));
        ShouldBeQuoted("csharp", samples);
    }

    [Theory]
    [InlineData("yaml")]
    [InlineData("lua")]
    public void Every_yaml_or_lua_block_is_quoted_from_a_sample_or_a_source(string language)
    {
        var files = Texts(file => !IsDocument(file) && (file.StartsWith("samples/", StringComparison.Ordinal) || file.StartsWith("src/", StringComparison.Ordinal)));
        ShouldBeQuoted(language, files);
    }

    [Fact]
    public void The_README_links_the_page_of_the_command_line() => Repository.Read("README.md").ShouldContain("(docs/cli.md)");

    private static void ShouldBeQuoted(string language, IReadOnlyList<string> sources)
    {
        foreach (var document in Repository.Files.Where(IsDocument))
        {
            foreach (Match block in Block().Matches(Repository.Read(document).ReplaceLineEndings("\n")))
            {
                if (block.Groups[1].Value == language)
                {
                    sources.ShouldContain(source => source.Contains(block.Groups[2].Value, StringComparison.Ordinal), $"{document}: a {language} block that is in no sample:\n{block.Groups[2].Value}");
                }
            }
        }
    }

    private static bool IsDocument(string file) =>
        file == "README.md" || (file.EndsWith(".md", StringComparison.Ordinal) && (file.StartsWith("docs/", StringComparison.Ordinal) || file.StartsWith("src/", StringComparison.Ordinal)));

    private static List<string> Texts(Func<string, bool> which) => [.. Repository.Files.Where(which).Select(file => Repository.Read(file).ReplaceLineEndings("\n"))];

    [GeneratedRegex("^```([a-z]+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
