// The story of `referee demo`, chapter by chapter. Everything printed comes out of an answer or a measurement of this run; nothing is made up
// for show. Only two things are staged: the clock is moved ahead so that a lease runs out, and the fleet's evidence in chapter 4 is invented
// by its workers, which the text says. With --json the story goes to standard error, and what it came to is the answer.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Referee.Cli.Doors;
using Referee.Cli.Run;
using Referee.Fleet;
using Referee.Records;
using Referee.Work;

namespace Referee.Cli.Demo;

internal sealed class DemoStory(Terminal terminal, DemoStage stage, DemoClone clone, DemoClock clock, CancellationToken ct)
{
    private const string Item = "resp-docs";
    private const string Workflow = "code-change";

    // Refusals before a gate was asked, for the last lines.
    private int _refused;

    private readonly List<DemoTrick> _tricks = [];
    private string _trick = "nothing but the word";

    private IDoor _agent = null!;
    private IDoor _other = null!;
    private IDoor _runner = null!;
    private IDoor _reviewer = null!;
    private ObservedRun? _base;

    /// <exception cref="InvalidOperationException">The referee took what it should refuse: the story is over, and the program is broken.</exception>
    public async Task<DemoOutcome> TellAsync()
    {
        _agent = await stage.JoinAsync("ada", PrincipalKind.Agent, "reviewer"); // an agent who may review, but not herself
        _other = await stage.JoinAsync("bob", PrincipalKind.Agent);
        _runner = await stage.JoinAsync("runner", PrincipalKind.Runner);
        _reviewer = await stage.JoinAsync("rita", PrincipalKind.Human, "reviewer");

        await DoneAsync();
        await FiveWaysAsync();
        await HonestAsync();
        var fleet = new DemoFleet(terminal, stage, ct);
        var drained = await fleet.DrainAsync();
        var winners = await fleet.RaceAsync();
        var findings = await fleet.TamperAsync();
        var status = await SumUpAsync();
        return new(_tricks, drained, DemoFleet.Racers, winners, findings, status.AuditRecords, status.Orphans, status.Done);
    }

    // 1. An agent claims an item and says it is done.
    private async Task DoneAsync()
    {
        Chapter("1", "\"DONE!\"");
        (await _reviewer.SubmitAsync(new SubmitRequest(Item, "Say in the protocol's tests what a frame is", Workflow), ct)).OrThrow();
        var claim = (await _agent.ClaimAsync(new ClaimRequest { Item = Item }, ct)).OrThrow();
        Say($"ada claims {Item}: claim no. {claim.Fence}. Moments later: \"Done!\"");
        await AskAsync(_agent, "review", claim.Fence);
        (await _agent.SubjectAsync(new SubjectRequest(Item, claim.Fence, await HeadAsync()), ct)).OrThrow();
    }

