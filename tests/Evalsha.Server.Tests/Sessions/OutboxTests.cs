// What others put into a client's output: order, limits, and clients that do not read.
using System.IO.Pipelines;
using System.Text;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Sessions;

public sealed class OutboxTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task What_a_client_publishes_to_itself_follows_its_reply()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var client = await RawRedis.ConnectAsync(server.Port, protocol: 3);
        await client.SendAsync("SUBSCRIBE", "me");
        await client.WriteAsync(Encoding.Latin1.GetBytes("PUBLISH me 1\r\nPING\r\nMULTI\r\nPUBLISH me 2\r\nPING\r\nPUBLISH me 3\r\nEXEC\r\n"));
        var replies = new List<string>();
        for (var i = 0; i < 9; i++)
        {
            replies.Add(await client.ReadAsync().WaitAsync(Patience));
        }

        replies.ShouldBe(
        [
            ":1", ">[$'message', $'me', $'1']", "+PONG", "+OK", "+QUEUED", "+QUEUED", "+QUEUED",
            "*[:1, +PONG, :1]", ">[$'message', $'me', $'2']",
        ]);
        (await client.ReadAsync().WaitAsync(Patience)).ShouldBe(">[$'message', $'me', $'3']");
    }

    [Fact]
    public async Task Messages_of_many_publishers_arrive_whole_and_each_publishers_in_order()
    {
        const int publishers = 4, messages = 500;
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var reader = await RawRedis.ConnectAsync(server.Port, protocol: 3);
        await reader.SendAsync("SUBSCRIBE", "all");
        var publishing = Enumerable.Range(0, publishers).Select(async p =>
        {
            using var publisher = await RawRedis.ConnectAsync(server.Port);
            for (var i = 0; i < messages; i++)
            {
                await publisher.SendAsync("PUBLISH", "all", $"{p}:{i}");
            }
        }).ToArray();
        var next = new int[publishers];
        for (var got = 0; got < publishers * messages; got++)
        {
            if (got % 100 == 0)
            {
                // Its own commands in between.
                await reader.WriteAsync(RawRedis.Encode("ECHO", "x"));
            }

            var frame = await reader.ReadAsync().WaitAsync(Patience);
            if (frame == "$'x'")
            {
                got--;
                continue;
            }

            var message = frame.Split('\'')[5].Split(':');
            var publisher = int.Parse(message[0], System.Globalization.CultureInfo.InvariantCulture);
            message[1].ShouldBe($"{next[publisher]++}");
        }

        await Task.WhenAll(publishing);
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_is_closed_at_the_hard_limit()
    {
        await using var server = await RedisServer.StartAsync();
        await server.ExecuteAsync("CONFIG", "SET", "client-output-buffer-limit", "pubsub 100000 0 0");
        var pipe = await SubscribeAsync(server);
        for (var i = 0; i < 400; i++)
        {
            await server.ExecuteAsync("PUBLISH", "a", new string('x', 1000));
        }

        (await server.ExecuteAsync("INFO", "stats")).ToString().ShouldContain("client_output_buffer_limit_disconnections:1\r\n");
        await DrainAsync(pipe);
        (await server.ExecuteAsync("PUBLISH", "a", "nobody")).AsInteger().ShouldBe(0);
    }

    [Fact]
    public async Task A_subscriber_over_the_soft_limit_is_closed_when_its_seconds_are_over()
    {
        var time = new ManualTime();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { TimeProvider = time });
        await server.ExecuteAsync("CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 10000 5");
        var pipe = await SubscribeAsync(server);
        for (var i = 0; i < 100; i++)
        {
            await server.ExecuteAsync("PUBLISH", "a", new string('x', 1000));
        }

        time.Advance(TimeSpan.FromSeconds(4));
        (await server.ExecuteAsync("PUBLISH", "a", "still")).AsInteger().ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(4));
        (await server.ExecuteAsync("INFO", "stats")).ToString().ShouldContain("client_output_buffer_limit_disconnections:1\r\n");
        await DrainAsync(pipe);
    }

    [Fact]
    public async Task A_direct_client_cannot_listen()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = server.OpenDirect();
        (await client.ExecuteAsync("SUBSCRIBE", "a")).ToString().ShouldContain("SUBSCRIBE isn't allowed for a DENY BLOCKING client");
        (await client.ExecuteAsync("MONITOR")).ToString().ShouldContain("MONITOR isn't allowed for DENY BLOCKING client");
        (await client.ExecuteAsync("CLIENT", "TRACKING", "ON")).ToString().ShouldContain("OK");
        (await client.ExecuteAsync("PUBLISH", "a", "b")).AsInteger().ShouldBe(0);
    }

    [Fact]
    public async Task A_key_pushed_out_of_the_tracking_table_is_said_to_have_changed()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, Seed = 1 });
        using var client = await RawRedis.ConnectAsync(server.Port, protocol: 3);
        await client.SendAsync("CONFIG", "SET", "tracking-table-max-keys", "2");
        await client.SendAsync("CLIENT", "TRACKING", "ON");
        foreach (var key in new[] { "a", "b", "c" })
        {
            await client.SendAsync("GET", key);
        }

        await client.WriteAsync(RawRedis.Encode("PING"));
        var frames = new[] { await client.ReadAsync().WaitAsync(Patience), await client.ReadAsync().WaitAsync(Patience) };
        frames[0].ShouldBe("+PONG");
        frames[1].ShouldStartWith(">[$'invalidate', *[$'");
    }

    private static async Task<IDuplexPipe> SubscribeAsync(RedisServer server)
    {
        var pipe = server.OpenPipe();
        await pipe.Output.WriteAsync("SUBSCRIBE a\r\n"u8.ToArray());
        var read = await pipe.Input.ReadAtLeastAsync("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n".Length).AsTask().WaitAsync(Patience);
        pipe.Input.AdvanceTo(read.Buffer.End);
        return pipe;
    }

    private static async Task DrainAsync(IDuplexPipe pipe)
    {
        while (true)
        {
            var read = await pipe.Input.ReadAsync().AsTask().WaitAsync(Patience);
            pipe.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
