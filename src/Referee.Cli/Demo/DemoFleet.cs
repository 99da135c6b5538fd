// Chapter 4: a fleet drains the project's own backlog, a race has one winner, and an edit of the chain is found.
// The workers invent their evidence: this chapter is about claims and moves, and says so.
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Evalsha.Client;
using Referee.Cli.Doors;
using Referee.Fleet;
using Referee.Records;
using Referee.Work;
using Referee.Work.Backlog;
using Referee.Workflows;

namespace Referee.Cli.Demo;

internal sealed class DemoFleet(Terminal terminal, DemoStage stage, CancellationToken ct)
{
    private const int Workers = 6;
    public const int Racers = 64;

    /// <summary>Several workers claim, prove and promote until nothing is left; a reviewer approves.</summary>
    public async Task<int> DrainAsync()
    {
        terminal.Line();
        terminal.Bold("4  The fleet");
        var reviewer = await stage.JoinAsync("rob", PrincipalKind.Human, "reviewer");
        var runner = await stage.JoinAsync("fleet-runner", PrincipalKind.Runner);
        var backlog = BacklogReader.ReadFolder(Path.Combine(stage.Folder, "clone", "samples", "backlog"), "code-change");
        foreach (var item in backlog.Items)
        {
            (await reviewer.SubmitAsync(item.Request, ct)).OrThrow();
        }

        terminal.Line($"  {backlog.Items.Count} items of samples/backlog, {backlog.Items.Count(item => item.Request.DependsOn.Count > 0)} of them wait for others; {Workers} workers, with invented evidence");
        var start = Stopwatch.GetTimestamp();
        var left = backlog.Items.Count;
        var claims = new int[Workers];
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async worker =>
        {
            var door = await stage.JoinAsync($"worker-{worker}", PrincipalKind.Agent);
            while (Volatile.Read(ref left) > 0)
            {
                var claim = await door.ClaimAsync(new ClaimRequest { Stages = ["ready"] }, ct);
                if (claim.Value is { } mine)
                {
                    claims[worker]++;
                    await WorkAsync(door, runner, reviewer, mine);
                    Interlocked.Decrement(ref left);
                }
                else
                {
                    await Task.Yield(); // everything is claimed or blocked: whoever finishes next frees it
                }
            }
        }));
        var status = (await reviewer.StatusAsync(ct)).OrThrow();
        terminal.Line(string.Create(CultureInfo.InvariantCulture,
            $"  drained in {Stopwatch.GetElapsedTime(start).TotalSeconds:0.00} s: {string.Join(", ", claims.Select((count, worker) => $"worker-{worker} {count}"))}; {status.Done} items complete"));
        return claims.Sum();
    }

    /// <summary>Many connections race for one item; exactly one may win.</summary>
    public async Task<int> RaceAsync()
    {
        var reviewer = await stage.JoinAsync("ray", PrincipalKind.Human);
        (await reviewer.SubmitAsync(new SubmitRequest("race", "Only one of you", "code-change"), ct)).OrThrow();
        var connections = new List<RedisConnection>();
        try
        {
            for (var i = 0; i < Racers; i++)
            {
                connections.Add(await stage.Store.ConnectAsync(ct));
            }

            var answers = await Task.WhenAll(connections.Select((connection, i) => Task.Run(
                () => new Coordinator(connection, stage.Store.Options.Project)
                    .ClaimAsync(new Caller($"racer-{i}", [], Tier.SelfReported, Verified: true), new ClaimRequest { Item = "race" }, ct).AsTask(),
                ct)));
            terminal.Line($"  {Racers} connections of their own race for one item: {answers.Count(answer => answer.Ok)} wins (claim no. {answers.Single(answer => answer.Ok).Value!.Fence}), {answers.Count(answer => !answer.Ok)} are told who holds it");
            return answers.Count(answer => answer.Ok);
        }
        finally
        {
            foreach (var connection in connections)
            {
                await connection.DisposeAsync();
            }
        }
    }

    /// <summary>Somebody with the store in hand rewrites one record; verify names it.</summary>
    public async Task<IReadOnlyList<string>> TamperAsync()
    {
        var reviewer = await stage.JoinAsync("vera", PrincipalKind.Human);
        var before = (await reviewer.VerifyAsync(ct)).OrThrow();
        terminal.Line($"  verify: {(before.Ok ? "the chain holds" : "the chain is broken")}, {before.Records} records, {before.Items} items");

        var store = stage.Store.Connection;
        var audit = new ShardKeys(stage.Store.Options.Project, 0).Audit;
        var entries = await store.SendAsync(new RedisRequest("XRANGE", audit, "-", "+"), ct);
        var victim = entries.Count / 2;
        await store.SendAsync(new RedisRequest("DEL", audit), ct);
        for (var i = 0; i < entries.Count; i++)
        {
            var fields = Enumerable.Range(0, entries[i][1].Count).Select(f => entries[i][1][f].AsBytes().ToArray()).ToArray();
            if (i == victim)
            {
                fields[1] = Swap(fields[1], "pass", "PASS");
            }

            await store.SendAsync(new RedisRequest("XADD", [audit, entries[i][0].AsText(), .. fields.Select(field => (RedisArg)field)]), ct);
        }

        var after = (await reviewer.VerifyAsync(ct)).OrThrow();
        terminal.Line($"  one record is rewritten behind the referee's back, {victim + 1} of {entries.Count}; verify again:");
        foreach (var finding in after.Findings)
        {
            terminal.Red(finding.Code, before: "    ", after: $" record {finding.Number} {finding.Item}: {finding.Says}");
        }

        if (after.Ok)
        {
            throw new InvalidOperationException("verify did not see a rewritten record");
        }

        return [.. after.Findings.Select(finding => finding.Code)];
    }

    private async Task WorkAsync(IDoor door, IDoor runner, IDoor reviewer, Claim claim)
    {
        var tree = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(claim.Item)));
        (await door.SubjectAsync(new SubjectRequest(claim.Item, claim.Fence, tree), ct)).OrThrow();
        (await door.EvidenceAsync(claim.Item, "summary", JsonValue.Create(claim.Title), claim.Fence, tree, ct)).OrThrow();
        (await runner.EvidenceAsync(claim.Item, "baseline", new JsonObject { ["total"] = 1 }, null, tree, ct)).OrThrow();
        (await runner.EvidenceAsync(claim.Item, "tests", new JsonObject { ["total"] = 1, ["failed"] = 0, ["skipped"] = 0, ["exitCode"] = 0 }, null, tree, ct)).OrThrow();
        (await door.PromoteAsync(new PromoteRequest(claim.Item, "review") { Fence = claim.Fence }, ct)).OrThrow();
        (await reviewer.ApproveAsync(claim.Item, ct)).OrThrow();
        (await door.PromoteAsync(new PromoteRequest(claim.Item, "complete"), ct)).OrThrow();
    }

    private static byte[] Swap(byte[] bytes, string from, string to)
    {
        var at = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(from));
        Encoding.ASCII.GetBytes(to).CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
