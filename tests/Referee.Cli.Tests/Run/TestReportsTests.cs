// Reports as runners write them, and as someone would bend them.
using Referee.Cli.Run;

namespace Referee.Cli.Tests.Run;

public sealed class TestReportsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("reports-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_trx_file_gives_its_counts_and_what_did_not_run_is_skipped()
    {
        var file = Write("a.trx", """<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><ResultSummary outcome="Failed"><Counters total="10" executed="8" passed="6" failed="1" error="0" timeout="1" /></ResultSummary></TestRun>""");
        TestReports.Read(file).ShouldBe(new TestCounts(10, 6, 2, 2));
    }

    [Fact]
    public void JUnit_cases_are_counted_once_though_suites_nest_and_repeat_their_sums()
    {
        var file = Write("TEST-a.xml", """
            <testsuites tests="4" failures="1"><testsuite tests="4"><testsuite tests="2">
              <testcase name="a"/><testcase name="b"><failure>no</failure></testcase></testsuite>
              <testcase name="c"><skipped/></testcase><testcase name="d"><error/></testcase>
            </testsuite></testsuites>
            """);
        TestReports.Read(file).ShouldBe(new TestCounts(4, 1, 2, 1));
    }

    [Fact]
    public void Several_reports_add_up()
    {
        var one = Write("TEST-1.xml", "<testsuite><testcase name='a'/></testsuite>");
        var two = Write("TEST-2.xml", "<testsuite><testcase name='b'><failure/></testcase></testsuite>");
        TestReports.Read([one, two]).ShouldBe(new TestCounts(2, 1, 1, 0));
    }

    [Theory]
    [InlineData("<TestRun>", "a.trx:1")]
    [InlineData("<TestRun></TestRun>", "cut off")]
    [InlineData("<html/>", "neither TRX")]
    [InlineData("<TestRun><Counters total='x' executed='1' passed='1'/></TestRun>", "whole number in 'total'")]
    [InlineData("<TestRun><Counters total='-1' executed='1' passed='1'/></TestRun>", "whole number in 'total'")]
    [InlineData("<!DOCTYPE a [<!ENTITY b 'c'>]><TestRun>&b;</TestRun>", "a.trx:0")]
    public void A_file_that_is_no_report_is_refused_with_its_name_and_reason(string text, string reason)
    {
        Should.Throw<TestReportException>(() => TestReports.Read(Write("a.trx", text))).Message.ShouldContain(reason);
    }

    [Fact]
    public void Only_reports_written_since_the_start_are_found()
    {
        var old = Write("old.trx", "<TestRun/>");
        File.SetLastWriteTimeUtc(old, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var fresh = Write("sub/fresh.trx", "<TestRun/>");
        Write("sub/notes.xml", "<notes/>");
        TestReports.WrittenSince(_folder, new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero)).ShouldBe([fresh]);
    }

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }
}
