// What COMMAND says of every command of ours, compared with what the installed redis-server says of it: facts and documented arguments.
// Always: a difference is named here with its reason; the commands of Redis that are not here are printed.
using System.Text;
using Evalsha.Resp;
using Evalsha.Tests.Support;
using Xunit.Abstractions;

namespace Evalsha.Server.Tests.Commands;

public sealed class CommandFactsTests(ITestOutputHelper output)
{
    private static readonly string[] Facts = ["name", "arity", "flags", "first", "last", "step", "categories", "tips", "keys"];

    /// <summary>Command and fact, and why they differ.</summary>
    private static readonly Dictionary<string, string> Different = new()
    {
        ["blpop flags"] = "7.2 lets a script call it: it answers there without waiting",
        ["brpop flags"] = "7.2 lets a script call it: it answers there without waiting",
        ["blmove flags"] = "7.2 lets a script call it: it answers there without waiting",
        ["brpoplpush flags"] = "7.2 lets a script call it: it answers there without waiting",
        ["bzpopmin flags"] = "7.2 lets a script call it: it answers there without waiting",
        ["bzpopmax flags"] = "7.2 lets a script call it: it answers there without waiting",
        ["wait flags"] = "7.2 lets a script call it, and calls it blocking",
        ["wait categories"] = "7.2 calls it blocking",
        ["zrank arity"] = "7.2 takes WITHSCORE",
        ["zrevrank arity"] = "7.2 takes WITHSCORE",
        ["zrank arguments"] = "7.2 takes WITHSCORE",
        ["zrevrank arguments"] = "7.2 takes WITHSCORE",
        ["command|getkeys arity"] = "7.2 takes a command without arguments",
        ["command|getkeysandflags arity"] = "7.2 takes a command without arguments",
    };

    /// <summary>Subcommands and commands of 7.2 that 7.0 does not have, and one of our own.</summary>
    private static readonly HashSet<string> Newer = ["script|stats", "client|setinfo", "client|no-touch", "waitaof"];

    [Fact]
    public async Task Every_command_says_of_itself_what_redis_says()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var real = await RealRedis.StartAsync();
        using var client = await RespClient.ConnectAsync(server.Port);
        using var peer = await RespClient.ConnectAsync(real.Port);
        var (ours, theirs) = (new SortedDictionary<string, RespValue>(StringComparer.Ordinal), new SortedDictionary<string, RespValue>(StringComparer.Ordinal));
        Collect(await client.AskAsync("COMMAND"), ours);
        Collect(await peer.AskAsync("COMMAND"), theirs);
        var differences = new List<string>();
        foreach (var (name, row) in ours)
        {
            if (!theirs.TryGetValue(name, out var other))
            {
                if (!Newer.Contains(name))
                {
                    differences.Add($"{name}: redis has no such command");
                }

                continue;
            }

            for (var i = 0; i < Facts.Length; i++)
            {
                Compare($"{name} {Facts[i]}", Text(row.Items[i]), Text(other.Items[i]), differences);
            }

            var documented = new[] { Documented(await client.AskAsync("COMMAND", "DOCS", name)), Documented(await peer.AskAsync("COMMAND", "DOCS", name)) };
            foreach (var prose in (string[])["summary", "history"])
            {
                var (mine, theirWords) = (documented[0].GetValueOrDefault(prose, ""), documented[1].GetValueOrDefault(prose, ""));
                if (mine == theirWords && mine.Length > 0)
                {
                    differences.Add($"{name} {prose}: the words are Redis's: {mine}");
                }
            }

            foreach (var field in (string[])["arguments", "since", "group", "deprecated_since"])
            {
                Compare($"{name} {field}", documented[0].GetValueOrDefault(field, ""), documented[1].GetValueOrDefault(field, ""), differences);
            }
        }

        output.WriteLine($"Of Redis {theirs.Count} commands and subcommands, {theirs.Keys.Except(ours.Keys).Count()} are not here:");
        output.WriteLine(string.Join(' ', theirs.Keys.Except(ours.Keys)));
        differences.ShouldBeEmpty($"{differences.Count} differ:\n{string.Join('\n', differences)}");
        Different.Keys.Where(key => !_seen.Contains(key)).ShouldBeEmpty("a difference that is none any more");
    }

    private readonly HashSet<string> _seen = [];

    private void Compare(string what, string ours, string theirs, List<string> differences)
    {
        if (ours == theirs)
        {
            return;
        }

        _seen.Add(what);
        if (!Different.ContainsKey(what))
        {
            differences.Add($"{what}\n    ours  {ours}\n    redis {theirs}");
        }
    }

    private static void Collect(RespValue rows, SortedDictionary<string, RespValue> found)
    {
        foreach (var row in rows.Items)
        {
            found.Add(row.Items[0].AsText(), row);
            Collect(row.Items[9], found);
        }
    }

    /// <summary>In RESP3 a set is a set: its order does not matter. Notes about key ranges are prose, and left out.</summary>
    private static string Text(RespValue value)
    {
        switch (value.Kind)
        {
            case RespKind.Set:
                return $"{{{string.Join(", ", value.Items.Select(Text).Order(StringComparer.Ordinal))}}}";
            case RespKind.Map:
                var pairs = Pairs(value).Where(static pair => pair.Name != "notes").Select(static pair => $"{pair.Name}: {Text(pair.Value)}");
                return $"({string.Join(", ", pairs)})";
            case RespKind.Array:
                return $"[{string.Join(", ", value.Items.Select(Text))}]";
            default:
                return value.ToString();
        }
    }

    private static Dictionary<string, string> Documented(RespValue reply) =>
        Pairs(reply).Single().Value is var document ? Pairs(document).ToDictionary(static pair => pair.Name, static pair => Text(pair.Value)) : [];

    private static IEnumerable<(string Name, RespValue Value)> Pairs(RespValue map)
    {
        for (var i = 0; i + 1 < map.Items.Length; i += 2)
        {
            yield return (map.Items[i].AsText(), map.Items[i + 1]);
        }
    }

    /// <summary>A connection that reads replies as values, in RESP3.</summary>
    private sealed class RespClient : IDisposable
    {
        private readonly System.Net.Sockets.TcpClient _socket = new();
        private readonly RespReader _reader = new(new RespLimits());
        private readonly byte[] _buffer = new byte[1 << 16];
        private int _end;

        public static async Task<RespClient> ConnectAsync(int port)
        {
            var client = new RespClient();
            await client._socket.ConnectAsync("127.0.0.1", port);
            await client.AskAsync("HELLO", "3");
            return client;
        }

        public async Task<RespValue> AskAsync(params string[] command)
        {
            var stream = _socket.GetStream();
            await stream.WriteAsync(RawRedis.Encode(command));
            while (true)
            {
                var whole = _reader.TryRead(_buffer.AsSpan(0, _end), out var consumed, out var value);
                _buffer.AsSpan(consumed, _end - consumed).CopyTo(_buffer);
                _end -= consumed;
                if (whole)
                {
                    return value;
                }

                var count = await stream.ReadAsync(_buffer.AsMemory(_end));
                _end += count > 0 ? count : throw new EndOfStreamException();
            }
        }

        public void Dispose() => _socket.Dispose();
    }
}
