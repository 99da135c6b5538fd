// Real servers that go away and come back: reconnect, login, old servers, unix sockets.
using Evalsha.Tests.Support;

namespace Evalsha.Client.Tests;

public sealed class RestartTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_restarted_server_is_found_again_on_its_unix_socket()
    {
        var folder = Directory.CreateTempSubdirectory("client-").FullName;
        var socket = Path.Combine(folder, "s");
        var first = await RealRedis.StartAsync("--unixsocket", socket);
        await using var connection = await RedisConnection.ConnectAsync(RedisOptions.Parse($"unix://{socket}?db=2") with { ClientName = "me" });
        await connection.SetAsync("k", "before");
        connection.Generation.ShouldBe(1);
        first.Kill();
        await first.DisposeAsync();
        var during = connection.SendAsync(new RedisRequest("GET", "k") { Repeatable = true }).AsTask();
        await using var second = await RealRedis.StartAsync("--unixsocket", socket);
        (await during.WaitAsync(Patience)).IsNull.ShouldBeTrue();
        connection.Generation.ShouldBe(2);
        (await connection.SendAsync("CLIENT", "INFO")).AsText().ShouldContain("name=me");
        (await connection.SendAsync("CLIENT", "INFO")).AsText().ShouldContain("db=2");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_killed_connection_is_made_anew_under_load()
    {
        await using var redis = await RealRedis.StartAsync();
        await using var connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port, ReconnectDelayMin = TimeSpan.Zero });
        await using var stranger = await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port });
        var lost = 0;
        var callers = Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 300; i++)
            {
                try
                {
                    (await connection.SendAsync("INCR", "n")).AsInteger().ShouldBePositive();
                }
                catch (RedisConnectionException broken)
                {
                    broken.WasWritten.ShouldBeTrue();
                    Interlocked.Increment(ref lost);
                }
            }
        })).ToArray();
        var own = (await stranger.SendAsync("CLIENT", "ID")).AsInteger();
        for (var i = 0; i < 10; i++)
        {
            await stranger.SendAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            await stranger.SendAsync("ECHO", $"{own}");
        }

        await Task.WhenAll(callers).WaitAsync(Patience);
        var count = (await stranger.GetAsync("n")).AsInteger();
        count.ShouldBeInRange((8 * 300) - lost, 8 * 300);
    }

    [Fact]
    public async Task A_login_is_made_with_hello_and_a_wrong_one_is_refused()
    {
        await using var redis = await RealRedis.StartAsync("--requirepass", "secret");
        await using var connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port, Password = "secret" });
        await connection.PingAsync();
        connection.Protocol.ShouldBe(3);
        await using var older = await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port, Password = "secret", Protocol = 2 });
        await older.PingAsync();
        older.Protocol.ShouldBe(2);
        (await Refused(new RedisOptions { Port = redis.Port, Password = "wrong" })).Code.ShouldBe("WRONGPASS");
        (await Refused(new RedisOptions { Port = redis.Port })).Code.ShouldBe("NOAUTH");
        (await Refused(new RedisOptions { Port = redis.Port, Protocol = 2 })).Code.ShouldBe("NOAUTH");
    }

    [Fact]
    public async Task A_server_without_hello_is_spoken_to_in_resp2()
    {
        await using var redis = await RealRedis.StartAsync("--rename-command", "HELLO", "", "--requirepass", "secret");
        await using var connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port, Password = "secret", Database = 1 });
        connection.Protocol.ShouldBe(2);
        connection.ServerVersion.ShouldBeNull();
        (await connection.SendAsync("HGETALL", "none")).Count.ShouldBe(0);
    }

    [Fact]
    public async Task A_server_that_begins_to_refuse_the_login_ends_the_connection()
    {
        await using var redis = await RealRedis.StartAsync();
        await using var connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port, ReconnectDelayMin = TimeSpan.Zero });
        await using var stranger = await RedisConnection.ConnectAsync(new RedisOptions { Port = redis.Port });
        await stranger.SendAsync("CONFIG", "SET", "requirepass", "new");
        await stranger.SendAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        RedisConnectionException error;
        do
        {
            error = await Should.ThrowAsync<RedisConnectionException>(() => connection.SendAsync("ECHO", "x").AsTask().WaitAsync(Patience));
        }
        while (error.WasWritten); // The first may have been written to the dying link.
        error.InnerException.ShouldBeOfType<RedisException>().Code.ShouldBe("NOAUTH");
    }

    [Fact]
    public async Task Nobody_at_the_address_is_a_connection_error()
    {
        var port = RealRedis.FreePort();
        await Should.ThrowAsync<RedisConnectionException>(async () => await RedisConnection.ConnectAsync(new RedisOptions { Port = port }));
    }

    private static Task<RedisException> Refused(RedisOptions options) =>
        Should.ThrowAsync<RedisException>(async () => await RedisConnection.ConnectAsync(options));
}
