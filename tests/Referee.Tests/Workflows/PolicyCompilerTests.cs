// The compiled gate against a plain model in C#: random policies, random evidence, the same refusals in the same order.
// And what no policy may do: write code, use up Lua's locals, call commands newer than Redis 6.0.
using System.Text.RegularExpressions;
using Evalsha.Client;
using FsCheck;
using FsCheck.Fluent;
using Referee.Records;
using Referee.Workflows;

namespace Referee.Tests.Workflows;

public sealed class PolicyCompilerOnRedisTests(RealRedisStore store) : PolicyCompilerTests(store), IClassFixture<RealRedisStore>;

public sealed class PolicyCompilerOnEmbeddedTests(EmbeddedStore store) : PolicyCompilerTests(store), IClassFixture<EmbeddedStore>;

public abstract partial class PolicyCompilerTests(StoreFixture store)
{
    private const long Worked = 2_000;
    private const long Entered = 1_500;

    [Fact]
    public void The_script_decides_as_a_plain_model_does() =>
        Prop.ForAll(GateCases.Arbitrary, each => DecidesAsTheModelAsync(each).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public async Task Text_from_a_policy_is_never_code()
    {
        const string hostile = "'] or redis.call('FLUSHALL') --[[\n\\0\0";
        var policy = PolicyReader.FromYaml(
            $$"""
            workflow: hostile
            stages: [a, b]
            evidence: { x: text }
            edges: [ { from: a, to: b, claim: optional, require: [ { evidence: x, eq: {{System.Text.Json.JsonSerializer.Serialize(hostile)}} } ] } ]
            """);
        var outcome = await PromoteAsync(policy, [Slot('s', Scalar.Of(hostile))], Item("s"));

        outcome.ShouldBe([]);
        (await PromoteAsync(policy, [Slot('s', Scalar.Of("'] or redis.call('FLUSHALL') --[["))], Item("s"))).ShouldBe(["2 VALUE"]);
    }

    [Fact]
    public async Task The_largest_policy_still_fits_into_one_lua_function()
    {
        // The most kinds that are read into locals, the most fields, and a comparison of the last field of one with the last of another.
        foreach (var count in (int[])[40, 41, 64])
        {
            var fields = string.Join(", ", Enumerable.Range(0, 32).Select(i => $"f{i:D2}: integer?"));
            var kinds = string.Join("\n", Enumerable.Range(0, count).Select(i => $"  k{i:D2}: {{ fields: {{ {fields} }} }}"));
            var policy = PolicyReader.FromYaml(
                $"workflow: large\nstages: [a, b]\nevidence:\n{kinds}\nedges:\n  - from: a\n    to: b\n    claim: optional\n    require:\n"
                + $"      - {{ evidence: k{count - 1:D2}, where: [ {{ field: f31, eq: 7 }}, {{ field: f31, eqField: k00.f31 }} ] }}\n      - approvals: {{ role: r, count: 1 }}\n    wip: 9\n    soak: 1ms\n");
            var full = Slot('r', Scalar.Of("")) with { Fields = [.. Enumerable.Repeat(Scalar.Of(7), 32)] };
            var slots = new EvidenceSlot?[count];
            (slots[0], slots[count - 1]) = (full, full);

            (await PromoteAsync(policy, slots, Item("s"))).ShouldBe(["4 APPROVALS"]);
        }
    }

    [Fact]
    public void Scripts_call_no_command_newer_than_redis_6_0_and_none_whose_work_grows_with_the_queue()
    {
        // Every command a script of this assembly may call. KEYS, SCAN, LRANGE, SMEMBERS, HGETALL and their like read what nobody bounded.
        HashSet<string> allowed =
        [
            "TIME", "HGET", "HMGET", "HSET", "HDEL", "HEXISTS", "HINCRBY", "HLEN", "ZADD", "ZREM", "ZSCORE", "ZCOUNT", "ZRANGEBYSCORE", "ZRANGEBYLEX",
            "XADD", "XDEL", "XRANGE", "ZCARD", "SET", "GET", "DEL", "EXPIRE", "PEXPIRE", "HINCRBYFLOAT", "INCR", "INCRBY", "EXISTS", "XLEN", "ZREMRANGEBYSCORE", "HSETNX",
        ];
        var assembly = typeof(WorkflowPolicy).Assembly;
        var scripts = assembly.GetManifestResourceNames().Where(name => name.EndsWith(".lua", StringComparison.Ordinal)).ToList();
        scripts.Count.ShouldBeGreaterThan(8);
        foreach (var name in scripts)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var text = reader.ReadToEnd();
            foreach (Match call in Calls().Matches(text))
            {
                allowed.ShouldContain(call.Groups[1].Value.ToUpperInvariant(), $"{name} calls {call.Groups[1].Value}");
            }

            // A range is bounded by LIMIT or, for streams, by COUNT or by naming one entry twice.
            foreach (Match range in Ranges().Matches(text))
            {
                range.Value.ShouldMatch("'LIMIT'|'COUNT'|XRANGE', \\w+, (\\w+), \\1\\)", $"{name}: {range.Value}");
            }
        }
    }

