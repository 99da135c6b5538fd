// The folder of the embedded store, loaded by a real redis-server: the same items, the same chain, verified there.
using System.Text.Json.Nodes;
using Evalsha.Tests.Support;
using Referee.Cli.Doors;
using Referee.Hosting;
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Cli.Tests;

public sealed class FolderInRedisTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("folder-in-redis-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_real_redis_loads_the_folder_and_verify_passes_there()
    {
        var data = Path.Combine(_folder, "store");
        await using (var store = await RefereeStore.OpenAsync(new RefereeStoreOptions { Directory = data }, default))
        {
            var desk = store.Coordinator;
            var ann = new Caller("ann", [], Tier.SelfReported, Verified: true);
            var runner = new Caller("runner", [], Tier.Observed, Verified: true);
            foreach (var item in (string[])["one", "two"])
            {
                (await desk.SubmitAsync(ann, new SubmitRequest(item, item, "code-change"))).OrThrow();
                var claim = (await desk.ClaimAsync(ann, new ClaimRequest { Item = item })).OrThrow();
                (await desk.SetSubjectAsync(ann, new SubjectRequest(item, claim.Fence, "tree"))).OrThrow();
                await ProveAsync(desk, ann, item, "summary", JsonValue.Create("done"), claim.Fence);
                await ProveAsync(desk, runner, item, "baseline", new JsonObject { ["total"] = 1 }, null);
                await ProveAsync(desk, runner, item, "tests", new JsonObject { ["total"] = 1, ["failed"] = 0, ["skipped"] = 0, ["exitCode"] = 0 }, null);
                (await desk.PromoteAsync(ann, new PromoteRequest(item, "review") { Fence = claim.Fence })).OrThrow();
            }
        }

        await using var redis = await RealRedis.StartInAsync(data, "--appendonly", "yes");
        var output = new StringWriter();
        var environment = new CliEnvironment(_folder, new Dictionary<string, string>(), output, TextWriter.Null, false, TimeProvider.System);
        var exit = await RefereeCommand.RunAsync(["verify", "--redis", $"redis://127.0.0.1:{redis.Port}"], environment, default);
        output.ToString().ShouldContain("the chain holds: 2 records, 2 items");
        exit.ShouldBe(ExitCodes.Done);
    }

    private static async Task ProveAsync(Coordinator desk, Caller caller, string item, string kind, JsonNode value, long? fence) =>
        (await desk.SubmitEvidenceAsync(
            caller, new EvidenceRequest(item, kind, System.Text.Json.JsonDocument.Parse(value.ToJsonString()).RootElement) { Fence = fence, Subject = "tree" })).OrThrow();
}
