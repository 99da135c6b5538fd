// What commands leave for the append-only file: no chance, no clock, and enough to make the same data again.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class EffectsTests
{
    [Theory]
    [InlineData("SET k v EX 10", "SET k v PXAT 1767225610000")]
    [InlineData("SET k v PXAT 1767225610000", "SET k v PXAT 1767225610000")]
    [InlineData("SET k v", "SET k v")]
    [InlineData("SET k v GET", "SET k v")]
    [InlineData("SET k v NX GET", "")]
    [InlineData("SETEX k 10 v", "SET k v PXAT 1767225610000")]
    [InlineData("PSETEX k 10 v", "SET k v PXAT 1767225600010")]
    [InlineData("GETSET k v", "SET k v")]
    [InlineData("GETDEL k", "DEL k")]
    [InlineData("GETDEL nothing", "")]
    [InlineData("GETEX k", "")]
    [InlineData("GETEX k EX 10", "PEXPIREAT k 1767225610000")]
    [InlineData("GETEX k PXAT 1", "DEL k")]
    [InlineData("GETEX k PERSIST", "")]
    [InlineData("INCR n", "INCR n")]
    [InlineData("PFADD p a", "PFADD p a")]
    [InlineData("PFCOUNT nothing", "")]
    [InlineData("BITOP NOT b nothing", "")]
    [InlineData("BITOP NOT b n", "BITOP NOT b n")]
    [InlineData("BITFIELD n GET u8 0", "")]
    [InlineData("INCRBYFLOAT n 0.1", "SET n 5.1 KEEPTTL")]
    [InlineData("HINCRBYFLOAT h f 0.5", "HSET h f 1.5")]
    [InlineData("EXPIRE k 10", "PEXPIREAT k 1767225610000")]
    [InlineData("PEXPIRE k 10 NX", "PEXPIREAT k 1767225600010")]
    [InlineData("EXPIREAT k 1767225700", "PEXPIREAT k 1767225700000")]
    [InlineData("EXPIRE k -1", "DEL k")]
    [InlineData("EXPIRE k 10 XX", "")]
    [InlineData("PERSIST k", "")]
    [InlineData("SPOP one", "SREM one m")]
    [InlineData("SPOP one 5", "DEL one")]
    [InlineData("SPOP nothing", "")]
    [InlineData("SADD one m", "")]
    [InlineData("SADD one m n", "SADD one m n")]
    [InlineData("XADD x * f v", "XADD x 1767225600000-0 f v")]
    [InlineData("XADD x 2000000000000-* f v", "XADD x 2000000000000-0 f v")]
    [InlineData("XADD new NOMKSTREAM * f v", "")]
    [InlineData("XADD x MAXLEN ~ 1 * f v", "XADD x MAXLEN = 3 1767225600000-0 f v")]
    [InlineData("XADD x MAXLEN 1 * f v", "XADD x MAXLEN = 1 1767225600000-0 f v")]
    [InlineData("XADD x MINID ~ 5 * f v", "XADD x MINID = 1-1 1767225600000-0 f v")]
    [InlineData("XTRIM x MAXLEN ~ 1", "")]
    [InlineData("XTRIM x MAXLEN 1", "XTRIM x MAXLEN = 1")]
    [InlineData("XTRIM x MAXLEN ~ 0", "XTRIM x MAXLEN = 0")]
    [InlineData("XGROUP CREATE x g2 $", "XGROUP CREATE x g2 $")]
    [InlineData("XGROUP CREATECONSUMER x g c", "XGROUP CREATECONSUMER x g c")]
    [InlineData("XREADGROUP GROUP g c COUNT 1 STREAMS x >", "XGROUP CREATECONSUMER x g c | XCLAIM x g c 0 1-1 TIME 1767225600000 RETRYCOUNT 1 FORCE JUSTID LASTID 1-1 | XGROUP SETID x g 1-1 ENTRIESREAD 1")]
    [InlineData("XREADGROUP GROUP g held NOACK STREAMS x >", "XGROUP SETID x g 2-1 ENTRIESREAD 2")]
    [InlineData("XREADGROUP GROUP g held STREAMS x 0", "")]
    [InlineData("XREADGROUP GROUP h held STREAMS x >", "")]
    [InlineData("XACK x h 1-1", "XACK x h 1-1")]
    [InlineData("XACK x h 9-9", "")]
    [InlineData("XCLAIM x h held 0 1-1 JUSTID", "XCLAIM x h held 0 1-1 TIME 1767225600000 RETRYCOUNT 1 FORCE JUSTID LASTID 2-1")]
    [InlineData("XCLAIM x h held 0 9-9 LASTID 9-9", "XGROUP SETID x h 9-9 ENTRIESREAD 2")]
    [InlineData("XCLAIM x h held 100 1-1", "")]
    [InlineData("XAUTOCLAIM x h other 0 1-1 COUNT 1", "XGROUP CREATECONSUMER x h other | XCLAIM x h other 0 1-1 TIME 1767225600000 RETRYCOUNT 2 FORCE JUSTID LASTID 2-1")]
    [InlineData("ZADD z 1 m", "")]
    [InlineData("ZADD z 2 m", "ZADD z 2 m")]
    [InlineData("DEL nothing", "")]
    [InlineData("DEL k nothing", "DEL k nothing")]
    [InlineData("RENAME k k2", "RENAME k k2")]
    [InlineData("LPUSH l a", "LPUSH l a")]
    [InlineData("HSET l a b", "")]
    public async Task A_command_leaves_this_effect(string command, string effect)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { TimeProvider = new ManualTime(), Seed = 1 });
        foreach (var first in (string[])["SET k old", "SET n 5", "HSET h f 1", "SADD one m", "XADD x 1-1 f v", "XADD x 2-1 f v", "ZADD z 1 m", "RPUSH l x",
            "XGROUP CREATE x g 0 ENTRIESREAD 0", "XGROUP CREATECONSUMER x g held", "XGROUP CREATE x h 0 ENTRIESREAD 0", "XREADGROUP GROUP h held STREAMS x >"])
        {
            await server.ExecuteAsync(first.Split(' '));
        }

        var sink = new Sink();
        server.Context.Effects.Subscribe(sink);
        await server.ExecuteAsync(command.Split(' '));
        string.Join(" | ", sink.Commands.Select(static c => string.Join(' ', c.Select(static a => a.ToString())))).ShouldBe(effect);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Replayed_effects_make_the_same_data(int seed)
    {
        var time = new ManualTime();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { TimeProvider = time, Seed = seed });
        await using var replica = await RedisServer.StartAsync(new RedisServerOptions { TimeProvider = time, Seed = seed + 1000 });
        var sink = new Sink();
        server.Context.Effects.Subscribe(sink);
        await using var client = server.OpenDirect();
        await using var follower = replica.OpenDirect();
        var random = new Random(seed);
        var commands = new RandomCommands(random, withChance: true);
        for (var i = 0; i < 5000; i++)
        {
            await client.ExecuteAsync(Latin(commands.Next().Arguments));
            if (random.Next(10) == 0)
            {
                time.Advance(TimeSpan.FromMilliseconds(random.Next(500)));
            }

            foreach (var effect in sink.Commands)
            {
                (await follower.ExecuteAsync(effect)).Kind.ShouldNotBe(Resp.RespKind.Error, string.Join(' ', effect.Select(static a => a.ToString())));
            }

            sink.Commands.Clear();
        }

        Dump(replica).ShouldBe(Dump(server));
    }

    private static ByteString[] Latin(string[] arguments) => [.. arguments.Select(static a => ByteString.Own(Encoding.Latin1.GetBytes(a)))];

    /// <summary>Every live key with its type, deadline and content, in an order that is nobody's.</summary>
    private static List<string> Dump(RedisServer server)
    {
        var lines = new List<string>();
        var database = server.Context.Databases[0];
        foreach (var entry in database.Entries)
        {
            if (entry.ExpireAt > server.Context.Clock.ReadUnfrozen())
            {
                lines.Add($"{entry.Key} {entry.ExpireAt} {Encoding.ASCII.GetString(ValueKind.Name(entry.Value))} {Content(entry.Value)}");
            }
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static string Content(object value) => value switch
    {
        ListValue list => string.Join(',', Enumerable.Range(0, list.Count).Select(i => Show(list[i]))),
        SetValue set => string.Join(',', Enumerable.Range(0, set.Count).Select(i => Show(set[i])).Order(StringComparer.Ordinal)),
        HashValue hash => string.Join(',', Enumerable.Range(0, hash.Count).Select(i => $"{Show(hash.FieldAt(i))}={Show(hash.ValueAt(i))}").Order(StringComparer.Ordinal)),
        SortedSetValue sorted => string.Join(',', Enumerable.Range(0, sorted.Count).Select(i => $"{sorted.At(i).Score}:{Show(sorted.At(i).Member)}")),
        StreamValue stream => $"{stream.LastId} {stream.Count} {stream.FirstId} {stream.EntriesAdded}",
        _ => Show(StringValue.Text(value)),
    };

    private static string Show(ByteString text) => Convert.ToHexString(text.Span);

    private sealed class Sink : IEffectSink
    {
        public List<ByteString[]> Commands { get; } = [];

        public void Commit(in UnitEffects unit)
        {
            for (var i = 0; i < unit.Count; i++)
            {
                var request = unit.Request(i).ToArray();
                var framer = new Resp.RespFramer();
                framer.Next(request).ShouldBe(Resp.FrameStatus.Request);
                framer.Consumed.ShouldBe(request.Length);
                var command = new ByteString[framer.Arguments.Length];
                for (var argument = 0; argument < command.Length; argument++)
                {
                    command[argument] = ByteString.From(framer.Arguments[argument].Of(request));
                }

                Commands.Add(command);
            }
        }

        public void Missed() => throw new InvalidOperationException("no unit here is that long");

        public ValueTask WaitAsync(bool hasWritten) => default;
    }
}
