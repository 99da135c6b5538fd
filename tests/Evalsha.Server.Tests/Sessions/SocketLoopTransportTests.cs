// The event loop's sockets under load that does not fit one send or one receive.
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Sessions;

public sealed class SocketLoopTransportTests
{
    [Fact]
    public async Task A_slow_reader_gets_every_byte_and_delays_nobody_else()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var slow = await RawRedis.ConnectAsync(server.Port);
        using var other = await RawRedis.ConnectAsync(server.Port);
        var text = new string('x', 1 << 20);
        (await slow.SendAsync("SET", "big", text)).ShouldBe("+OK");
        for (var i = 0; i < 64; i++)
        {
            await slow.WriteAsync(RawRedis.Encode("GET", "big"));
        }

        (await other.SendAsync("PING")).ShouldBe("+PONG");
        for (var i = 0; i < 64; i++)
        {
            (await slow.ReadAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe($"$'{text}'");
        }
    }

    [Fact]
    public async Task A_request_that_comes_byte_by_byte_is_answered()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var client = await RawRedis.ConnectAsync(server.Port);
        foreach (var b in RawRedis.Encode("ECHO", "hello"))
        {
            await client.WriteAsync(new[] { b });
        }

        (await client.ReadAsync()).ShouldBe("$'hello'");
    }

    [Fact]
    public async Task Many_connections_come_and_go()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        for (var round = 0; round < 20; round++)
        {
            var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RawRedis.ConnectAsync(server.Port)));
            var replies = await Task.WhenAll(clients.Select(static client => client.SendAsync("INCR", "count")));
            replies.ShouldBeUnique();
            Array.ForEach(clients, static client => client.Dispose());
        }

        (await server.ExecuteAsync("GET", "count")).ToString().ShouldContain("400");
    }

    [Fact]
    public async Task The_last_request_before_a_half_close_is_answered()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        await socket.ConnectAsync("127.0.0.1", server.Port);
        using var client = new RawRedis(new System.Net.Sockets.NetworkStream(socket));
        await client.WriteAsync(RawRedis.Encode("ECHO", "bye"));
        socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        (await client.ReadAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe("$'bye'");
        (await client.IsClosedAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
    }
}
