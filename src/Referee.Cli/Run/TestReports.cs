// Test result files, read into counts: TRX (Visual Studio) and JUnit XML, the two forms every runner can write.
// Always: a file that claims to be a report and cannot be read is an error with its name; a count is never guessed from text output.
using System.Globalization;
using System.Xml;

namespace Referee.Cli.Run;

/// <summary>What a set of reports says together. <c>Total = Passed + Failed + Skipped</c>; errors count as failed.</summary>
public sealed record TestCounts(int Total, int Passed, int Failed, int Skipped)
{
    public static TestCounts operator +(TestCounts a, TestCounts b) =>
        new(a.Total + b.Total, a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);
}

/// <summary>A report that cannot be read; the message names the file and the reason.</summary>
public sealed class TestReportException(string message, Exception? inner = null) : Exception(message, inner);

public static class TestReports
{
    private const long ReportBytesMax = 256L * 1024 * 1024;

    // No document type, so no entity can fetch or blow up anything.
    private static readonly XmlReaderSettings Safe = new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = ReportBytesMax };

    /// <summary>The reports below <paramref name="folder"/> that were written at or after <paramref name="since"/>.</summary>
    public static IReadOnlyList<string> WrittenSince(string folder, DateTimeOffset since)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return [.. Directory.EnumerateFiles(folder, "*", options)
            .Where(file => LooksLikeReport(file) && File.GetLastWriteTimeUtc(file) >= since.UtcDateTime)
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>The sum of all <paramref name="files"/>.</summary>
    /// <exception cref="TestReportException">A file is no report or is malformed.</exception>
    public static TestCounts Read(IEnumerable<string> files) =>
        files.Aggregate(new TestCounts(0, 0, 0, 0), (sum, file) => sum + Read(file));

    public static TestCounts Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            using var xml = XmlReader.Create(stream, Safe);
            xml.MoveToContent();
            return xml.LocalName switch
            {
                "TestRun" => ReadTrx(xml, file),
                "testsuites" or "testsuite" => ReadJUnit(xml, file),
                _ => throw new TestReportException($"{file}: neither TRX (<TestRun>) nor JUnit (<testsuites>, <testsuite>): <{xml.LocalName}>"),
            };
        }
        catch (XmlException e)
        {
            throw new TestReportException($"{file}:{e.LineNumber}: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new TestReportException($"{file}: {e.Message}", e);
        }
    }

    private static bool LooksLikeReport(string file)
    {
        var name = Path.GetFileName(file);
        return name.EndsWith(".trx", StringComparison.OrdinalIgnoreCase)
            || (name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase)
                && (name.StartsWith("TEST-", StringComparison.OrdinalIgnoreCase) || name.Contains("junit", StringComparison.OrdinalIgnoreCase)));
    }

    private static TestCounts ReadTrx(XmlReader xml, string file)
    {
        while (xml.Read())
        {
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "Counters")
            {
                var total = Count(xml, "total", file);
                var passed = Count(xml, "passed", file);
                // Whatever neither passed nor was left out counts as failed: error, timeout, aborted, inconclusive.
                var executed = Count(xml, "executed", file);
                return new(total, passed, executed - passed, total - executed);
            }
        }

        throw new TestReportException($"{file}: a TRX file without <Counters>: the run was cut off");
    }

    // Suites nest, and an outer one repeats the sum of its inner ones, so the cases themselves are counted.
    private static TestCounts ReadJUnit(XmlReader xml, string file)
    {
        var sum = new TestCounts(0, 0, 0, 0);
        while (xml.Read())
        {
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "testcase")
            {
                sum += ReadCase(xml.ReadSubtree());
            }
        }

        return sum;
    }

    private static TestCounts ReadCase(XmlReader testCase)
    {
        using (testCase)
        {
            var (failed, skipped) = (false, false);
            while (testCase.Read())
            {
                failed |= testCase.NodeType == XmlNodeType.Element && testCase.LocalName is "failure" or "error";
                skipped |= testCase.NodeType == XmlNodeType.Element && testCase.LocalName == "skipped";
            }

            return failed ? new(1, 0, 1, 0) : skipped ? new(1, 0, 0, 1) : new(1, 1, 0, 0);
        }
    }

    private static int Count(XmlReader xml, string attribute, string file) =>
        int.TryParse(xml.GetAttribute(attribute), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new TestReportException($"{file}: <Counters> without a whole number in '{attribute}'");
}
