// The two servers that public tests run on: ours in this process, and the real one. Test classes are abstract over it.
using Evalsha.Client;
using Evalsha.Server;
using Evalsha.Tests.Support;

namespace Evalsha.Public.Tests;

public abstract class ServerUnderTest : IAsyncLifetime
{
    public abstract int Port { get; }

    public abstract Task InitializeAsync();

    public abstract Task DisposeAsync();

    public async Task<RedisConnection> ConnectAsync() => await RedisConnection.ConnectAsync(new RedisOptions { Port = Port });

    /// <summary>Opens several connections, runs the work on each at once, and closes them.</summary>
    public async Task OnConnectionsAsync(int count, Func<RedisConnection, int, Task> work)
    {
        var connections = new List<RedisConnection>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                connections.Add(await ConnectAsync());
            }

            await Task.WhenAll(connections.Select((connection, i) => Task.Run(() => work(connection, i))));
        }
        finally
        {
            foreach (var connection in connections)
            {
                await connection.DisposeAsync();
            }
        }
    }
}

public sealed class EmbeddedServer : ServerUnderTest
{
    public RedisServer Server { get; private set; } = null!;

    public override int Port => Server.Port;

    public override async Task InitializeAsync() => Server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });

    public override async Task DisposeAsync() => await Server.DisposeAsync();
}

public sealed class RealServer : ServerUnderTest
{
    private RealRedis _redis = null!;

    public override int Port => _redis.Port;

    public override async Task InitializeAsync() => _redis = await RealRedis.StartAsync();

    public override async Task DisposeAsync() => await _redis.DisposeAsync();
}
