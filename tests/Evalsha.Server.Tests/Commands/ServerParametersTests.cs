// Every parameter of CONFIG beside the installed redis-server's: names, values a new server answers, and what each refuses, in the same words.
// Always: a difference is named here with its reason, and a reason that no longer holds fails.
using System.Text.RegularExpressions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class ServerParametersTests : IAsyncLifetime
{
    private const string Where = "of this process, not of Redis's";
    private const string Chosen = "chosen when the server starts";

    /// <summary>Values that differ in a new server.</summary>
    private static readonly Dictionary<string, string> OtherValue = new()
    {
        ["port"] = Where,
        ["dir"] = Where,
        ["enable-debug-command"] = "DEBUG is always allowed here",
        ["aof-use-rdb-preamble"] = "the append-only file is commands throughout",
    };

    /// <summary>Refusals that differ, by parameter.</summary>
    private static readonly Dictionary<string, string> OtherRefusal = new()
    {
        ["port"] = Chosen,
        ["bind"] = Chosen,
        ["tls-port"] = Chosen,
        ["tls-cert-file"] = Chosen,
        ["tls-key-file"] = Chosen,
        ["tls-ca-cert-file"] = Chosen,
        ["tls-auth-clients"] = Chosen,
    };

    private static readonly string[] New = ["set-max-listpack-entries", "set-max-listpack-value", "locale-collate", "cluster-announce-human-nodename"];

    /// <summary>Taken by Redis, and would cut the test off or shut it out.</summary>
    private static readonly string[] NotTried = ["requirepass", "maxclients", "maxmemory", "proc-title-template", "latency-tracking-info-percentiles"];

    private RealRedis? _real;
    private RedisServer? _server;

    public async Task InitializeAsync() => (_real, _server) = (await RealRedis.StartAsync(), await RedisServer.StartAsync(new RedisServerOptions { Port = 0 }));

    public async Task DisposeAsync()
    {
        await _real!.DisposeAsync();
        await _server!.DisposeAsync();
    }

    [Fact]
    public async Task Every_parameter_is_there_with_the_value_of_a_new_redis()
    {
        var (ours, theirs) = (await AllAsync(_server!.Port), await AllAsync(_real!.Port));
        theirs.Keys.Except(ours.Keys).ShouldBeEmpty("parameters of Redis that are not here");
        ours.Keys.Except(theirs.Keys).Except(New).ShouldBeEmpty("parameters that neither Redis 7.0 has nor 7.2 added");
        var different = theirs.Where(pair => ours[pair.Key] != pair.Value).Select(static pair => pair.Key).ToList();
        different.Except(OtherValue.Keys).Select(name => $"{name}: ours '{ours[name]}', redis '{theirs[name]}'").ShouldBeEmpty();
        OtherValue.Keys.Except(different).ShouldBeEmpty("a difference that is none any more");
    }

    [Fact]
    public async Task Every_parameter_refuses_what_redis_refuses_in_its_words()
    {
        var (ours, theirs) = (await AllAsync(_server!.Port), await AllAsync(_real!.Port));
        using var client = await RawRedis.ConnectAsync(_server!.Port);
        using var peer = await RawRedis.ConnectAsync(_real!.Port);
        var differences = new List<string>();
        var seen = new HashSet<string>();
        foreach (var name in theirs.Keys.Intersect(ours.Keys).Except(NotTried))
        {
            foreach (var value in (string[])["@bad", "", "-9223372036854775808", "99999999999999999999", "1x", "-1", "0"])
            {
                var (mine, real) = (await client.SendAsync("CONFIG", "SET", name, value), await peer.SendAsync("CONFIG", "SET", name, value));
                if (mine != real)
                {
                    seen.Add(name);
                    if (!OtherRefusal.ContainsKey(name))
                    {
                        differences.Add($"{name} '{value}'\n    ours  {mine}\n    redis {real}");
                    }
                }
            }

            // Back to where it was, so that the next one is tried on servers that answer.
            await client.SendAsync("CONFIG", "SET", name, ours[name]);
            await peer.SendAsync("CONFIG", "SET", name, theirs[name]);
        }

        differences.ShouldBeEmpty(string.Join('\n', differences));
        OtherRefusal.Keys.Except(seen).ShouldBeEmpty("a difference that is none any more");
    }

    [Fact]
    public async Task A_refused_parameter_takes_back_those_before_it()
    {
        await using var client = _server!.OpenDirect();
        var refused = await client.ExecuteAsync("CONFIG", "SET", "hz", "20", "maxmemory-samples", "7", "loglevel", "loud");
        refused.ToString().ShouldContain("CONFIG SET failed (possibly related to argument 'loglevel')");
        (await AllAsync(_server.Port, "hz", "maxmemory-samples")).ShouldBe(await AllAsync(_real!.Port, "hz", "maxmemory-samples"));
    }

    [Fact]
    public async Task What_a_password_is_set_to_is_not_in_the_slow_log()
    {
        await using var client = _server!.OpenDirect();
        await client.ExecuteAsync("CONFIG", "SET", "slowlog-log-slower-than", "0");
        await client.ExecuteAsync("CONFIG", "SET", "masterauth", "hunter2", "hz", "11");
        var log = (await client.ExecuteAsync("SLOWLOG", "GET", "1")).ToString();
        log.ShouldContain("(redacted)");
        log.ShouldContain("\"11\"");
        log.ShouldNotContain("hunter2");
    }

    private static async Task<SortedDictionary<string, string>> AllAsync(int port, params string[] names)
    {
        using var client = await RawRedis.ConnectAsync(port);
        var reply = await client.SendAsync(["CONFIG", "GET", .. names.Length == 0 ? ["*"] : names]);
        var texts = Regex.Matches(reply, "'((?:[^'\\\\]|\\\\.)*)'").Select(static match => match.Groups[1].Value).ToList();
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < texts.Count; i += 2)
        {
            all.Add(texts[i], texts[i + 1]);
        }

        return all;
    }
}
