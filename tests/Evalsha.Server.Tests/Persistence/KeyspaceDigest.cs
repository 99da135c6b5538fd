// The whole keyspace of a server as text, by commands that every Redis knows: two servers with equal digests hold equal data.
// Always: keys are made of letters, digits and colons; unordered collections are printed in order; deadlines are absolute.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Persistence;

internal static partial class KeyspaceDigest
{
    public static async Task<string> ReadAsync(RawRedis server)
    {
        var text = new StringBuilder();
        for (var database = 0; database < 16; database++)
        {
            await server.SendAsync("SELECT", database.ToString(CultureInfo.InvariantCulture));
            foreach (var key in Items(await server.SendAsync("KEYS", "*")).Order(StringComparer.Ordinal))
            {
                var name = key[1..^1];
                var type = await server.SendAsync("TYPE", name);
                text.Append(CultureInfo.InvariantCulture, $"{database} {name} {type} {await server.SendAsync("PEXPIRETIME", name)} {await ValueAsync(server, name, type)}\n");
            }
        }

        await server.SendAsync("SELECT", "0");
        return text.ToString();
    }

    public static string WithoutReadCounts(string digest) => ReadCounts().Replace(digest, "");

    private static async Task<string> ValueAsync(RawRedis server, string key, string type) => type switch
    {
        "+string" => await server.SendAsync("GET", key),
        "+list" => await server.SendAsync("LRANGE", key, "0", "-1"),
        "+hash" => string.Join(' ', Items(await server.SendAsync("HGETALL", key)).Chunk(2).Select(pair => $"{pair[0]}={pair[1]}").Order(StringComparer.Ordinal)),
        "+set" => string.Join(' ', Items(await server.SendAsync("SMEMBERS", key)).Order(StringComparer.Ordinal)),
        "+zset" => string.Join(' ', Items(await server.SendAsync("ZRANGE", key, "0", "-1", "WITHSCORES")).Chunk(2).Select(pair => $"{pair[0]}={Score(pair[1])}")),
        "+stream" => await server.SendAsync("XRANGE", key, "-", "+") + string.Concat(StreamFacts().Matches(await server.SendAsync("XINFO", "STREAM", key)).Select(match => match.Value))
            + Groups(await server.SendAsync("XINFO", "STREAM", key, "FULL", "COUNT", "0")),
        _ => throw new InvalidDataException($"a key of type {type}"),
    };

    private static string Groups(string full) => Seen().Replace(full[full.IndexOf("'groups'", StringComparison.Ordinal)..], "");

    // Redis 7.0 prints 17 digits, 7.2 the fewest that read back.
    private static double Score(string text) => text[1..^1] is var digits && digits.EndsWith("inf", StringComparison.Ordinal)
        ? digits[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity
        : double.Parse(digits, CultureInfo.InvariantCulture);

    private static IEnumerable<string> Items(string reply) => Item().Matches(reply).Select(match => match.Groups[1].Value);

    [GeneratedRegex("""\$('[^']*'|"[^"]*")""")]
    private static partial Regex Item();

    [GeneratedRegex(@"'(last-generated-id|max-deleted-entry-id|entries-added)', [^,\]]*")]
    private static partial Regex StreamFacts();

    // When a consumer was last seen is not kept on disk, by Redis neither.
    [GeneratedRegex("\\$'(seen|active)-time', :-?[0-9]+, ")]
    private static partial Regex Seen();

    [GeneratedRegex("'(entries-read|lag)', (:-?[0-9]+|\\$-1), ")]
    private static partial Regex ReadCounts();
}