    [Fact]
    public void A_stage_the_project_does_not_number_is_a_mistake_of_the_caller() =>
        Should.Throw<ArgumentException>(() => PolicyCompiler.Compile(Policies.Open, new StageNumbers(["start", "middle"]))).Message.ShouldContain("end");

    [Fact]
    public void A_script_refuses_items_of_every_other_policy()
    {
        var source = PolicyCompiler.Compile(Policies.Open, new StageNumbers(Policies.Open.Stages)).PromoteSource;

        source.ShouldContain($"local DIGEST = '{Policies.Open.Digest}'");
        source.ShouldNotContain("--@");
    }

    internal static EvidenceSlot Slot(char mark, Scalar value) => new() { Mark = mark, Value = value, Issuer = "ci", Roles = ["ci"], Tier = Tier.Ci, Subject = "s", At = 3_000 };

    private static WorkItemRecord Item(string subject) => new()
    {
        Version = 3,
        Fence = 1,
        Priority = 100,
        Sequence = 1,
        Subject = subject,
        WorkedAt = Worked,
        EnteredAt = Entered,
        Authors = ["ann", "bob"],
    };

    private async Task DecidesAsTheModelAsync(GateCase each)
    {
        var lua = await PromoteAsync(each.Policy, each.Slots, Item(each.Subject));

        lua.ShouldBe(GateModel.Refusals(each.Policy, each.Slots, Item(each.Subject)), each.Policy.CanonicalJson);
    }

    // Writes the item's fields by hand, as a store may hold them, and asks the script; the answer is "number CODE" per refusal.
    private async Task<IReadOnlyList<string>> PromoteAsync(WorkflowPolicy policy, IReadOnlyList<EvidenceSlot?> slots, WorkItemRecord item)
    {
        var desk = store.NewProject();
        var keys = desk.Shards[0];
        var compiled = PolicyCompiler.Compile(policy, new StageNumbers(policy.Stages));
        var requests = new List<RedisRequest> { new("HSET", keys.Items, "r:T", (item with { Policy = policy.Digest }).ToBytes()) };
        if (slots.Any(slot => slot is not null))
        {
            requests.Add(new RedisRequest("HSET", keys.Items, "e:T", EvidenceField.Write(slots)));
        }

        requests.Add(new RedisRequest("SCRIPT", "LOAD", compiled.PromoteSource));
        var sha = (await store.Executor.SendBatchAsync(requests))[^1].AsText();
        RedisArg[] Call(string mode) => [sha, 5, keys.Items, keys.Index, keys.Audit, keys.Refusals, keys.Dependencies, mode, "T", policy.LastStage, "", "", "eve", "1", "", "", ""];
        var explained = await store.Executor.SendAsync(new RedisRequest("EVALSHA", Call("explain")));
        var promoted = await store.Executor.SendAsync(new RedisRequest("EVALSHA", Call("promote")));

        explained[0].AsText().ShouldBe(promoted[0].AsText() == "PASS" ? "OPEN" : "REFUSED");
        var rows = new List<string>();
        for (var i = 9; i + 3 < explained.Count; i += 4)
        {
            rows.Add($"{explained[i].AsInteger()} {explained[i + 1].AsText()}");
            promoted[i + 1].AsText().ShouldBe(explained[i + 1].AsText());
        }

        return rows;
    }

    [GeneratedRegex(@"\bcall\('([A-Za-z]+)'")]
    private static partial Regex Calls();

    [GeneratedRegex(@"call\('(?:ZRANGE|ZREVRANGE|XRANGE|XREVRANGE|LRANGE)[A-Z]*'[^\n]*")]
    private static partial Regex Ranges();
}
