// Every form of every data command, made from what the row says of its arguments, on keys of every type: each reply is the installed redis-server's.
// After a write the data are the same as well: every key's type, time to live and value.
// Forms: the required arguments alone, each option by itself, all options, each alternative, one argument too few and one too many, each number wrong.
// Commands that may wait are left to BlockingCommandsTests.
// Always: both servers begin each call with the same few keys; a command whose reply chance or the clock decides is compared by the reply's kind.
using System.Text;
using Evalsha.Server.Dispatch;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class CommandFormsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly string[] Groups = ["string", "bitmap", "hash", "list", "set", "sorted-set", "stream", "generic", "hyperloglog", "geo"];

    private static readonly string[] Keys = ["text", "number", "list", "set", "numbers", "hash", "zset", "stream", "hll", "geo", "missing"];

    private static readonly string[][] Fixture =
    [
        ["FLUSHALL"],
        ["SET", "text", "abc"],
        ["SET", "number", "10"],
        ["RPUSH", "list", "1", "2", "3"],
        ["SADD", "set", "a", "b", "c"],
        ["SADD", "numbers", "1", "2", "3"],
        ["HSET", "hash", "a", "1", "b", "x"],
        ["ZADD", "zset", "1", "a", "2", "b", "3", "c"],
        ["XADD", "stream", "1-1", "a", "1"],
        ["PFADD", "hll", "a", "b"],
        ["GEOADD", "geo", "13", "37", "a", "14", "38", "b"],
    ];

    private static readonly byte[] Prepared = [.. Fixture.SelectMany(static one => RawRedis.Encode(one))];

    private const string State = """
        local all = {}
        local keys = redis.call('keys', '*')
        table.sort(keys)
        for _, key in ipairs(keys) do
          local kind = redis.call('type', key).ok
          local value
          if kind == 'string' then value = {redis.call('get', key)}
          elseif kind == 'list' then value = redis.call('lrange', key, 0, -1)
          elseif kind == 'set' then value = redis.call('smembers', key) table.sort(value)
          elseif kind == 'hash' then
            value = {}
            for _, field in ipairs(redis.call('hkeys', key)) do value[#value + 1] = field .. '=' .. redis.call('hget', key, field) end
            table.sort(value)
          elseif kind == 'zset' then
            value = redis.call('zrange', key, 0, -1, 'withscores')
            for i = 2, #value, 2 do value[i] = string.format('%.12g', tonumber(value[i])) end
          else
            value = {tostring(redis.call('xlen', key))}
          end
          all[#all + 1] = key .. ' ' .. kind .. ' ' .. (redis.call('pttl', key) > 0 and 'ends' or 'stays') .. ' ' .. table.concat(value, ',')
        end
        return all
        """;

    /// <summary>What is taken or kept is chance.</summary>
    private static readonly HashSet<string> Chosen = ["spop"];

    /// <summary>Chance or the clock decides what they say, or how many they wait for.</summary>
    private static readonly HashSet<string> Volatile =
        ["randomkey", "srandmember", "hrandfield", "zrandmember", "spop", "wait", "waitaof", "scan", "object|idletime", "object|freq", "keys", "pttl", "ttl", "pexpiretime", "expiretime"];

    private static readonly HashSet<string> Unordered = ["hgetall", "hkeys", "hvals", "smembers", "sunion", "sdiff", "sinter", "hscan", "sscan", "zscan", "sort", "sort_ro"];

    /// <summary>Command and key, how our reply begins, and why it is another than the installed 7.0's.</summary>
    private static readonly (string Form, string Ours, string Reason)[] Different =
    [
        ("bitcount ", "-ERR", "7.2 reads the arguments before it looks at the key"),
        ("zrank ", "", "7.2 takes WITHSCORE"),
        ("zrevrank ", "", "7.2 takes WITHSCORE"),
        ("object|encoding list", "$'listpack'", "7.2 keeps short lists in one listpack"),
        ("object|encoding set", "$'listpack'", "7.2 keeps small sets in a listpack"),
        ("sscan set", "*[$'0', *[", "a small set is one listpack in 7.2, and comes whole"),
        ("zadd ", "$'92", "7.2 prints the shortest digits that read back the same"),
        ("zincrby ", "$'92", "7.2 prints the shortest digits that read back the same"),
    ];

    [Fact]
    public async Task Every_form_of_every_data_command_answers_as_redis()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var real = await RealRedis.StartAsync();
        using var mine = await RawRedis.ConnectAsync(server.Port);
        using var theirs = await RawRedis.ConnectAsync(real.Port);
        var known = (await theirs.SendAsync("COMMAND", "LIST")).Split('\'').ToHashSet();
        var differences = new List<string>();
        var met = new HashSet<(string, string, string)>();
        var forms = 0;
        foreach (var row in server.Context.Commands.Rows.SelectMany(static row => row.Subcommands.Length > 0 ? row.Subcommands : [row]))
        {
            if (!Groups.Contains(row.Group) || !known.Contains(row.FullName) || row.Is(CommandFlags.Blocking))
            {
                continue;
            }

            foreach (var form in Forms(row).DistinctBy(static form => string.Join(' ', form)))
            {
                foreach (var key in form.Contains("<key>") ? Keys : ["missing"])
                {
                    var command = Fill(form, key);
                    var (ours, others) = (await RunAsync(mine, command).WaitAsync(Patience), await RunAsync(theirs, command).WaitAsync(Patience));
                    if (row.Is(CommandFlags.Write) && !Chosen.Contains(row.Name))
                    {
                        var (state, other) = (await mine.SendAsync("EVAL", State, "0"), await theirs.SendAsync("EVAL", State, "0"));
                        if (state != other)
                        {
                            differences.Add($"{string.Join(' ', command)}\n    ours  {state}\n    redis {other}");
                        }
                    }

                    forms++;
                    if (AreAlike(row.FullName, ours, others))
                    {
                        continue;
                    }

                    var reasons = Different.Where(one => $"{row.FullName} {key}".StartsWith(one.Form, StringComparison.Ordinal) && ours.StartsWith(one.Ours, StringComparison.Ordinal)).ToList();
                    met.UnionWith(reasons);
                    if (reasons.Count == 0)
                    {
                        differences.Add($"{string.Join(' ', command)}\n    ours  {ours}\n    redis {others}");
                    }
                }
            }
        }

        forms.ShouldBeGreaterThan(10_000);
        differences.ShouldBeEmpty($"{differences.Count} of {forms} differ:\n{string.Join('\n', differences.Take(400))}");
        Different.Except(met).ShouldBeEmpty("a difference that is none any more");
    }

    private static bool AreAlike(string command, string ours, string theirs) =>
        ours == theirs
        || (Volatile.Contains(command) && ours[..1] == theirs[..1] && ours[0] != '-')
        || (Unordered.Contains(command) && Sorted(ours) == Sorted(theirs))
        || (command == "xadd" && ours.StartsWith("$'1", StringComparison.Ordinal) && theirs.StartsWith("$'1", StringComparison.Ordinal));

    private static string Sorted(string reply) => string.Join(',', reply.Split([", ", "[", "]"], StringSplitOptions.None).Order(StringComparer.Ordinal));

    /// <summary>The first key is the one asked for, the second has the same type; a third and a destination are missing.</summary>
    private static string[] Fill(string[] form, string key)
    {
        var seen = 0;
        return [.. form.Select(word => word switch
        {
            "<key>" => seen++ switch { 0 => key, 1 => key == "text" ? "number" : key == "set" ? "numbers" : key, _ => "nothing" },
            _ => word,
        })];
    }

    private static async Task<string> RunAsync(RawRedis server, string[] command)
    {
        await server.WriteAsync(Prepared);
        await server.WriteAsync(RawRedis.Encode(command));
        for (var i = 0; i < Fixture.Length; i++)
        {
            await server.ReadAsync();
        }

        return await server.ReadAsync();
    }

    private static List<string[]> Forms(CommandRow row)
    {
        var arguments = CommandArgument.Parse(row.Syntax);
        var name = row.FullName.Split('|');
        var forms = new List<string[]>();
        void Add(IEnumerable<string> tail) => forms.Add([.. name, .. tail]);

        var required = arguments.Where(static one => !one.IsOptional).SelectMany(static one => Values(one)[0]).ToList();
        Add(required);
        Add(required.SkipLast(1));
        Add([.. required, "nope"]);
        Add(arguments.SelectMany(static one => Values(one)[0]));
        for (var i = 0; i < arguments.Count; i++)
        {
            foreach (var value in Values(arguments[i]))
            {
                // This argument in each of its forms, the other required ones in their first.
                List<string> form = [.. arguments.SelectMany((one, at) => at == i ? value : one.IsOptional ? [] : Values(one)[0])];
                Add(form);
                Add(form.SkipLast(1));
                for (var at = 0; at < form.Count; at++)
                {
                    if (double.TryParse(form[at], System.Globalization.CultureInfo.InvariantCulture, out var _))
                    {
                        foreach (var wrong in (string[])["x", "-1", "0", "9223372036854775808"])
                        {
                            Add([.. form[..at], wrong, .. form[(at + 1)..]]);
                        }
                    }
                }
            }
        }

        return forms;
    }

    /// <summary>The forms of one argument, each a list of words.</summary>
    private static List<string[]> Values(CommandArgument argument)
    {
        List<string[]> forms = argument.Type switch
        {
            "pure-token" => [[argument.Token!]],
            "oneof" => [.. argument.Parts.SelectMany(Values)],
            "block" => Blocks(argument),
            "key" => [["<key>"]],
            "integer" => [[argument.Name is "numkeys" ? "1" : argument.Name is "milliseconds" ? "100000" : "2"]],
            "double" => [[argument.Name == "timeout" ? "0.01" : "1.5"]],
            "unix-time" => [[argument.Name.Contains("milli", StringComparison.Ordinal) ? "33177117420000" : "33177117420"]],
            "pattern" => [["*"]],
            _ => [[argument.Name switch { "id" or "start" or "end" or "last-id" => "1-1", "min" or "max" => "1", "operation" => "AND", "encoding" => "u8", "member2" => "b", _ => "a" }]],
        };
        if (argument.Token is { Length: > 0 } token && argument.Type != "pure-token")
        {
            forms = [.. forms.Select(form => (string[])[token, .. form])];
        }

        if (argument.IsMultiple)
        {
            forms = [.. forms, [.. forms[0], .. argument.Token is { Length: > 0 } && !argument.RepeatsToken && argument.Type != "pure-token" ? forms[^1][1..] : forms[^1]]];
        }

        return forms;
    }

    private static List<string[]> Blocks(CommandArgument block)
    {
        var all = new List<string[]> { block.Parts.Where(static part => !part.IsOptional).SelectMany(static part => Values(part)[0]).ToArray() };
        for (var i = 0; i < block.Parts.Count; i++)
        {
            foreach (var value in Values(block.Parts[i]))
            {
                all.Add([.. block.Parts.SelectMany((part, at) => at == i ? value : part.IsOptional ? [] : Values(part)[0])]);
            }
        }

        return all;
    }
}