    // 2. Five ways around it, and one that comes too late.
    private async Task FiveWaysAsync()
    {
        Chapter("2", "Five ways around it");
        var claim = (await stage.Store.Coordinator.ShowAsync(Item, ct)).OrThrow().Fence;
        Say($"the project's own tests run once on the base, in a throw-away clone ({string.Join(' ', clone.TestCommand.Take(3))} …)");
        _base = await clone.RunTestsAsync(ct);
        var tests = Counts(_base);
        Report(_base);
        if (_base.ExitCode != 0)
        {
            throw new CliException(ExitCodes.Refused, $"the project's own tests do not pass here, so nothing of it can be promoted: see for yourself with {string.Join(' ', clone.TestCommand)}");
        }

        await AcceptAsync(_runner.EvidenceAsync(Item, "baseline", new JsonObject { ["total"] = tests.Total }, null, _base.After.Id, ct), $"the runner counts {tests.Total} tests on the base");

        Way("a text that looks like a number");
        Refuse(await _agent.EvidenceAsync(Item, "tests", new JsonObject { ["total"] = "99", ["failed"] = "0", ["skipped"] = 0, ["exitCode"] = 0 }, claim, "", ct));

        Way("ada's own word where an observed run is wanted");
        await AcceptAsync(_agent.EvidenceAsync(Item, "summary", JsonValue.Create("all tests pass, trust me"), claim, "", ct), "her summary is taken, as self-reported");
        (await _agent.EvidenceAsync(Item, "tests", new JsonObject { ["total"] = 999, ["failed"] = 0, ["skipped"] = 0, ["exitCode"] = 0 }, claim, await HeadAsync(), ct)).OrThrow();
        await AskAsync(_agent, "review", claim, RefusalCodes.Tier);

        Way("a green report of another tree");
        var changed = await clone.CommitAsync(clone.Notes, "A frame is one whole request or reply.\n", "say what a frame is", ct);
        (await _agent.SubjectAsync(new SubjectRequest(Item, claim, changed.Id), ct)).OrThrow();
        await AcceptAsync(SubmitRunAsync(_base), $"the runner's report of the base ({Short(_base.After.Id)}) is handed in for {Short(changed.Id)}");
        await AskAsync(_agent, "review", claim, RefusalCodes.Subject);

        var victim = clone.SomeTestFile();
        Way($"a deleted test file ({Path.GetFileName(victim)})");
        var shrunk = await clone.CommitAsync(victim, null, "tests were flaky", ct);
        (await _agent.SubjectAsync(new SubjectRequest(Item, claim, shrunk.Id), ct)).OrThrow();
        var fewer = await clone.RunTestsAsync(ct);
        Report(fewer);
        await AcceptAsync(SubmitRunAsync(fewer), "the runner's report is accepted: it is what was seen");
        await AskAsync(_agent, "review", claim, RefusalCodes.Value);
        await clone.RevertAsync(ct);

        Way("the lease is lost, and the result comes anyway");
        clock.MoveAhead(TimeSpan.FromMinutes(10));
        Say("the clock is moved ten minutes ahead; bob takes the item over");
        var taken = (await _other.ClaimAsync(new ClaimRequest { Item = Item }, ct)).OrThrow();
        Refuse(await _agent.EvidenceAsync(Item, "summary", JsonValue.Create("finished after all"), claim, "", ct));
        var orphans = (await _reviewer.OrphansAsync(Item, ct)).OrThrow().Orphans;
        Say($"nothing is lost: {orphans.Count} late result kept for a person ({orphans[0].Kind} by {orphans[0].Principal}, claim no. {orphans[0].Fence}; the item is at no. {taken.Fence})");
    }

    // 3. The honest way: what was tested is what is claimed, seen by a runner, reviewed by somebody else.
    private async Task HonestAsync()
    {
        Chapter("3", "The honest way");
        var claim = (await stage.Store.Coordinator.ShowAsync(Item, ct)).OrThrow().Fence;
        var tree = await GitTree.ReadAsync(clone.Path, ct);
        (await _other.SubjectAsync(new SubjectRequest(Item, claim, tree.Id), ct)).OrThrow();
        var run = await clone.RunTestsAsync(ct);
        Report(run);
        await AcceptAsync(SubmitRunAsync(run), "seen by the runner, about bob's tree, after his work");
        (await _other.EvidenceAsync(Item, "summary", JsonValue.Create("says what a frame is, in the tests' notes"), claim, tree.Id, ct)).OrThrow();
        var first = (await _other.PromoteAsync(new Workflows.PromoteRequest(Item, "review") { Fence = claim }, ct)).OrThrow();
        Say($"moved to {first.To}: record {first.Audit} of the chain");

        Way("approving oneself: ada worked on it too");
        Refuse(await _agent.ApproveAsync(Item, ct));
        (await _reviewer.ApproveAsync(Item, ct)).OrThrow();
        var last = (await _other.PromoteAsync(new Workflows.PromoteRequest(Item, "complete"), ct)).OrThrow();
        Say($"rita approves; moved to {last.To}: record {last.Audit} of the chain");
    }

