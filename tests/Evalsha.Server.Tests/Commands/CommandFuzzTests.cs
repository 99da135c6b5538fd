// Random commands over all types on this server and on the installed redis-server: every reply is the same.
// Always: the seed is printed, and EVALSHA_FUZZ_SEED / EVALSHA_FUZZ_COMMANDS replay or lengthen a run. A difference is shown with the commands that led to it.
// Where order is the hash table's affair, replies are compared sorted; where chance decides, commands are not generated (SPOP, SRANDMEMBER …);
// numbers are eighths and sixteenths, so that 7.0's seventeen digits and 7.2's shortest form are the same text.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class CommandFuzzTests
{
    private const int DefaultCommands = 6000;

    private static readonly Regex Deadline = new("^:1[78][0-9]{11}|^:1[78][0-9]{8}|^:(9[0-9]|100|[12][0-9][0-9]|9[0-9][0-9]|1000)(?=\n)|ttl :-?[0-9]+", RegexOptions.CultureInvariant);

    [Fact]
    public async Task Random_commands_get_the_same_replies_from_both_servers() => await RunAsync(protocol: 2);

    [Fact]
    public async Task Random_commands_get_the_same_replies_in_RESP3() => await RunAsync(protocol: 3);

    [Fact]
    public async Task Random_numbers_with_decimals_add_up_alike()
    {
        const int sums = 2000;
        var random = new Random(7);
        await using var real = await RealRedis.StartAsync();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var mine = await RawRedis.ConnectAsync(server.Port);
        using var theirs = await RawRedis.ConnectAsync(real.Port);
        for (var i = 0; i < sums; i++)
        {
            var digits = random.NextInt64(-1_000_000_000_000_000, 1_000_000_000_000_000);
            var step = random.Next(3) switch
            {
                0 => $"{digits}e{random.Next(-30, 12)}",
                1 => (random.NextDouble() - 0.5).ToString("R", CultureInfo.InvariantCulture),
                _ => $"{digits % 1000}.{Math.Abs(digits)}",
            };
            string[] command = random.Next(2) == 0 ? ["INCRBYFLOAT", $"f{i % 50}", step] : ["HINCRBYFLOAT", "h", $"f{i % 50}", step];
            (await mine.SendAsync(command)).ShouldBe(await theirs.SendAsync(command), string.Join(' ', command));
        }
    }

    private static async Task RunAsync(int protocol)
    {
        var seed = Environment.GetEnvironmentVariable("EVALSHA_FUZZ_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 20261120 + protocol;
        var commands = Environment.GetEnvironmentVariable("EVALSHA_FUZZ_COMMANDS") is { Length: > 0 } many ? int.Parse(many, CultureInfo.InvariantCulture) : DefaultCommands;
        Console.WriteLine($"EVALSHA_FUZZ_SEED={seed}");
        await using var real = await RealRedis.StartAsync();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var mine = await RawRedis.ConnectAsync(server.Port, protocol);
        using var theirs = await RawRedis.ConnectAsync(real.Port, protocol);
        var generator = new RandomCommands(new Random(seed));
        var history = new List<string>();
        for (var i = 0; i < commands; i++)
        {
            var command = generator.Next();
            history.Add(string.Join(' ', command.Arguments.Select(Show)));
            var (left, right) = (await mine.SendAsync(command.Arguments), await theirs.SendAsync(command.Arguments));
            if (command.IsUnordered)
            {
                (left, right) = (Sorted(left), Sorted(right));
            }

            left += await StateAsync(mine, command.Arguments);
            right += await StateAsync(theirs, command.Arguments);
            (left, right) = (WithoutSeconds(left), WithoutSeconds(right));
            if (left != right && !IsKnown(command.Arguments, left, right))
            {
                var key = command.Arguments.Length > 1 ? Show(command.Arguments[1]) : "";
                Assert.Fail($"seed {seed}, command {i}: {history[^1]}\n  ours {left}\n  real {right}\nwhat touched the key:\n  {string.Join("\n  ", history.Where(h => h.Contains(key, StringComparison.Ordinal)).TakeLast(25))}");
            }
        }
    }

    /// <summary>How many keys there are, and all that the keys of a command hold: a wrong change is seen where it happens.</summary>
    private static async Task<string> StateAsync(RawRedis server, string[] arguments)
    {
        var state = new StringBuilder("\n     with keys ").Append(await server.SendAsync("DBSIZE"));
        foreach (var key in arguments.Skip(1).Where(IsKey).Distinct())
        {
            var type = await server.SendAsync("TYPE", key);
            var held = type switch
            {
                "+string" => await server.SendAsync("GET", key),
                "+list" => await server.SendAsync("LRANGE", key, "0", "-1"),
                "+hash" => Sorted(await server.SendAsync("HGETALL", key)),
                "+set" => Sorted(await server.SendAsync("SMEMBERS", key)),
                "+zset" => await server.SendAsync("ZRANGE", key, "0", "-1", "WITHSCORES"),
                "+stream" => await server.SendAsync("XRANGE", key, "-", "+") + await server.SendAsync("XPENDING", key, "g0") + await server.SendAsync("XPENDING", key, "g1"),
                _ => "",
            };
            state.Append(CultureInfo.InvariantCulture, $"\n     {key} {type} {held} ttl {await server.SendAsync("TTL", key)}");
        }

        return state.ToString();
    }

    private static bool IsKey(string argument) => argument.Length == 2 && "shlizxy".Contains(argument[0]) && char.IsAsciiDigit(argument[1]);

    /// <summary>A time to live that ran on between the two servers is the same.</summary>
    private static string WithoutSeconds(string reply) => Deadline.Replace(reply, static m =>
        m.Value[^2..] is "-1" or "-2" ? m.Value : m.Value[..m.Value.IndexOf(':', StringComparison.Ordinal)]);

    /// <summary>The differences between 7.2, which we follow, and an installed 7.0.</summary>
    private static bool IsKnown(string[] arguments, string left, string right) =>
        (arguments[0] is "SORT" && left.Contains("+set", StringComparison.Ordinal) && arguments.Contains("nosort"))
        || (arguments[0] is "LPOS" && arguments.Contains("-9223372036854775808"))
        || arguments[0] is "OBJECT" && left.StartsWith("$'listpack'", StringComparison.Ordinal)
        && (right.StartsWith("$'quicklist'", StringComparison.Ordinal) || right.StartsWith("$'hashtable'", StringComparison.Ordinal));

    private static string Show(string text) => text.Length == 0 ? "\"\"" : text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Sorted(string reply)
    {
        var items = reply.Split([", ", "[", "]", " => ", "{", "}"], StringSplitOptions.None);
        Array.Sort(items, StringComparer.Ordinal);
        return string.Join(", ", items);
    }
}
