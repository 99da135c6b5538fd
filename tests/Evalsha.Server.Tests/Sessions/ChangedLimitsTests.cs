// Limits that CONFIG SET changes hold for connections that are open already, here as on a real redis-server.
using System.Text;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Sessions;

public sealed class ChangedLimitsTests
{
    private const int Megabyte = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public Task A_smaller_proto_max_bulk_len_refuses_on_an_open_connection() => OnBothAsync(async (control, open) =>
    {
        (await open.SendAsync("SET", "k", new string('x', 2 * Megabyte))).ShouldBe("+OK");
        (await control.SendAsync("CONFIG", "SET", "proto-max-bulk-len", $"{Megabyte}")).ShouldBe("+OK");
        (await open.SendAsync("SET", "k", new string('x', Megabyte))).ShouldBe("+OK");
        await open.WriteAsync(Encoding.ASCII.GetBytes($"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${Megabyte + 1}\r\n"));
        (await open.ReadAsync().WaitAsync(Patience)).ShouldBe("-ERR Protocol error: invalid bulk length");
        (await open.IsClosedAsync().WaitAsync(Patience)).ShouldBeTrue();
    });

    [Fact]
    public Task A_larger_proto_max_bulk_len_allows_on_an_open_connection() => OnBothAsync(async (control, open) =>
    {
        (await control.SendAsync("CONFIG", "SET", "proto-max-bulk-len", $"{Megabyte}")).ShouldBe("+OK");
        (await open.SendAsync("PING")).ShouldBe("+PONG");
        (await control.SendAsync("CONFIG", "SET", "proto-max-bulk-len", $"{3 * Megabyte}")).ShouldBe("+OK");
        (await open.SendAsync("SET", "k", new string('x', 2 * Megabyte))).ShouldBe("+OK");
    });

    [Fact]
    public Task A_smaller_client_query_buffer_limit_closes_an_open_connection() => OnBothAsync(async (control, open) =>
    {
        (await open.SendAsync("ECHO", new string('x', 2 * Megabyte))).Length.ShouldBe((2 * Megabyte) + 3);
        (await control.SendAsync("CONFIG", "SET", "client-query-buffer-limit", $"{Megabyte}")).ShouldBe("+OK");
        try
        {
            await open.WriteAsync(RawRedis.Encode("SET", "k", new string('x', 2 * Megabyte)));
            (await open.IsClosedAsync().WaitAsync(Patience)).ShouldBeTrue();
        }
        catch (IOException)
        {
            // Closed while there was still something to send: as good.
        }

        (await control.SendAsync("EXISTS", "k")).ShouldBe(":0");
    });

    private static async Task OnBothAsync(Func<RawRedis, RawRedis, Task> play)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var real = await RealRedis.StartAsync();
        foreach (var port in (int[])[real.Port, server.Port])
        {
            using var control = await RawRedis.ConnectAsync(port);
            using var open = await RawRedis.ConnectAsync(port);
            await play(control, open);
        }
    }
}
