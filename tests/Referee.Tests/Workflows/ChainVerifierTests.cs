// Verify names the record somebody changed, and the item somebody moved without the referee.
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Tests.Workflows;

public sealed class ChainVerifierOnRedisTests(RealRedisStore store) : ChainVerifierTests(store), IClassFixture<RealRedisStore>;

public sealed class ChainVerifierOnEmbeddedTests(EmbeddedStore store) : ChainVerifierTests(store), IClassFixture<EmbeddedStore>;

public abstract class ChainVerifierTests(StoreFixture store)
{
    private const int Items = 4; // two moves each: records 1..8

    [Fact]
    public async Task A_chain_nobody_touched_holds_and_its_head_is_what_a_seal_signs()
    {
        var desk = await ChainAsync();

        var verification = (await desk.VerifyAsync()).OrThrow();

        (verification.Ok, verification.Records, verification.Items).ShouldBe((true, 8L, (long)Items));
        verification.Head.ShouldBe((await desk.AuditAsync(new AuditRequest())).OrThrow().Records[0].Link);
    }

    [Fact]
    public async Task Pages_of_the_chain_join_without_gap_or_double()
    {
        var desk = await ChainAsync();
        var seen = new List<long>();
        for (long before = 0; ;)
        {
            var page = (await desk.AuditAsync(new AuditRequest { Limit = 3, Before = before })).OrThrow();
            seen.AddRange(page.Records.Select(record => record.Number));
            if ((before = page.Before) == 0)
            {
                break;
            }
        }

        seen.ShouldBe([8, 7, 6, 5, 4, 3, 2, 1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task A_changed_record_is_named(int number)
    {
        var desk = await ChainAsync();
        await RewriteAsync(desk, number, record => record with { Principal = "mallory" });

        var finding = (await desk.VerifyAsync()).OrThrow().Findings.ShouldHaveSingleItem();

        (finding.Code, finding.Number).ShouldBe(("BROKEN_LINK", number));
    }

    [Fact]
    public async Task A_record_relinked_to_hide_another_is_still_found()
    {
        var desk = await ChainAsync();
        // Record 5 is changed and record 6 is made to follow the changed one: now 6 does not fit 7.
        var changed = await RewriteAsync(desk, 5, record => record with { Principal = "mallory" });
        await RewriteAsync(desk, 6, record => record with { Previous = ChainRecord.LinkOf(changed) });

        (await desk.VerifyAsync()).OrThrow().Findings.ShouldContain(finding => finding.Code == "BROKEN_LINK" && finding.Number == 6);
    }

    [Fact]
    public async Task A_removed_record_and_a_cut_end_leave_a_gap()
    {
        var middle = await ChainAsync();
        await middle.SendAsync("XDEL", middle.Shards[0].Audit, "3-0");
        (await middle.VerifyAsync()).OrThrow().Findings.ShouldContain(finding => finding.Code == "GAP" && finding.Number == 3);

        var end = await ChainAsync();
        await end.SendAsync("XDEL", end.Shards[0].Audit, "8-0");
        (await end.VerifyAsync()).OrThrow().Findings.ShouldContain(finding => finding.Code == "GAP" && finding.Number == 8);
    }

    [Fact]
    public async Task An_item_moved_without_the_referee_is_state_that_no_record_explains()
    {
        var desk = await ChainAsync();
        var record = await desk.RecordAsync("I-2");
        await desk.SendAsync("HSET", desk.Shards[0].Items, "r:I-2", (record with { Stage = 0, State = WorkState.Ready }).ToBytes());
        await desk.SendAsync("ZADD", desk.Shards[0].Index, IndexScore.Of(0, WorkState.Ready, record.Priority, record.Sequence), "I-2");

        var finding = (await desk.VerifyAsync()).OrThrow().Findings.ShouldHaveSingleItem();

        (finding.Code, finding.Item).ShouldBe(("UNEXPLAINED", "I-2"));
        finding.Says.ShouldContain("is in start");
        finding.Says.ShouldContain("left it in end");
    }

    [Fact]
    public async Task An_item_put_into_a_late_stage_by_hand_is_found_though_no_record_speaks_of_it()
    {
        var desk = await ChainAsync();
        (await desk.SubmitAsync(Sample.Olga, new SubmitRequest("new", "New", "open"))).OrThrow();
        var record = await desk.RecordAsync("new");
        await desk.SendAsync("HSET", desk.Shards[0].Items, "r:new", (record with { Stage = 1 }).ToBytes());
        await desk.SendAsync("ZADD", desk.Shards[0].Index, IndexScore.Of(1, WorkState.Ready, record.Priority, record.Sequence), "new");

        (await desk.VerifyAsync()).OrThrow().Findings.ShouldHaveSingleItem().Says.ShouldBe("new is in middle and no record says how it left start");
    }

    [Fact]
    public async Task An_item_set_back_to_an_old_state_deleted_or_indexed_elsewhere_is_found()
    {
        var desk = await ChainAsync();
        var old = await desk.RecordAsync("I-3");
        await desk.SendAsync("HSET", desk.Shards[0].Items, "r:I-3", (old with { LastAudit = "5-0" }).ToBytes());
        await desk.SendAsync("HDEL", desk.Shards[0].Items, "r:I-1");
        await desk.SendAsync("ZADD", desk.Shards[0].Index, 1, "I-0");

        var findings = (await desk.VerifyAsync()).OrThrow().Findings;

        findings.ShouldContain(finding => finding.Code == "UNEXPLAINED" && finding.Item == "I-3" && finding.Says.Contains("set back"));
        findings.ShouldContain(finding => finding.Code == "ITEM_MISSING" && finding.Item == "I-1");
        findings.ShouldContain(finding => finding.Code == "UNEXPLAINED" && finding.Item == "I-0" && finding.Says.Contains("indexed"));
    }

    [Fact]
    public async Task Evidence_changed_by_hand_does_not_fit_its_digest()
    {
        var desk = await store.NewProject().WithPolicyAsync(BuiltInPolicies.CodeChange);
        var claim = await desk.SubmitAndClaimAsync("T-1", "code-change");
        await desk.ProveCodeChangeAsync("T-1", claim.Fence);
        (await desk.VerifyAsync()).OrThrow().Ok.ShouldBeTrue();
        var field = (await desk.SendAsync("HGET", desk.Shards[0].Items, "e:T-1")).AsBytes().ToArray();
        field[^1] ^= 1;
        await desk.SendAsync("HSET", desk.Shards[0].Items, "e:T-1", field);

        (await desk.VerifyAsync()).OrThrow().Findings.ShouldHaveSingleItem().Code.ShouldBe("EVIDENCE");
    }

    [Fact]
    public async Task A_head_set_back_does_not_hide_the_records_behind_it()
    {
        var desk = await ChainAsync();
        var five = (await desk.AuditAsync(new AuditRequest())).OrThrow().Records.Single(record => record.Number == 5);
        var head = new System.Buffers.ArrayBufferWriter<byte>();
        var packed = new PackedWriter(head);
        packed.Integer(5);
        packed.Text(five.Link);
        await desk.SendAsync("HSET", desk.Shards[0].Items, "chain", head.WrittenSpan.ToArray());

        // Records 6 to 8 are newer than the head: the items that name them are explained by nothing before it, and no new record can follow.
        (await desk.VerifyAsync()).OrThrow().Findings.ShouldContain(finding => finding.Code == "HEAD");
    }

    private async Task<Coordinator> ChainAsync()
    {
        var desk = await store.NewProject().WithPolicyAsync(Policies.Open);
        for (var i = 0; i < Items; i++)
        {
            (await desk.SubmitAsync(Sample.Olga, new SubmitRequest($"I-{i}", $"Item {i}", "open"))).OrThrow();
            (await desk.PromoteAsync(Sample.Ann, new PromoteRequest($"I-{i}", "middle"))).OrThrow();
            (await desk.PromoteAsync(Sample.Ann, new PromoteRequest($"I-{i}", "end"))).OrThrow();
        }

        return desk;
    }

    // A stream entry cannot be changed in place: whoever tampers writes the stream anew, as here.
    private static async Task<byte[]> RewriteAsync(Coordinator desk, int number, Func<ChainRecord, ChainRecord> change)
    {
        var key = desk.Shards[0].Audit;
        var entries = await desk.SendAsync("XRANGE", key, "-", "+");
        await desk.SendAsync("DEL", key);
        byte[] written = [];
        foreach (var entry in entries.Items)
        {
            var bytes = entry[1][1].AsBytes().ToArray();
            if (entry[0].AsText() == $"{number}-0")
            {
                ChainRecord.TryRead(bytes, out var record).ShouldBeTrue();
                written = bytes = change(record!).ToBytes();
            }

            await desk.SendAsync("XADD", key, entry[0].AsText(), "d", bytes);
        }

        return written;
    }
}
