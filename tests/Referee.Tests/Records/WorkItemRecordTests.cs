// The layout of a record: what is written is read back, the same bytes as Lua's, and no hostile bytes do harm.
using Evalsha.Client;
using FsCheck;
using FsCheck.Fluent;
using Referee.Records;
using Referee.Scripts;

namespace Referee.Tests.Records;

public sealed class WorkItemRecordTests
{
    internal static readonly Gen<string> AnyName = Gen.Elements([.. "abcXYZ019._-"]).ArrayOf().Where(chars => chars.Length is > 0 and <= 64).Select(chars => new string(chars));

    internal static readonly Gen<long> AnyLong = Gen.OneOf(
        Gen.Choose(0, 300).Select(value => (long)value),
        Gen.Elements(0L, 127, 128, 255, 256, 65_535, 65_536, 4_294_967_295, 4_294_967_296, 1L << 53, (1L << 53) - 1),
        Gen.Choose(0, int.MaxValue).Select(value => value * 4000L));

    internal static readonly Gen<WorkItemRecord> AnyRecord =
        from numbers in AnyLong.ListOf(9)
        from stage in Gen.Choose(0, 62)
        from state in Gen.Choose(0, 4)
        from priority in Gen.Choose(0, 255)
        from texts in AnyName.ListOf(3)
        from subject in Gen.OneOf(Gen.Constant(""), AnyName)
        from authors in AnyName.ListOf()
        from replies in AnyName.ListOf()
        from reply in Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()
        select new WorkItemRecord
        {
            Version = numbers[0],
            Fence = numbers[1],
            Stage = stage,
            State = (WorkState)state,
            Priority = priority,
            Sequence = Math.Min(numbers[2], IndexScore.SequenceMax),
            Policy = texts[0],
            Subject = subject,
            WorkedAt = numbers[3],
            Holder = texts[1],
            LeaseUntil = numbers[4],
            EnteredAt = numbers[5],
            CreatedAt = numbers[6],
            Authors = [.. authors],
            LastAudit = texts[2],
            OpenBlockers = (int)Math.Min(numbers[7], int.MaxValue),
            Attempts = numbers[8],
            Replies = [.. replies.Take(4).Select(name => new RememberedReply(name, reply))],
        };

