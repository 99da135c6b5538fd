// The store behind a referee, opened: the embedded server inside this process, or a Redis elsewhere. The coordinator does not know which.
// Always: the embedded store has no port; its append-only file lives in the folder whose lock the caller holds. What is opened here is closed here.
using Evalsha.Client;
using Evalsha.Server;
using Evalsha.Server.Dispatch;
using Referee.Workflows;

namespace Referee.Hosting;

/// <summary>How a store is opened.</summary>
public sealed record RefereeStoreOptions
{
    public const string ProjectUsual = "main";

    /// <summary>A <c>redis://</c> address for a store elsewhere (trusted mode); null for the embedded one.</summary>
    public string? Redis { get; init; }

    /// <summary>Where the embedded store keeps its append-only file; null keeps it in memory only.</summary>
    public string? Directory { get; init; }

    /// <summary>
    /// When the append-only file is forced onto the disk. No acknowledged decision is lost when the process dies, whatever is chosen: it is with the
    /// operating system before the answer leaves. When the power fails, at most the last second is, unless this is <see cref="AppendFsync.Always"/>.
    /// </summary>
    public AppendFsync AppendFsync { get; init; } = AppendFsync.EverySecond;

    /// <summary>A RESP port on loopback for the embedded store; null (the default) opens none. Whoever reaches it can write past the referee.</summary>
    public int? RespPort { get; init; }

    public string Project { get; init; } = ProjectUsual;

    public int Shards { get; init; } = 1;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Told what the embedded server says of itself: a cut tail, a rewrite.</summary>
    public Action<string>? Log { get; init; }
}

public sealed class RefereeStore : IAsyncDisposable
{
    private readonly RedisServer? _embedded;

    private RefereeStore(RedisServer? embedded, RedisConnection connection, RefereeStoreOptions options)
    {
        _embedded = embedded;
        Connection = connection;
        Options = options;
        Coordinator = new Coordinator(connection, options.Project, options.Shards);
    }

    public RefereeStoreOptions Options { get; }

    public Coordinator Coordinator { get; }

    public RedisConnection Connection { get; }

    public bool IsEmbedded => _embedded is not null;

    /// <summary>The RESP port that was asked for; null when there is none.</summary>
    public int? RespPort => Options.RespPort is null ? null : _embedded?.Port;

    /// <summary>Opens the store. A Redis elsewhere is sent the scripts, to compare their digests; the embedded store compiles each when it is first called.</summary>
    /// <exception cref="RedisConnectionException">The Redis elsewhere does not answer.</exception>
    /// <exception cref="InvalidDataException">The append-only file is damaged in its middle; the message names file and offset.</exception>
    public static async Task<RefereeStore> OpenAsync(RefereeStoreOptions options, CancellationToken ct)
    {
        if (options.Redis is { } address)
        {
            var remote = await RedisConnection.ConnectAsync(RedisOptions.Parse(address) with { TimeProvider = options.TimeProvider }, ct);
            return await ReadyAsync(new RefereeStore(null, remote, options), ct);
        }

        var server = await RedisServer.StartAsync(new RedisServerOptions
        {
            Port = options.RespPort,
            TimeProvider = options.TimeProvider,
            Directory = options.Directory,
            AppendFsync = options.AppendFsync,
            Log = options.Log is { } log ? (_, message) => log(message) : null,
        });
        try
        {
            var connection = await RedisConnection.OpenAsync(_ => ValueTask.FromResult(server.OpenPipe()), new RedisOptions { TimeProvider = options.TimeProvider }, ct);
            return await ReadyAsync(new RefereeStore(server, connection, options), ct);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection of its own to the same store, for whoever wants not to share; the caller closes it.</summary>
    public ValueTask<RedisConnection> ConnectAsync(CancellationToken ct) => _embedded is { } server
        ? RedisConnection.OpenAsync(_ => ValueTask.FromResult(server.OpenPipe()), new RedisOptions { TimeProvider = Options.TimeProvider }, ct)
        : RedisConnection.ConnectAsync(RedisOptions.Parse(Options.Redis!) with { TimeProvider = Options.TimeProvider }, ct);

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        if (_embedded is not null)
        {
            await _embedded.DisposeAsync();
        }
    }

    private static async Task<RefereeStore> ReadyAsync(RefereeStore store, CancellationToken ct)
    {
        try
        {
            if (!store.IsEmbedded)
            {
                await store.Coordinator.PreloadAsync(ct);
            }

            await AddBuiltInWorkflowsAsync(store.Coordinator, ct);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    // A project knows the policies that come with the program from its first opening; a version of its own under the same name stays.
    private static async Task AddBuiltInWorkflowsAsync(Coordinator coordinator, CancellationToken ct)
    {
        foreach (var name in await coordinator.UnknownWorkflowsAsync(BuiltInPolicies.Names, ct))
        {
            (await coordinator.AddWorkflowAsync(BuiltInPolicies.Get(name), ct)).OrThrow();
        }
    }
}