    private async Task<ProjectStatus> SumUpAsync()
    {
        Chapter("", "What this run showed");
        var status = (await _reviewer.StatusAsync(ct)).OrThrow();
        var asked = stage.Latencies["task.promote"].Count;
        Say($"done claimed {asked} times: {status.AuditRecords} moves proven, {asked - status.AuditRecords} refused with every reason; {_refused} tricks refused before they reached a gate; {status.Orphans} late result kept; {status.Done} items complete");
        terminal.Line();
        terminal.Table(
            ["THROUGH THE GATEWAY (HTTP, LOOPBACK)", "CALLS", "P50 µs", "P99 µs"],
            stage.Latencies.OrderBy(row => row.Key, StringComparer.Ordinal).Select(row =>
            {
                var sorted = row.Value.Order().ToArray();
                return (string[])[row.Key, Terminal.Number(sorted.Length), Quantile(sorted, 0.50), Quantile(sorted, 0.99)];
            }));
        terminal.Line();
        terminal.Line("Next: referee init in a repository of your own, or referee bench promote for what a decision costs the server.");
        return status;
    }

    private Task<Result<EvidenceAccepted>> SubmitRunAsync(ObservedRun run)
    {
        var tests = Counts(run);
        return _runner.EvidenceAsync(
            Item,
            "tests",
            new JsonObject
            {
                ["total"] = tests.Total,
                ["failed"] = tests.Failed,
                ["skipped"] = tests.Skipped,
                ["exitCode"] = run.ExitCode,
                ["durationMs"] = run.DurationMilliseconds,
                ["output"] = run.OutputDigest,
            },
            null,
            run.After.Id,
            ct);
    }

    private async Task AskAsync(IDoor door, string to, long fence, string wanted = "")
    {
        var answer = await door.PromoteAsync(new Workflows.PromoteRequest(Item, to) { Fence = fence }, ct);
        if (answer.Ok)
        {
            throw new InvalidOperationException($"the referee let {Item} pass to {to} without proof");
        }

        var shown = wanted.Length == 0 ? answer.Refusals : [.. answer.Refusals.Where(refusal => refusal.Code == wanted)];
        if (shown.Count == 0)
        {
            throw new InvalidOperationException($"the referee refused for other reasons than {wanted}: {string.Join(", ", answer.Refusals.Select(refusal => refusal.Code))}");
        }

        _tricks.Add(new(_trick, [.. shown.Select(refusal => refusal.Code)]));
        terminal.Refusals($"  refused{(shown.Count < answer.Refusals.Count ? $" ({answer.Refusals.Count - shown.Count} more reasons)" : $", {shown.Count} reasons")}", shown);
    }

    private void Refuse<T>(Result<T> answer)
        where T : class
    {
        if (answer.Ok)
        {
            throw new InvalidOperationException("the referee took what it should refuse");
        }

        _refused++;
        _tricks.Add(new(_trick, [.. answer.Refusals.Select(refusal => refusal.Code)]));
        terminal.Refusals("  refused", answer.Refusals);
    }

    private async Task AcceptAsync<T>(Task<Result<T>> answer, string says)
        where T : class
    {
        (await answer).OrThrow();
        Say(says);
    }

    private async Task<string> HeadAsync() => (await GitTree.ReadAsync(clone.Path, ct)).Id;

    private static TestCounts Counts(ObservedRun run) =>
        run.Tests ?? throw new InvalidOperationException($"the tests wrote no report; exit code {run.ExitCode}");

    private void Report(ObservedRun run) => Say(string.Create(CultureInfo.InvariantCulture,
        $"ran {Counts(run).Total} tests, {Counts(run).Failed} failed, exit code {run.ExitCode}, {run.DurationMilliseconds / 1000.0:0.0} s, tree {Short(run.After.Id)}{(run.TreeHeld ? "" : " (the tree did not hold)")}"));

    private void Chapter(string number, string title)
    {
        terminal.Line();
        terminal.Bold($"{(number.Length > 0 ? $"{number}  " : "")}{title}");
    }

    private void Way(string text)
    {
        _trick = text;
        terminal.Yellow("»", before: "  ", after: $" {text}");
    }

    private void Say(string text) => terminal.Line($"  {text}");

    private static string Short(string id) => id[..Math.Min(12, id.Length)];

    private static string Quantile(double[] sorted, double q) => sorted[(int)Math.Min(sorted.Length - 1, Math.Floor(q * sorted.Length))].ToString("0", CultureInfo.InvariantCulture);
}
