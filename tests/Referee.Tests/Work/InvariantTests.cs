// Whatever callers do, in whatever order: index, leases and dependencies follow the records, and numbers only grow.
using Evalsha.Client;
using Referee.Records;
using Referee.Work;
using static Referee.Tests.Sample;

namespace Referee.Tests.Work;

public abstract class InvariantTests(StoreFixture store)
{
    private const int Steps = 250;
    private const int ItemsMax = 12;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task After_any_sequence_of_calls_the_indexes_say_what_the_records_say(int seed)
    {
        var random = new Random(seed);
        var project = await store.NewProject().WithWorkflowAsync();
        var seen = new Dictionary<string, WorkItemRecord>();
        Caller[] callers = [Ann, Bob, Olga, Ci];

        for (var step = 0; step < Steps; step++)
        {
            var caller = callers[random.Next(callers.Length)];
            var item = $"i{random.Next(ItemsMax)}";
            var fence = seen.TryGetValue(item, out var known) ? known.Fence - (random.Next(4) == 0 ? 1 : 0) : 1;
            if (known is not null && random.Next(3) > 0 && known.Holder.Length > 0)
            {
                caller = callers.First(other => other.Principal == known.Holder);
            }

            var lease = random.Next(2) == 0 ? 1 : 60_000;
            var request = random.Next(3) == 0 ? $"r{random.Next(6)}" : "";
            switch (random.Next(10))
            {
                case 0 or 1:
                    var dependencies = seen.Keys.Where(other => other != item && random.Next(4) == 0).Take(3).ToArray();
                    await project.SubmitAsync(caller, Item(item, random.Next(256), dependencies));
                    break;
                case 2:
                    await project.ClaimAsync(caller, new ClaimRequest { LeaseMilliseconds = lease, RequestId = request });
                    break;
                case 3:
                    await project.ClaimAsync(caller, new ClaimRequest { Item = item, LeaseMilliseconds = lease });
                    break;
                case 4:
                    await project.RenewAsync(caller, new RenewRequest(item, fence) { LeaseMilliseconds = lease });
                    break;
                case 5:
                    await project.ReleaseAsync(caller, new ReleaseRequest(item, fence) { RequestId = request });
                    break;
                case 6:
                    await project.SubmitEvidenceAsync(
                        caller,
                        new EvidenceRequest(item, "count", Json("1")) { Fence = fence, Subject = $"s{random.Next(3)}", SetSubject = random.Next(2) == 0, RequestId = request });
                    break;
                case 7:
                    await project.ParkAsync(caller, new ParkRequest(item) { Unpark = random.Next(2) == 0, Fence = fence, RequestId = request });
                    break;
                case 8:
                    await store.PassAsync(await store.NowAsync());
                    break;
                default:
                    if (known is { State: not WorkState.Done } && random.Next(3) == 0)
                    {
                        await project.FinishAsync(item);
                    }

                    break;
            }

            await CheckAsync(project, seen, $"seed {seed}, step {step}");
        }

        seen.Count.ShouldBe(ItemsMax);
    }

    private static async Task CheckAsync(Coordinator project, Dictionary<string, WorkItemRecord> seen, string where)
    {
        var keys = project.Shards[0];
        var fields = (await project.SendAsync("HGETALL", keys.Items)).AsMap();
        var index = await ScoresAsync(project, keys.Index);
        var leases = await ScoresAsync(project, keys.Leases);
        var waits = (await project.SendAsync("ZRANGE", keys.Dependencies, 0, -1)).Items.Select(member => member.AsText().Split('\0')[1]).ToLookup(blocked => blocked);
        var records = fields.Where(field => field.Key.StartsWith("r:", StringComparison.Ordinal)).ToDictionary(field => field.Key[2..], field =>
        {
            WorkItemRecord.TryRead(field.Value.AsBytes().Span, out var record).ShouldBe(RecordReading.Ok, where);
            return record;
        });

        index.Keys.Order().ShouldBe(records.Keys.Order(), where);
        foreach (var (item, record) in records)
        {
            var at = $"{where}, {item}";
            index[item].ShouldBe(IndexScore.Of(record.Stage, record.State, record.Priority, record.Sequence), at);
            if (record.State == WorkState.Claimed)
            {
                leases.ShouldContainKey(item, at);
                leases[item].ShouldBe(record.LeaseUntil, at);
                record.Holder.ShouldNotBeEmpty(at);
                record.Authors.ShouldContain(record.Holder, at);
            }

            record.OpenBlockers.ShouldBe(waits[item].Count(), at);
            (record.State == WorkState.Ready && record.OpenBlockers > 0).ShouldBeFalse(at);
            (record.State == WorkState.Blocked && record.OpenBlockers == 0).ShouldBeFalse(at);
            if (seen.TryGetValue(item, out var before))
            {
                record.Version.ShouldBeGreaterThanOrEqualTo(before.Version, at);
                record.Fence.ShouldBeInRange(before.Fence, before.Fence + 1, at);
                record.Authors.Take(before.Authors.Count).ShouldBe(before.Authors, at);
                (record.Version == before.Version && record.Subject != before.Subject).ShouldBeFalse(at);
            }

            seen[item] = record;
        }
    }

    private static async Task<Dictionary<string, long>> ScoresAsync(Coordinator project, string key)
    {
        var members = await project.SendAsync("ZRANGEBYSCORE", key, "-inf", "+inf");
        var scores = new Dictionary<string, long>();
        foreach (var member in members.Items)
        {
            scores[member.AsText()] = (await project.SendAsync("ZSCORE", key, member.AsText())).AsInteger();
        }

        return scores;
    }
}

public sealed class InvariantOnRedisTests(RealRedisStore store) : InvariantTests(store), IClassFixture<RealRedisStore>;

public sealed class InvariantOnEmbeddedTests(EmbeddedStore store) : InvariantTests(store), IClassFixture<EmbeddedStore>;
