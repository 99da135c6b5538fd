// Rules that every script keeps: a header, declared keys only, old commands only, no caller's clock, no loop over a queue.
using System.Text.RegularExpressions;
using Evalsha.Client;
using Referee.Records;
using Referee.Scripts;

namespace Referee.Tests.Scripts;

public sealed partial class ScriptTests
{
    /// <summary>What the scripts call. A new command goes here once somebody has looked up that Redis 6.0 has it and that its cost is bounded.</summary>
    private static readonly string[] Allowed =
    [
        "TIME", "HGET", "HMGET", "HSET", "HDEL", "HEXISTS", "HINCRBY", "HLEN", "ZADD", "ZREM", "ZSCORE", "ZCOUNT", "ZRANGEBYSCORE", "ZRANGEBYLEX",
        "XADD", "XRANGE", "XDEL", "XLEN",
    ];

    public static TheoryData<string> All => [.. typeof(ScriptSource).Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".lua", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(All))]
    public void A_script_opens_with_what_it_is(string path)
    {
        var source = ScriptSource.Load(path);
        source.ShouldStartWith("--- ");
        if (!path.Contains("/lib/", StringComparison.Ordinal))
        {
            source.ShouldContain("--- keys ");
            source.ShouldContain("--- args ");
            source.ShouldContain("--- returns ");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_script_calls_only_known_commands_of_bounded_cost(string path)
    {
        foreach (Match call in Call().Matches(ScriptSource.Load(path)))
        {
            Allowed.ShouldContain(call.Groups[1].Value, path);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_range_that_a_script_reads_always_has_a_limit(string path)
    {
        foreach (var line in ScriptSource.Load(path).Split('\n').Where(line => line.Contains("'ZRANGEBY", StringComparison.Ordinal)))
        {
            line.ShouldContain("'LIMIT'");
        }
    }

    [Fact]
    public void A_library_goes_in_once_and_an_unknown_one_is_named()
    {
        var text = ScriptSource.Expand("--- @include record\n--- @include record\nreturn 1");

        Occurrences(text, "local FORMAT = 1").ShouldBe(1);
        text.ShouldEndWith("return 1\n");
        Should.Throw<FileNotFoundException>(() => ScriptSource.Expand("--- @include nothing")).Message.ShouldContain("nothing");
    }

    private static int Occurrences(string text, string part) => text.Split(part).Length - 1;

    [GeneratedRegex(@"redis\.p?call\(\s*'([^']+)'")]
    private static partial Regex Call();
}

/// <summary>What the header says of keys is what the front door sends.</summary>
public abstract partial class ScriptKeysTests(StoreFixture store)
{
    [Fact]
    public async Task Every_script_is_taken_by_the_store_and_gets_the_keys_of_its_header()
    {
        var project = store.NewProject();
        (await project.PreloadAsync()).Entries.ShouldAllBe(entry => entry.Error == null);

        foreach (var script in project.BoundScripts.Where(script => script.Definition.Name.EndsWith(".lua", StringComparison.Ordinal)))
        {
            var header = Header().Match(ScriptSource.Load(script.Definition.Name)).Groups[1].Value;
            var named = header.Split(',').Select(name => name.Trim());
            script.Keys(project.Shards[0]).Select(key => key.ToString()[(key.ToString().LastIndexOf(':') + 1)..]).ShouldBe(named, script.Definition.Name);
        }
    }

    [GeneratedRegex(@"^--- keys +(.+)$", RegexOptions.Multiline)]
    private static partial Regex Header();
}

public sealed class ScriptKeysOnRedisTests(RealRedisStore store) : ScriptKeysTests(store), IClassFixture<RealRedisStore>;

public sealed class ScriptKeysOnEmbeddedTests(EmbeddedStore store) : ScriptKeysTests(store), IClassFixture<EmbeddedStore>;
