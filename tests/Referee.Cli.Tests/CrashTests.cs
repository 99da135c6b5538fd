// kill -9 of `referee up` in the middle of a fleet's work: what was acknowledged is there afterwards, and nothing is in two places.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Referee.Cli.Doors;
using Referee.Fleet;
using Referee.Hosting;
using Referee.Records;
using Referee.Web.Api;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Cli.Tests;

public sealed class CrashTests : IDisposable
{
    private const int Workers = 4;
    private const int DecisionsBeforeTheKill = 25;
    private const int Items = 40;
    private readonly string _folder = Directory.CreateTempSubdirectory("crash-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task After_kill_9_no_acknowledged_decision_is_lost_and_the_chain_holds()
    {
        var acknowledged = new ConcurrentDictionary<long, (string Item, string To)>();
        using (var up = Start())
        {
            await using var door = await DoorAsync();
            await using var runner = await JoinAsync(door, "runner", PrincipalKind.Runner);
            await using var reviewer = await JoinAsync(door, "rita", PrincipalKind.Human, "reviewer");
            for (var i = 0; i < Items; i++)
            {
                (await door.SubmitAsync(new SubmitRequest($"item-{i}", $"Item {i}", "code-change"), default)).OrThrow();
            }

            var killed = new TaskCompletionSource();
            var fleet = Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
            {
                await using var agent = await JoinAsync(door, $"worker-{worker}", PrincipalKind.Agent);
                try
                {
                    await WorkAsync(agent, runner, reviewer, acknowledged, killed);
                }
                catch (CliException e) when (e.ExitCode == ExitCodes.Unavailable)
                {
                    // The gateway died under this worker: whatever it had not heard back may or may not have happened.
                }
            })).ToArray();
            await killed.Task.WaitAsync(TimeSpan.FromMinutes(2));
            up.Kill(entireProcessTree: true);
            await up.WaitForExitAsync();
            await Task.WhenAll(fleet);
        }

        acknowledged.Count.ShouldBeGreaterThanOrEqualTo(DecisionsBeforeTheKill);
        using var again = Start();
        try
        {
            await using var door = await DoorAsync();
            var verification = (await door.VerifyAsync(default)).OrThrow();
            verification.Findings.ShouldBeEmpty();
            verification.Records.ShouldBeGreaterThanOrEqualTo(acknowledged.Keys.Max());
            var chain = await ChainAsync(door);
            foreach (var (number, decision) in acknowledged)
            {
                (chain[number].Item, chain[number].To).ShouldBe(decision);
            }

            await EveryItemIsInOnePlaceAsync(door, chain);
        }
        finally
        {
            again.Kill(entireProcessTree: true);
            await again.WaitForExitAsync();
        }
    }

    private static async Task WorkAsync(IDoor agent, IDoor runner, IDoor reviewer, ConcurrentDictionary<long, (string, string)> acknowledged, TaskCompletionSource killed)
    {
        while ((await agent.ClaimAsync(new ClaimRequest { Stages = ["ready"] }, default)).Value is { } claim)
        {
            var item = claim.Item;
            (await agent.SubjectAsync(new SubjectRequest(item, claim.Fence, "tree"), default)).OrThrow();
            (await agent.EvidenceAsync(item, "summary", JsonValue.Create("done"), claim.Fence, "tree", default)).OrThrow();
            (await runner.EvidenceAsync(item, "baseline", new JsonObject { ["total"] = 1 }, null, "tree", default)).OrThrow();
            (await runner.EvidenceAsync(item, "tests", new JsonObject { ["total"] = 1, ["failed"] = 0, ["skipped"] = 0, ["exitCode"] = 0 }, null, "tree", default)).OrThrow();
            Heard((await agent.PromoteAsync(new PromoteRequest(item, "review") { Fence = claim.Fence }, default)).OrThrow());
            (await reviewer.ApproveAsync(item, default)).OrThrow();
            Heard((await agent.PromoteAsync(new PromoteRequest(item, "complete"), default)).OrThrow());
        }

        void Heard(Decision decision)
        {
            acknowledged[decision.Audit] = (decision.Item, decision.To);
            if (acknowledged.Count >= DecisionsBeforeTheKill)
            {
                killed.TrySetResult();
            }
        }
    }

    private static async Task<Dictionary<long, ChainRecord>> ChainAsync(IDoor door)
    {
        var chain = new Dictionary<long, ChainRecord>();
        for (var before = 0L; ;)
        {
            var page = (await door.CallAsync("system.audit", new AuditRequest { Limit = 500, Before = before }, WorkflowJson.Default.AuditRequest, WorkflowJson.Default.AuditPageResult, default)).Result.OrThrow();
            foreach (var record in page.Records)
            {
                chain.Add(record.Number, record);
            }

            if (page.Before == 0)
            {
                return chain;
            }

            before = page.Before;
        }
    }

    private static async Task EveryItemIsInOnePlaceAsync(IDoor door, Dictionary<long, ChainRecord> chain)
    {
        var seen = new Dictionary<string, string>();
        for (var cursor = ""; ;)
        {
            var page = (await door.ListAsync(new ListRequest { Limit = 500, Cursor = cursor }, default)).OrThrow();
            foreach (var item in page.Items)
            {
                seen.TryAdd(item.Item, item.Stage).ShouldBeTrue($"{item.Item} is listed twice");
            }

            if (page.Cursor.Length == 0)
            {
                break;
            }

            cursor = page.Cursor;
        }

        foreach (var last in chain.Values.GroupBy(record => record.Item).Select(group => group.MaxBy(record => record.Number)!))
        {
            if (seen.TryGetValue(last.Item, out var stage))
            {
                stage.ShouldBe(last.To);
            }
        }

        var status = (await door.StatusAsync(default)).OrThrow();
        (status.Stages.Sum(row => row.Ready + row.Claimed + row.Blocked + row.Parked) + status.Done).ShouldBe(Items);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Referee.Cli.dll"), "up"])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Directory.CreateDirectory(Path.Combine(_folder, RefereeFolder.Name));
        var up = Process.Start(start)!;
        up.StandardOutput.ReadLine().ShouldNotBeNull(up.HasExited ? up.StandardError.ReadToEnd() : "").ShouldContain("referee is up");
        return up;
    }

    private async Task<IDoor> DoorAsync() => await DoorKeeper.OpenAsync(
        new CliEnvironment(_folder, new Dictionary<string, string>(), TextWriter.Null, TextWriter.Null, false, TimeProvider.System), new DoorOptions(), default);

    private async Task<IDoor> JoinAsync(IDoor operatorDoor, string name, PrincipalKind kind, params string[] roles)
    {
        var added = (await operatorDoor.CallAsync("principal.add", new Principal(name, kind, roles), ApiJson.Default.Principal, FleetJson.Default.PrincipalAddedResult, default)).Result.OrThrow();
        return await DoorKeeper.OpenAsync(
            new CliEnvironment(_folder, new Dictionary<string, string>(), TextWriter.Null, TextWriter.Null, false, TimeProvider.System), new DoorOptions { Token = added.Token }, default);
    }
}
