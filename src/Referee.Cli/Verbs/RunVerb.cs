// referee run ITEM -- command…: executes a command as a runner and submits what was seen, under the runner's own principal.
// Always: only a run whose tree held (clean and equal before and after) names a subject; a run without a readable report submits nothing.
using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Referee.Cli.Run;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class RunVerb
{
    /// <summary>The kind that is a number of tests alone, however it was asked for: the refusal that misses it says <c>--evidence baseline</c>.</summary>
    private const string Baseline = "baseline";

    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var command = new Argument<string[]>("command") { Description = "What to execute, after --", Arity = ArgumentArity.OneOrMore };
        var kind = new Option<string>("--evidence", "--kind") { Description = "The kind of evidence it gives", DefaultValueFactory = _ => "tests" };
        var baseline = new Option<bool>("--baseline") { Description = "The same as --evidence baseline: only the number of tests, which the work may not fall below" };
        var reports = new Option<string[]>("--report") { Description = "A test report (TRX or JUnit); without it, those that the run writes are found" };
        var fence = Symbols.Fence();
        return verbs.Create("run", "Execute a command under observation and submit its test results as evidence", [item, kind, baseline, reports, fence, command],
            call => RunAsync(call, call.Get(item), call.Get(baseline) ? Baseline : call.Get(kind)!, call.Get(command), call.Get(reports) ?? [], call.Get(fence)));
    }

    private static async Task<int> RunAsync(VerbCall call, string item, string kind, string[] command, string[] reports, long? fence)
    {
        ObservedRun run;
        try
        {
            // The run's own output is for people; with --json, standard output carries the answer alone.
            run = await ObservedRun.ExecuteAsync(
                command, call.Environment.Directory, reports, new TextStream(call.Terminal.Json ? call.Environment.Error : call.Environment.Out), new TextStream(call.Environment.Error), call.Environment.Time, call.Cancellation);
        }
        catch (Exception e) when (e is InvalidOperationException or TestReportException or System.ComponentModel.Win32Exception)
        {
            throw new CliException(ExitCodes.Usage, e.Message);
        }

        if (!run.TreeHeld)
        {
            throw new CliException(ExitCodes.Refused, run.Before.Clean
                ? "the run left the work tree changed, so its result is about no tree: commit or ignore what it wrote"
                : "the work tree was not clean, so the result is about no tree: commit first");
        }

        if (run.Tests is not { } tests)
        {
            throw new CliException(ExitCodes.Refused, $"exit code {run.ExitCode}, and no test report (TRX or JUnit) was written; give --report");
        }

        var value = kind == Baseline ? new JsonObject { ["total"] = tests.Total } : new JsonObject
        {
            ["total"] = tests.Total,
            ["failed"] = tests.Failed,
            ["skipped"] = tests.Skipped,
            ["exitCode"] = run.ExitCode,
            ["durationMs"] = run.DurationMilliseconds,
            ["output"] = run.OutputDigest,
        };
        var request = new EvidenceRequest(item, kind, value.Deserialize()) { Fence = fence, Subject = run.After.Id, RequestId = VerbCall.OwnRequestId() };
        var answer = await call.CallAsync("task.evidence", request, WorkJson.Default.EvidenceRequest, WorkJson.Default.EvidenceAcceptedResult);
        return call.Show(answer, accepted => call.Terminal.Line(string.Create(CultureInfo.InvariantCulture,
            $"{item}: {kind} accepted as {accepted.Tier}: {tests.Total} tests, {tests.Failed} failed, {tests.Skipped} skipped, exit code {run.ExitCode}, {run.DurationMilliseconds} ms, tree {run.After.Id[..12]}")));
    }

    private static System.Text.Json.JsonElement Deserialize(this JsonObject value) =>
        System.Text.Json.JsonSerializer.Deserialize(value.ToJsonString(), CliJson.Default.JsonElement);

    // Bytes of the command to whoever reads text here; what is cut between two writes is put together by the decoder.
    private sealed class TextStream(TextWriter writer) : Stream
    {
        private readonly System.Text.Decoder _decoder = System.Text.Encoding.UTF8.GetDecoder();

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var characters = new char[_decoder.GetCharCount(buffer, flush: false)];
            var length = _decoder.GetChars(buffer, characters, flush: false);
            lock (writer)
            {
                writer.Write(characters, 0, length);
            }
        }

        public override void Flush() => writer.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
