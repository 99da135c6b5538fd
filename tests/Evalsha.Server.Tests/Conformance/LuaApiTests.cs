// The observed script cases of tests/Conformance/scripts/lua-api.jsonl, in order and with shared state, on this server: 7.2's reply is the yardstick.
// Always: a case that differs on purpose is named here with its reason; all others are equal byte for byte (the digest of the script aside).
using System.Text.Json;
using System.Text.RegularExpressions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Conformance;

public sealed partial class LuaApiTests
{
    /// <summary>Numbers of cases that differ, each with why that is right.</summary>
    private static readonly Dictionary<int, string> Different = new()
    {
        [176] = "setfenv is hidden, as in 7.2.11 and later",
        [177] = "setfenv is hidden, as in 7.2.11 and later",
        [186] = "string.dump makes no binary chunks",
        [187] = "string.dump makes no binary chunks",
        [228] = "getfenv, setfenv and newproxy are hidden, as in 7.2.11 and later",
        [248] = "newproxy is hidden, as in 7.2.11 and later",
        [364] = "getfenv is hidden, as in 7.2.11 and later",
        [365] = "getfenv is hidden, as in 7.2.11 and later",
        [601] = "the observed text is cut off; the whole of it is in the transcript scripts.resp",
    };

    [Fact]
    public async Task Every_observed_script_answers_as_redis_answers()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var resp2 = await RawRedis.ConnectAsync(server.Port);
        using var resp3 = await RawRedis.ConnectAsync(server.Port, protocol: 3);
        var differences = new List<string>();
        foreach (var line in await File.ReadAllLinesAsync(Path.Combine(TranscriptTests.Folder(), "..", "scripts", "lua-api.jsonl")))
        {
            var item = JsonSerializer.Deserialize<Case>(line, JsonSerializerOptions.Web)!;
            var expected = item.Reply72 ?? item.Reply;
            if (Different.ContainsKey(item.N) || expected.StartsWith('('))
            {
                continue;
            }

            string reply;
            try
            {
                reply = Digest().Replace(await (item.Resp == 3 ? resp3 : resp2).SendAsync(item.Argv).WaitAsync(TimeSpan.FromSeconds(20)), "<sha>");
            }
            catch (Exception e) when (e is TimeoutException or IOException or InvalidDataException)
            {
                differences.Add($"{item.N}: {string.Join(' ', item.Argv)}\n    {e.Message}");
                break;
            }

            if (reply != Digest().Replace(expected, "<sha>"))
            {
                differences.Add($"{item.N} (resp {item.Resp}): {string.Join(' ', item.Argv)}\n    ours  {reply}\n    redis {expected}");
            }
        }

        differences.ShouldBeEmpty($"{differences.Count} differ:\n{string.Join('\n', differences)}");
    }

    [GeneratedRegex("[0-9a-f]{40}")]
    private static partial Regex Digest();

    private sealed record Case(int N, int Resp, string[] Argv, string Reply, string? Reply72);
}
