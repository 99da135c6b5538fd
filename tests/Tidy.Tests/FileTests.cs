// What every file keeps: an opening that says what it is, a size with a reason, marks that point at something, and no trace of one machine.
using System.Text.RegularExpressions;

namespace Tidy.Tests;

public sealed partial class FileTests
{
    private const int LinesMax = 600;

    [Fact]
    public void Every_source_file_opens_with_what_it_is()
    {
        Repository.Sources("src/").Where(file => !Repository.Read(file).StartsWith("//", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void A_file_over_600_lines_says_at_its_top_why_it_is_still_one_thing()
    {
        foreach (var file in Repository.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".lua", StringComparison.Ordinal)))
        {
            var lines = Repository.Read(file).Split('\n');
            if (lines.Length > LinesMax)
            {
                lines.Take(15).ShouldContain(line => line.Contains("One file because", StringComparison.OrdinalIgnoreCase), $"{file} has {lines.Length} lines and no sentence with \"One file because\"");
            }
        }
    }

    [Fact]
    public void Every_hot_mark_names_a_benchmark_that_exists()
    {
        foreach (var file in Repository.Sources("src/"))
        {
            foreach (var line in Repository.Read(file).Split('\n').Where(line => line.TrimStart().StartsWith("// HOT", StringComparison.Ordinal)))
            {
                var bench = BenchPath().Match(line);
                bench.Success.ShouldBeTrue($"{file}: {line.Trim()}");
                Repository.Files.ShouldContain(bench.Value, $"{file} names {bench.Value}");
            }
        }
    }

    [Fact]
    public void Nothing_is_left_undone_in_what_ships()
    {
        foreach (var file in Repository.Sources("src/"))
        {
            Undone().Match(Repository.Read(file)).Value.ShouldBe("", file);
        }
    }

    [Fact]
    public void No_file_names_a_path_of_one_machine_or_the_host_of_a_registry()
    {
        foreach (var file in Repository.Files.Where(file => !file.EndsWith(".png", StringComparison.Ordinal)))
        {
            OneMachine().Match(Repository.Read(file)).Value.ShouldBe("", file);
        }
    }

    // The demo runs these tests on machines without a redis-server; it leaves out those that say they need one.
    [Fact]
    public void A_test_that_the_demo_might_run_says_when_it_needs_a_redis_server() => Repository.Sources("tests/Evalsha.Resp.Tests/")
        .SelectMany(file => Repository.Read(file).Split("    [Fact").Skip(1).Select(test => (File: file, Test: test)))
        .Where(row => row.Test.Contains("RealRedis.", StringComparison.Ordinal) && !row.Test.StartsWith(", Trait(\"Needs\", \"redis-server\")]", StringComparison.Ordinal))
        .Select(row => row.File).ShouldBeEmpty("mark it [Fact, Trait(\"Needs\", \"redis-server\")]");

    [Fact]
    public void Markdown_links_inside_the_repository_lead_somewhere()
    {
        foreach (var file in Repository.Files.Where(file => file.EndsWith(".md", StringComparison.Ordinal)))
        {
            foreach (Match link in MarkdownLink().Matches(Repository.Read(file)))
            {
                var target = Path.Combine(Repository.Root, Path.GetDirectoryName(file) ?? "", link.Groups[1].Value);
                (File.Exists(target) || Directory.Exists(target)).ShouldBeTrue($"{file} links to {link.Groups[1].Value}");
            }
        }
    }

    [GeneratedRegex(@"benches/[A-Za-z0-9_./-]+\.cs")]
    private static partial Regex BenchPath();

    [GeneratedRegex(@"NotImplementedException|\bTODO\b|\bFIXME\b|\bHACK\b|catch\s*\{\s*\}|catch \(Exception\)\s*\{\s*\}")]
    private static partial Regex Undone();

    // Spelled so that the rule does not break itself: no path and no host stands here as it would stand in a file.
    [GeneratedRegex(@"(?<![\w.{}])/(?:work|root|farm)/|""resolved""\s*:\s*""http|<add key=""[^""]*"" value=""http|https?://[\w.-]*(?:nuget|npmjs|debian)\.(?:org|com)")]
    private static partial Regex OneMachine();

    [GeneratedRegex(@"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")]
    private static partial Regex MarkdownLink();
}
