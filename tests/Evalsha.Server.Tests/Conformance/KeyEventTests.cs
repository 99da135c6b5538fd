// Keyspace notifications: the commands of every data transcript once more, with all classes of events on, and a subscriber on each server.
// Always: both servers tell of the same events, in the same order, after every single command.
using System.Globalization;
using System.Text;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Conformance;

public sealed class KeyEventTests
{
    /// <summary>Lines that are left out, each with why.</summary>
    private static readonly Dictionary<string, string> Different = new()
    {
        ["BITCOUNT nothing a b"] = "7.2 reads its numbers before it looks at the key, the installed older server after",
    };

    [Theory]
    [InlineData("strings")]
    [InlineData("bits")]
    [InlineData("geo")]
    [InlineData("hyperloglog")]
    [InlineData("hashes")]
    [InlineData("lists")]
    [InlineData("sets")]
    [InlineData("sorted-sets")]
    [InlineData("streams")]
    [InlineData("keys")]
    [InlineData("events")]
    public async Task Both_servers_tell_of_the_same_events(string name)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var real = await RealRedis.StartAsync("--enable-debug-command", "yes");
        await using var replay = new Replay(server.Port, real.Port);
        var differences = await replay.RunAsync(Path.Combine(TranscriptTests.Folder(), $"{name}.resp"));
        differences.ShouldBeEmpty(string.Join('\n', differences));
    }

    private sealed class Replay(int ourPort, int realPort) : IAsyncDisposable
    {
        private readonly Dictionary<string, (RawRedis Ours, RawRedis Real)> _connections = [];

        public async Task<List<string>> RunAsync(string file)
        {
            var (ourEars, realEars) = await ConnectionAsync("ears");
            var (ours, real) = await ConnectionAsync("control");
            foreach (var (ears, control) in new[] { (ourEars, ours), (realEars, real) })
            {
                await control.SendAsync("CONFIG", "SET", "notify-keyspace-events", "AKEmn");
                await ears.SendAsync("PSUBSCRIBE", "__key*");
                await ears.SendAsync("SUBSCRIBE", "end");
            }

            var differences = new List<string>();
            var connection = "1";
            foreach (var line in await File.ReadAllLinesAsync(file, Encoding.Latin1))
            {
                if (line.Length > 0 && line[0] == '@')
                {
                    connection = line[1..];
                    continue;
                }

                if (line.Length == 0 || line[0] is '#' or '=' or '<' || Different.ContainsKey(line))
                {
                    continue;
                }

                var pair = await ConnectionAsync(connection);
                await SendAsync(pair.Ours, line);
                await SendAsync(pair.Real, line);
                var (mine, theirs) = (await EventsAsync(ours, ourEars), await EventsAsync(real, realEars));
                if (mine != theirs)
                {
                    differences.Add($"{line}\n    ours {mine}\n    real {theirs}");
                }
            }

            return differences;
        }

        public ValueTask DisposeAsync()
        {
            foreach (var (ours, real) in _connections.Values)
            {
                ours.Dispose();
                real.Dispose();
            }

            return default;
        }

        private static async Task SendAsync(RawRedis to, string line)
        {
            var times = 1;
            if (line[0] == '*')
            {
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                times = int.Parse(line.AsSpan(1, space - 1), CultureInfo.InvariantCulture);
                line = line[(space + 1)..];
            }
            else if (line.Length > 2 && line[1] == ' ' && line[0] is '~' or '?' or '!')
            {
                line = line[2..];
            }

            for (var i = 1; i <= times; i++)
            {
                await to.SendAsync(Transcript.Split(line.Replace("$i", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)));
            }
        }

        /// <summary>What was heard until a message of our own.</summary>
        private static async Task<string> EventsAsync(RawRedis control, RawRedis ears)
        {
            await control.SendAsync("PUBLISH", "end", "end");
            var heard = new List<string>();
            while (true)
            {
                var message = await ears.ReadAsync().WaitAsync(TimeSpan.FromSeconds(20));
                if (message.StartsWith("*[$'message', $'end'", StringComparison.Ordinal))
                {
                    return string.Join(' ', heard);
                }

                heard.Add(message.Replace("*[$'pmessage', $'__key*', ", "[", StringComparison.Ordinal));
            }
        }

        private async Task<(RawRedis Ours, RawRedis Real)> ConnectionAsync(string name)
        {
            if (!_connections.TryGetValue(name, out var pair))
            {
                pair = (await RawRedis.ConnectAsync(ourPort), await RawRedis.ConnectAsync(realPort));
                _connections.Add(name, pair);
            }

            return pair;
        }
    }
}
