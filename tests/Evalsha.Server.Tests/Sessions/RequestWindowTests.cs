// What is found ahead of being run changes nothing that a client can see.
using System.Text;
using Evalsha.Resp;
using Evalsha.Server.Sessions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Sessions;

public sealed class RequestWindowTests
{
    [Fact]
    public async Task Requests_come_out_as_from_the_framer_wherever_the_bytes_are_cut()
    {
        await using var server = await RedisServer.StartAsync();
        Properties.Hold<int>(seed =>
        {
            var random = new Random(seed);
            var sent = new List<string>();
            var bytes = new List<byte>();
            for (var i = random.Next(60); i > 0; i--)
            {
                var words = Enumerable.Range(0, random.Next(1, 6)).Select(_ => new string('x', random.Next(20))).Prepend("get").ToArray();
                sent.Add(string.Join(' ', words));
                bytes.AddRange(RawRedis.Encode(words));
                if (random.Next(5) == 0)
                {
                    bytes.AddRange("\r\n"u8);
                }
            }

            Read(server, [.. bytes], random).ShouldBe(sent);
        });
    }

    [Fact]
    public async Task A_pipeline_over_many_keys_reads_its_own_writes()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var client = await RawRedis.ConnectAsync(server.Port);
        var requests = new List<byte>();
        for (var i = 0; i < 10_000; i++)
        {
            requests.AddRange(RawRedis.Encode("SET", $"key:{i}", $"first-{i}"));
            requests.AddRange(RawRedis.Encode("MSET", $"key:{i}", $"value-{i}", $"other:{i}", "x"));
            requests.AddRange(RawRedis.Encode("GET", $"key:{i}"));
            requests.AddRange(RawRedis.Encode("DEL", $"other:{i}", $"nothing:{i}"));
        }

        var writing = client.WriteAsync(requests.ToArray());
        for (var i = 0; i < 10_000; i++)
        {
            (await client.ReadAsync()).ShouldBe("+OK");
            (await client.ReadAsync()).ShouldBe("+OK");
            (await client.ReadAsync()).ShouldBe($"$'value-{i}'");
            (await client.ReadAsync()).ShouldBe(":1");
        }

        await writing;
        (await client.SendAsync("DBSIZE")).ShouldBe(":10000");
    }

    [Fact]
    public async Task A_pipeline_over_large_collections_changes_what_it_names_and_nothing_else()
    {
        const int count = 6000;
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var client = await RawRedis.ConnectAsync(server.Port);
        var requests = new List<byte>();
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < count; i++)
            {
                requests.AddRange(RawRedis.Encode("HSET", "hash", $"f{i}", $"{round}"));
                requests.AddRange(RawRedis.Encode("SADD", "set", $"m{i}"));
                requests.AddRange(RawRedis.Encode("ZADD", "zset", $"{round + i}", $"m{i}"));
                requests.AddRange(RawRedis.Encode("HGET", "set", $"m{i}"));
            }
        }

        var writing = client.WriteAsync(requests.ToArray());
        for (var i = 0; i < 2 * count; i++)
        {
            var added = i < count ? ":1" : ":0";
            (await client.ReadAsync()).ShouldBe(added);
            (await client.ReadAsync()).ShouldBe(added);
            (await client.ReadAsync()).ShouldBe(added);
            (await client.ReadAsync()).ShouldStartWith("-WRONGTYPE");
        }

        await writing;
        (await client.SendAsync("HLEN", "hash")).ShouldBe($":{count}");
        (await client.SendAsync("HGET", "hash", "f77")).ShouldBe("$'1'");
        (await client.SendAsync("SCARD", "set")).ShouldBe($":{count}");
        (await client.SendAsync("ZSCORE", "zset", "m77")).ShouldBe("$'78'");
    }

    [Fact]
    public async Task A_password_in_a_pipeline_opens_the_way_for_what_follows_it()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, Password = "secret" });
        using var client = await RawRedis.ConnectAsync(server.Port);
        string[] long12 = ["DEL", .. Enumerable.Repeat("k", 11)];
        await client.WriteAsync((byte[])[.. RawRedis.Encode("AUTH", "secret"), .. RawRedis.Encode(long12), .. RawRedis.Encode("RESET"), .. RawRedis.Encode(long12)]);
        (await client.ReadAsync()).ShouldBe("+OK");
        (await client.ReadAsync()).ShouldBe(":0");
        (await client.ReadAsync()).ShouldBe("+RESET");
        (await client.ReadAsync()).ShouldBe("-ERR Protocol error: unauthenticated multibulk length");
    }

    // Another thread may hold the turn and change the keyspace while a session looks what has come.
    [Fact]
    public async Task What_is_found_is_cold_until_the_turn_is_held_and_the_keys_from_the_next_request_on_are_asked_for()
    {
        await using var server = await RedisServer.StartAsync();
        var database = server.Context.Databases[0];
        var window = new RequestWindow(server.Context, new RespFramer());
        byte[] bytes = [.. "\r\n"u8, .. RawRedis.Encode("GET", "a"), .. RawRedis.Encode("HGET", "h", "f"), .. RawRedis.Encode("HGET", "h", "g")];

        window.Fill(bytes.AsSpan(), RequestWindow.RequestsMax).ShouldBe(FrameStatus.Request);
        window.IsCold.ShouldBeTrue();
        var start = window.Length; // the empty line, which a session consumes before it has the turn
        window.Consume();
        window.Warm(bytes.AsSpan(start), database);
        window.IsCold.ShouldBeFalse();

        window.Arguments[1].Of(bytes.AsSpan(start)).ToArray().ShouldBe("a"u8.ToArray());
        window.Fill(RawRedis.Encode("GET", "a").AsSpan(), RequestWindow.RequestsMax);
        window.IsCold.ShouldBeFalse(); // one request gains nothing
    }

    private static List<string> Read(RedisServer server, byte[] bytes, Random random)
    {
        var window = new RequestWindow(server.Context, new RespFramer());
        var found = new List<string>();
        for (var (start, end) = (0, 0); start < bytes.Length;)
        {
            if (!window.HasRequest && window.Fill(bytes.AsSpan(start, end - start), random.Next(1, RequestWindow.RequestsMax + 1)) != FrameStatus.Request)
            {
                end = Math.Min(bytes.Length, end + random.Next(1, 50));
                continue;
            }

            if (window.IsCold)
            {
                window.Warm(bytes.AsSpan(start, end - start), server.Context.Databases[0]);
            }

            if (!window.Arguments.IsEmpty)
            {
                window.Row!.Name.ShouldBe("get");
                var words = new List<string>();
                foreach (var argument in window.Arguments)
                {
                    words.Add(Encoding.ASCII.GetString(argument.Of(bytes.AsSpan(start))));
                }

                found.Add(string.Join(' ', words));
            }

            start += window.Length;
            window.Consume();
        }

        return found;
    }
}
