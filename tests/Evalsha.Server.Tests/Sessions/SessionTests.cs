// Connections: pipelines, broken frames, oversized lengths, kills, and the server's end.
using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Sessions;

public sealed class SessionTests
{
    [Fact]
    public async Task A_pipeline_is_one_turn_and_its_replies_keep_their_order()
    {
        await using var server = await RedisServer.StartAsync();
        var pipe = server.OpenPipe();
        var before = server.TurnsTaken;
        await SendAsync(pipe, "SET k 1\r\nINCR k\r\nGET k\r\nPING\r\n");
        (await ReadAsync(pipe, "+OK\r\n:2\r\n$1\r\n2\r\n+PONG\r\n".Length)).ShouldBe("+OK\r\n:2\r\n$1\r\n2\r\n+PONG\r\n");
        (server.TurnsTaken - before).ShouldBe(1);
    }

    [Theory]
    [InlineData("*1\r\n$4\r\nPING\r\n*abc\r\n", "+PONG\r\n-ERR Protocol error: invalid multibulk length")]
    [InlineData("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$999999999999\r\n", "-ERR Protocol error: invalid bulk length")]
    [InlineData("*99999999\r\n", "-ERR Protocol error: invalid multibulk length")]
    [InlineData("*1\r\n:5\r\n", "-ERR Protocol error: expected '$', got ':'")]
    [InlineData("GET \"unbalanced\r\n", "-ERR Protocol error: unbalanced quotes in request")]
    public async Task A_broken_frame_is_answered_and_ends_only_its_own_connection(string bytes, string answer)
    {
        await using var server = await RedisServer.StartAsync();
        var (broken, other) = (server.OpenPipe(), server.OpenPipe());
        await SendAsync(broken, bytes);
        (await ReadToEndAsync(broken)).ShouldContain(answer);
        await SendAsync(other, "PING\r\n");
        (await ReadAsync(other, 7)).ShouldBe("+PONG\r\n");
    }

    [Fact]
    public async Task A_command_may_arrive_byte_by_byte()
    {
        await using var server = await RedisServer.StartAsync();
        var pipe = server.OpenPipe();
        foreach (var b in "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n")
        {
            await SendAsync(pipe, b.ToString());
        }

        (await ReadAsync(pipe, 11)).ShouldBe("$5\r\nhello\r\n");
    }

    [Fact]
    public async Task A_large_value_passes_and_the_buffers_shrink_again()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var client = await RawRedis.ConnectAsync(server.Port);
        var large = new string('x', 3_000_000);
        (await client.SendAsync("SET", "k", large)).ShouldBe("+OK");
        (await client.SendAsync("GET", "k")).Length.ShouldBe(3_000_000 + 3);
        (await client.SendAsync("PING")).ShouldBe("+PONG");
        (await client.SendAsync("CLIENT", "INFO")).ShouldNotContain("qbuf-free=3");
    }

    [Fact]
    public async Task Quit_is_answered_and_closes()
    {
        await using var server = await RedisServer.StartAsync();
        var pipe = server.OpenPipe();
        await SendAsync(pipe, "QUIT\r\nPING\r\n");
        (await ReadToEndAsync(pipe)).ShouldBe("+OK\r\n");
    }

    [Fact]
    public async Task A_killed_client_is_closed_and_the_killer_goes_on()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var victim = await RawRedis.ConnectAsync(server.Port);
        using var killer = await RawRedis.ConnectAsync(server.Port);
        var id = (await victim.SendAsync("CLIENT", "ID"))[1..];
        (await killer.SendAsync("CLIENT", "KILL", "ID", id)).ShouldBe(":1");
        (await victim.IsClosedAsync().WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        (await killer.SendAsync("CLIENT", "LIST")).ShouldNotContain($"id={id} ");
    }

    [Fact]
    public async Task A_password_is_asked_for_before_anything_else()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, Password = "secret" });
        using var client = await RawRedis.ConnectAsync(server.Port);
        (await client.SendAsync("PING")).ShouldBe("-NOAUTH Authentication required.");
        (await client.SendAsync("AUTH", "wrong")).ShouldBe("-WRONGPASS invalid username-password pair or user is disabled.");
        (await client.SendAsync("HELLO", "3", "AUTH", "default", "secret")).ShouldStartWith("%{");
        (await client.SendAsync("PING")).ShouldBe("+PONG");
    }

    [Fact]
    public async Task Too_many_clients_are_told_so()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, MaxClients = 1 });
        using var first = await RawRedis.ConnectAsync(server.Port);
        (await first.SendAsync("PING")).ShouldBe("+PONG");
        using var second = await RawRedis.ConnectAsync(server.Port);
        (await second.ReadAsync()).ShouldBe("-ERR max number of clients reached");
    }

    [Fact]
    public async Task Shutdown_is_announced_to_the_owner()
    {
        await using var server = await RedisServer.StartAsync();
        var pipe = server.OpenPipe();
        await SendAsync(pipe, "SHUTDOWN NOSAVE\r\n");
        (await server.ShutdownRequested.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        (await ReadToEndAsync(pipe)).ShouldBe("");
    }

    private static async Task SendAsync(IDuplexPipe pipe, string text) => await pipe.Output.WriteAsync(Encoding.Latin1.GetBytes(text));

    private static async Task<string> ReadAsync(IDuplexPipe pipe, int length)
    {
        var result = await pipe.Input.ReadAtLeastAsync(length).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
        var text = Encoding.Latin1.GetString(result.Buffer.ToArray());
        pipe.Input.AdvanceTo(result.Buffer.End);
        return text;
    }

    private static async Task<string> ReadToEndAsync(IDuplexPipe pipe)
    {
        var text = new StringBuilder();
        while (true)
        {
            var result = await pipe.Input.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            text.Append(Encoding.Latin1.GetString(result.Buffer.ToArray()));
            pipe.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return text.ToString();
            }
        }
    }
}