    [Fact]
    public void What_is_written_is_read_back() => Prop.ForAll(AnyRecord.ToArbitrary(), record =>
    {
        WorkItemRecord.TryRead(record.ToBytes(), out var read).ShouldBe(RecordReading.Ok);
        read.ShouldBe(record);
        read.Authors.ShouldBe(record.Authors);
        read.Replies.ShouldBe(record.Replies);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Bytes_that_are_no_record_are_damaged_and_never_an_exception() => Prop.ForAll<byte[]>(bytes =>
    {
        WorkItemRecord.TryRead(bytes, out _).ShouldNotBe(RecordReading.Ok);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_record_with_one_byte_changed_or_cut_is_read_or_refused_but_never_an_exception() => Prop.ForAll(
        (from record in AnyRecord
         from at in Gen.Choose(0, 10_000)
         from value in Gen.Choose(0, 255)
         from cut in Gen.Choose(0, 10_000)
         select (record.ToBytes(), at, value, cut)).ToArbitrary(),
        hostile =>
        {
            var (bytes, at, value, cut) = hostile;
            bytes[at % bytes.Length] = (byte)value;
            WorkItemRecord.TryRead(bytes, out _);
            WorkItemRecord.TryRead(bytes.AsSpan(0, cut % bytes.Length), out _).ShouldNotBe(RecordReading.Ok);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_newer_format_is_told_apart_from_damage()
    {
        var bytes = new WorkItemRecord().ToBytes();
        bytes[0] = WorkItemRecord.Format + 1;
        WorkItemRecord.TryRead(bytes, out _).ShouldBe(RecordReading.Newer);
        bytes[0] = 0;
        WorkItemRecord.TryRead(bytes, out _).ShouldBe(RecordReading.Damaged);
        WorkItemRecord.TryRead([], out _).ShouldBe(RecordReading.Damaged);
    }

    [Fact]
    public void Scores_keep_their_parts_and_order_by_band_then_priority_then_age() => Prop.ForAll(
        (from stage in Gen.Choose(0, 62)
         from state in Gen.Choose(0, 3)
         from priority in Gen.Choose(0, 255)
         from sequence in AnyLong
         select (stage, (WorkState)state, priority, Math.Min(sequence, IndexScore.SequenceMax))).ToArbitrary(),
        part =>
        {
            var (stage, state, priority, sequence) = part;
            var score = IndexScore.Of(stage, state, priority, sequence);
            score.ShouldBeInRange(0, (1L << 53) - 1);
            ((long)(double)score).ShouldBe(score);
            (IndexScore.BandOf(score), IndexScore.PriorityOf(score), IndexScore.SequenceOf(score)).ShouldBe(((stage * 4) + (int)state, priority, sequence));
            score.ShouldBeInRange(IndexScore.Low((stage * 4) + (int)state), IndexScore.High((stage * 4) + (int)state));
            if (priority < 255)
            {
                IndexScore.Of(stage, state, priority + 1, IndexScore.SequenceMax).ShouldBeLessThan(score);
            }
        }).QuickCheckThrowOnFailure();
}

/// <summary>The same layout on the Lua side, run by a store.</summary>
public abstract class RecordInLuaTests(StoreFixture store)
{
    [Fact]
    public async Task Lua_unpacks_and_packs_every_record_to_the_same_bytes()
    {
        var project = store.NewProject();
        var echo = project.BindSource(
            "tests/echo",
            ScriptSource.Expand(
                """
                --- @include record
                local out = {}
                for i = 1, #ARGV do
                  local r = open(ARGV[i])
                  out[#out + 1] = pack(r)
                  out[#out + 1] = string.format('%.0f', score(r[STAGE], r[STATE], r[PRIORITY], r[SEQ]))
                end
                return out
                """),
            _ => []);
        var records = WorkItemRecordTests.AnyRecord.Sample(100, 20).ToArray();

        var replies = await echo.RunAsync(project.Shards[0], records.Select(record => (RedisArg)record.ToBytes()).ToArray(), CancellationToken.None);

        for (var i = 0; i < records.Length; i++)
        {
            replies[2 * i].AsBytes().ToArray().ShouldBe(records[i].ToBytes());
            replies[(2 * i) + 1].AsInteger().ShouldBe(IndexScore.Of(records[i].Stage, records[i].State, records[i].Priority, records[i].Sequence));
        }
    }

    [Fact]
    public async Task Lua_packs_an_evidence_slot_to_the_bytes_that_csharp_writes()
    {
        var project = store.NewProject();
        var echo = project.BindSource(
            "tests/slots",
            """
            local out = {}
            for i = 1, #ARGV do
              local slots = { cmsgpack.unpack(ARGV[i]) }
              for s = 2, #slots do
                if slots[s] ~= '' then
                  local _, _, _, _, _, _, _, _, f1, f2, f3, f4 = cmsgpack.unpack(slots[s])
                  out[#out + 1] = type(f1) .. ' ' .. type(f2) .. ' ' .. type(f3) .. ' ' .. type(f4)
                end
              end
              local body = cmsgpack.pack(unpack(slots, 2))
              out[#out + 1] = cmsgpack.pack(redis.sha1hex(body)) .. body
            end
            return out
            """,
            _ => []);
        var slot = new EvidenceSlot { Mark = 'r', Issuer = "ci", At = 1234567890123, Fields = [Scalar.Of("false"), Scalar.Of(0), Scalar.Null, Scalar.Missing] };
        var truth = new EvidenceSlot { Mark = 'r', Issuer = "ci", At = 1, Fields = [Scalar.Of(false), Scalar.Of(0.1), Scalar.Of(1.5), Scalar.Of(-3)] };
        var field = EvidenceField.Write([null, slot, truth]);

        var replies = await echo.RunAsync(project.Shards[0], new RedisArg[] { field }, CancellationToken.None);

        replies[0].AsText().ShouldBe("string number table nil");
        replies[1].AsText().ShouldBe("boolean number number number");
        replies[2].AsBytes().ToArray().ShouldBe(field);
    }
}

public sealed class RecordInLuaOnRedisTests(RealRedisStore store) : RecordInLuaTests(store), IClassFixture<RealRedisStore>;

public sealed class RecordInLuaOnEmbeddedTests(EmbeddedStore store) : RecordInLuaTests(store), IClassFixture<EmbeddedStore>;
