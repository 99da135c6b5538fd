// Ten lines: an agent says that it is done, and the referee says what is missing. No Redis is needed; the store is inside this process.
using System.Text.Json;
using Referee.Hosting;
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

await using var store = await RefereeStore.OpenAsync(new RefereeStoreOptions(), CancellationToken.None);
var agent = new Caller("ann", Roles: [], Tier.SelfReported, Verified: true);

await store.Coordinator.SubmitAsync(agent, new SubmitRequest("fix-login", "Fix the login", Workflow: "code-change"));
var claim = (await store.Coordinator.ClaimAsync(agent, new ClaimRequest())).OrThrow();
var word = JsonSerializer.SerializeToElement("All tests pass, trust me.");
await store.Coordinator.SubmitEvidenceAsync(agent, new EvidenceRequest(claim.Item, "summary", word) { Fence = claim.Fence });

var decision = await store.Coordinator.PromoteAsync(agent, new PromoteRequest(claim.Item, To: "review") { Fence = claim.Fence });
foreach (var refusal in decision.Refusals)
{
    Console.WriteLine($"{refusal.Code} {refusal.Path}: can fix: {refusal.WhoCanFix}");
}
