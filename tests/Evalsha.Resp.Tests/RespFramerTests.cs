// The framer: any way of cutting the bytes gives the same requests, declared lengths cost nothing, and every protocol error is Redis's own.
using System.Net;
using System.Net.Sockets;
using System.Text;
using Evalsha.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Resp.Tests;

public sealed class RespFramerTests
{
    private static readonly Gen<byte[]> Argument = Gen.OneOf(
        Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf(),
        Gen.Elements("", "\r\n", "$5\r\n", "*1\r\n", "GET", "a b", "\"").Select(Encoding.Latin1.GetBytes));

    private static readonly Gen<byte[][]> Command = Argument.NonEmptyListOf().Select(list => list.ToArray());

    [Fact]
    public void Requests_are_the_same_wherever_the_bytes_are_cut()
    {
        Prop.ForAll(Command.ListOf().ToArbitrary(), commands =>
        {
            var bytes = commands.SelectMany(Encode).ToArray();
            var whole = Feed(bytes, bytes.Length);
            whole.Requests.Count.ShouldBe(commands.Count);
            for (var i = 0; i < commands.Count; i++)
            {
                whole.Requests[i].ShouldBe(commands[i]);
            }

            for (var piece = 1; piece <= Math.Min(bytes.Length, 40); piece++)
            {
                Same(Feed(bytes, piece), whole);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    [Theory]
    [MemberData(nameof(Oddities))]
    public void Oddities_are_the_same_wherever_the_bytes_are_cut(string text)
    {
        if (text.Length > RespLimits.Default.MaxInlineLength)
        {
            return; // In Redis too, whether a long line is too long depends on how much of it one read brings.
        }

        var bytes = Encoding.Latin1.GetBytes(text);
        var whole = Feed(bytes, bytes.Length);
        for (var piece = 1; piece < Math.Min(bytes.Length, 50); piece++)
        {
            Same(Feed(bytes, piece), whole);
        }
    }

    [Fact, Trait("Needs", "redis-server")]
    public async Task Every_oddity_is_answered_as_redis_answers_it()
    {
        await using var redis = await RealRedis.StartAsync();
        foreach (var row in Oddities)
        {
            var bytes = Encoding.Latin1.GetBytes((string)row[0]);
            AsReplies(Feed(bytes, bytes.Length)).ShouldBe(await AskAsync(redis.Port, bytes), $"for {Shown(bytes)}");
        }
    }

    [Fact, Trait("Needs", "redis-server")]
    public async Task Random_lines_and_damaged_requests_are_answered_as_redis_answers_them()
    {
        await using var redis = await RealRedis.StartAsync();
        var random = new Random(20);
        for (var round = 0; round < 600; round++)
        {
            var bytes = round % 2 == 0 ? RandomLine(random) : Damaged(random);
            AsReplies(Feed(bytes, bytes.Length)).ShouldBe(await AskAsync(redis.Port, bytes), $"for {Shown(bytes)}");
        }
    }

    [Fact]
    public void A_client_that_has_not_authenticated_has_smaller_limits()
    {
        var framer = new RespFramer { Unauthenticated = true };
        framer.Next("*11\r\n"u8.ToArray()).ShouldBe(FrameStatus.ProtocolError);
        framer.Error.ShouldBe("Protocol error: unauthenticated multibulk length");

        framer = new RespFramer { Unauthenticated = true };
        framer.Next("*10\r\n$16385\r\n"u8.ToArray()).ShouldBe(FrameStatus.ProtocolError);
        framer.Error.ShouldBe("Protocol error: unauthenticated bulk length");
    }

    [Fact, Trait("Needs", "redis-server")]
    public async Task The_texts_for_clients_that_have_not_authenticated_are_redis_own()
    {
        await using var redis = await RealRedis.StartAsync("--requirepass", "secret");
        (await AskAsync(redis.Port, "*11\r\n"u8.ToArray())).ShouldBe(["-ERR Protocol error: unauthenticated multibulk length"]);
        (await AskAsync(redis.Port, "*10\r\n$16385\r\n"u8.ToArray())).ShouldBe(["-ERR Protocol error: unauthenticated bulk length"]);
    }

    [Fact]
    public void Limits_are_kept()
    {
        var limits = new RespLimits { MaxBulkLength = 10, MaxMultibulkLength = 3, MaxRequestLength = 30 };
        ErrorOf("*4\r\n", limits).ShouldBe("Protocol error: invalid multibulk length");
        ErrorOf("*1\r\n$11\r\n", limits).ShouldBe("Protocol error: invalid bulk length");
        ErrorOf("*3\r\n$10\r\n0123456789\r\n$10\r\n", limits).ShouldBe("Protocol error: too big request");
    }

    [Fact]
    public void A_declared_length_allocates_nothing()
    {
        var bytes = "*1048576\r\n$536870912\r\nabc"u8.ToArray();
        var framer = new RespFramer();
        framer.Next("*1\r\n$1\r\na\r\n"u8.ToArray());
        var before = GC.GetAllocatedBytesForCurrentThread();
        framer.Next(bytes);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        framer.Needed.ShouldBe("*1048576\r\n$536870912\r\n".Length + 536870912L + 2);
    }

    [Fact]
    public void Finding_requests_allocates_nothing()
    {
        var bytes = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"u8.ToArray();
        var framer = new RespFramer();
        framer.Next(bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = 0;
        for (var i = 0; i < 100; i++)
        {
            framer.Next(bytes);
            found += framer.Arguments.Length;
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        found.ShouldBe(300);
    }

    public static IEnumerable<object[]> Oddities { get; } = new[]
    {
        "*2147483648\r\n", "*99999999999999999999\r\n", "*03\r\n", "*+1\r\n", "*-5\r\nPING\r\n", "*0\r\nPING\r\n", "*-0\r\n", "*\r\n", "*a\r\n", "* 1\r\n",
        "*1\r\n\x00", "*1\r\n\xff$4\r\n", "*1\r\n\r\n", "*1\r\n\n\r\n", "*1\r\n\x00\r\n", "*1\r\nPING\r\n",
        "*1\r\n$-1\r\n", "*1\r\n$536870913\r\n", "*1\r\n$04\r\nPING\r\n", "*1\r\n$\r\n", "*1\r\n$9223372036854775808\r\n", "*1\r\n$x\r\n",
        "*1\rX$4\rYPINGxy", "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n",
        "a\"b\"c\r\n", "ECHO 'abc\\'d'\r\n", "ECHO \"\\x41\\n\\q\\\"\"\r\n", "ECHO \"\\x4\"\r\n", "ECHO '\\n'\r\n", "ECHO \"\\\r\n", "ECHO \"a\"b\r\n", "ECHO a\"b\"\r\n", "ECHO a'b c'd\r\n",
        "ECHO \"\"\n", "ECHO \"\n", "ECHO 'x\n", "ECHO a\x0b" + "b\r\n", "ECHO a\x0b b\r\n", "\r\n\r\nPING\n", "  PING  \r\n", "PING\rPING\r\n", "PING\r\r\n", "\n\n", "   \r\n",
        "\x00\r\nPING\r\n", "*1\x00\r\n$4\r\nPING\r\n", "PI\x00NG\r\nPING\r\n",
        "*" + new string('1', 70_000), new string('x', 70_000), "*1\r\n" + new string('y', 70_000), "*1\r\n" + new string('y', 70_000) + "\r\n", "PING " + new string('x', 70_000) + "\r\n",
    }.Select(text => new object[] { text });

    private sealed record Fed(List<byte[][]> Requests, string? Error);

    private static string? ErrorOf(string text, RespLimits limits)
    {
        var framer = new RespFramer(limits);
        return framer.Next(Encoding.Latin1.GetBytes(text)) == FrameStatus.ProtocolError ? framer.Error : null;
    }

    private static byte[] Encode(byte[][] command)
    {
        var buffer = new RespBuffer();
        var writer = new RespWriter(buffer);
        writer.Request(command.Length);
        foreach (var argument in command)
        {
            writer.Bulk(argument);
        }

        return buffer.Written.ToArray();
    }

    // As a session does: a buffer that grows by pieces and moves, requests dropped from its front.
    private static Fed Feed(byte[] bytes, int piece)
    {
        var framer = new RespFramer();
        var fed = new Fed([], null);
        var buffer = new List<byte>();
        for (var at = 0; at < bytes.Length; at += piece)
        {
            buffer.AddRange(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at)));
            while (true)
            {
                var copy = buffer.ToArray();
                var status = framer.Next(copy);
                if (status == FrameStatus.ProtocolError)
                {
                    return fed with { Error = framer.Error };
                }

                if (status == FrameStatus.NeedMore)
                {
                    break;
                }

                if (framer.Arguments.Length > 0)
                {
                    var request = new List<byte[]>();
                    foreach (var slice in framer.Arguments)
                    {
                        request.Add(slice.Of(copy).ToArray());
                    }

                    fed.Requests.Add([.. request]);
                }

                buffer.RemoveRange(0, framer.Consumed);
            }
        }

        return fed;
    }

    private static void Same(Fed one, Fed other)
    {
        one.Error.ShouldBe(other.Error);
        one.Requests.Count.ShouldBe(other.Requests.Count);
        for (var i = 0; i < one.Requests.Count; i++)
        {
            one.Requests[i].ShouldBe(other.Requests[i]);
        }
    }

    // What a server that knows only PING and ECHO would answer, an unknown command cut to its kind.
    private static List<string> AsReplies(Fed fed)
    {
        var replies = new List<string>();
        foreach (var request in fed.Requests)
        {
            var name = Encoding.Latin1.GetString(request[0]).ToLowerInvariant();
            replies.Add((name, request.Length) switch
            {
                ("ping", 1) => "+PONG",
                ("ping" or "echo", 2) => $"${request[1].Length}:{Encoding.Latin1.GetString(request[1])}",
                ("ping" or "echo", _) => $"-ERR wrong number of arguments for '{name}' command",
                _ => "-ERR unknown command",
            });
        }

        if (fed.Error is not null)
        {
            replies.Add("-ERR " + fed.Error);
        }

        return replies;
    }

    private static async Task<List<string>> AskAsync(int port, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        await stream.WriteAsync(bytes);
        client.Client.Shutdown(SocketShutdown.Send);
        var all = new MemoryStream();
        await stream.CopyToAsync(all);
        var replies = new List<string>();
        var reader = new RespReader();
        var rest = all.ToArray().AsMemory();
        while (reader.TryRead(rest.Span, out var consumed, out var reply))
        {
            var text = Encoding.Latin1.GetString(reply.AsBytes().Span);
            replies.Add(reply.Kind switch
            {
                RespKind.BulkString => $"${reply.AsBytes().Length}:{text}",
                RespKind.Error when text.StartsWith("ERR unknown command", StringComparison.Ordinal) => "-ERR unknown command",
                RespKind.Error => "-" + text,
                _ => "+" + text,
            });
            rest = rest[consumed..];
        }

        return replies;
    }

    private static byte[] RandomLine(Random random)
    {
        const string alphabet = "ab \t\"'\\xn0F4\x0b\x0c\r";
        var line = new StringBuilder("ECHO ");
        for (var i = random.Next(12); i > 0; i--)
        {
            line.Append(alphabet[random.Next(alphabet.Length)]);
        }

        return Encoding.Latin1.GetBytes(line.Append("\r\nPING\r\n").ToString());
    }

    private static byte[] Damaged(Random random)
    {
        var bytes = Encode(["ECHO"u8.ToArray(), "jello world"u8.ToArray()]).Concat(Encode(["PING"u8.ToArray()])).ToArray();
        const string alphabet = "*$0123-+\r\n\0 x";
        for (var i = random.Next(1, 3); i > 0; i--)
        {
            bytes[random.Next(bytes.Length)] = (byte)alphabet[random.Next(alphabet.Length)];
        }

        return bytes;
    }

    private static string Shown(byte[] bytes) => Encoding.Latin1.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 100))).Replace("\r", "\\r").Replace("\n", "\\n").Replace("\0", "\\0");
}
