// The front door, and the only file that names every part of the server.
// Always: what StartAsync returned answers already; after DisposeAsync nothing of it runs, listens or holds data.
// Nothing process-wide is set: many servers may live in one process, each with its own clock, chance and data.
using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography;
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Commands;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Persistence;
using Evalsha.Server.Scripting;
using Evalsha.Server.Sessions;

namespace Evalsha.Server;

public sealed class RedisServer : IAsyncDisposable
{
    private readonly ServerContext _server;
    private readonly SessionSet _sessions;
    private readonly ScriptEngine _scripts;
    private readonly AppendOnlyFile? _log;
    private readonly ExpiryCycle _expiry;
    private readonly Listener? _listener;
    private readonly Listener? _tlsListener;
    private readonly Listener? _unixListener;
    private readonly TaskCompletionSource<bool> _shutdown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposed;

    private RedisServer(RedisServerOptions options)
    {
        var config = new ServerConfig
        {
            RequirePass = options.Password ?? "",
            MaxMemory = options.MaxMemory,
            MaxClients = options.MaxClients,
            AppendFsync = options.AppendFsync,
            RewritePercentage = options.RewritePercentage,
            RewriteMinSize = options.RewriteMinSize,
        };
        _server = new ServerContext(options.TimeProvider, options.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue), options.Databases, config);
        _scripts = new ScriptEngine(_server, options.ScriptMemoryLimit);
        _server.Commands = new CommandTable(
            ConnectionCommands.Rows,
            ClientCommands.Rows,
            CommandCommands.Rows,
            ServerCommands.Rows,
            SlowLogCommands.Rows,
            MemoryCommands.Rows,
            AclCommands.Rows,
            ReplicationCommands.Rows,
            ModuleCommands.Rows,
            ClusterCommands.Rows,
            PubSubCommands.Rows,
            TransactionCommands.Rows,
            new ScriptingCommands(_scripts).Rows,
            new FunctionCommands(_scripts).Rows,
            KeysCommands.Rows,
            ExpiryCommands.Rows,
            SortCommand.Rows,
            StringsCommands.Rows,
            BitsCommands.Rows,
            BitFieldCommand.Rows,
            HyperLogLogCommands.Rows,
            LcsCommand.Rows,
            HashesCommands.Rows,
            ListsCommands.Rows,
            SetsCommands.Rows,
            SetAlgebraCommands.Rows,
            SortedSetsCommands.Rows,
            SortedSetRangeCommands.Rows,
            SortedSetAlgebraCommands.Rows,
            GeoCommands.Rows,
            GeoSearchCommands.Rows,
            StreamsCommands.Rows,
            StreamInfoCommands.Rows,
            BlockingCommands.Rows,
            XReadCommand.Rows,
            XReadGroupCommand.Rows,
            StreamGroupsCommands.Rows,
            StreamClaimCommands.Rows);
        _server.RequestShutdown = RequestShutdown;
        _server.Log.Listener = options.Log;
        _sessions = new SessionSet(_server);
        _log = options.Directory is { } directory ? AppendOnlyFile.Open(_server, directory) : null;
        _expiry = new ExpiryCycle(_server, _sessions);
        try
        {
            _listener = options.Port is { } port ? Listener.Start(_server, _sessions, options.Bind, port) : null;
            _tlsListener = options.TlsPort is { } tlsPort ? Listener.Start(_server, _sessions, options.Bind, tlsPort, Tls.Load(options)) : null;
            _unixListener = options.UnixSocket is { } path ? Listener.StartUnix(_server, _sessions, path, options.UnixSocketPermissions) : null;
        }
        catch
        {
            LetGo();
            throw;
        }

        ServerParameters.Define(_server, options, Port, TlsPort);
        ServerInfo.Register(_server, _scripts, options, Port, TlsPort);
    }

    /// <summary>The TCP address it listens on; null when it has none.</summary>
    public IPEndPoint? EndPoint => _listener?.EndPoint;

    /// <summary>The TCP port; 0 when it listens on none.</summary>
    public int Port => _listener?.EndPoint.Port ?? 0;

    /// <summary>The TLS port; 0 when it has none.</summary>
    public int TlsPort => _tlsListener?.EndPoint.Port ?? 0;

    /// <summary>Completes when a client asked for SHUTDOWN; true: without saving. The owner then disposes of the server.</summary>
    public Task<bool> ShutdownRequested => _shutdown.Task;

    /// <summary>How often the turn was taken: a script, whatever it calls, takes it once. For tests and figures.</summary>
    public long TurnsTaken => _server.Gate.Acquisitions;

    internal ServerContext Context => _server;

    internal ScriptEngine Scripts => _scripts;

    internal AppendOnlyFile? Log => _log;

    /// <summary>Starts a server. When this returns, it has loaded its append-only file, and it answers.</summary>
    /// <exception cref="InvalidDataException">The append-only file is damaged in its middle; the message names the file and the byte offset.</exception>
    /// <exception cref="IOException">The folder of the append-only file cannot be used, or another server uses it.</exception>
    public static Task<RedisServer> StartAsync(RedisServerOptions? options = null) =>
        options?.Directory is null ? Task.FromResult(new RedisServer(options ?? new RedisServerOptions())) : Task.Run(() => new RedisServer(options));

    /// <summary>A connection without a socket: the caller's end of a pipe that a session of this server reads.</summary>
    public IDuplexPipe OpenPipe() => _sessions.OpenPipe();

    /// <summary>A client without a connection, for one caller at a time: dispose of it when done.</summary>
    public DirectClient OpenDirect() => new(_server);

    /// <summary>Runs one command as a client of its own would; an error reply is a value.</summary>
    public async ValueTask<RespValue> ExecuteAsync(params string[] command)
    {
        await using var client = OpenDirect();
        return await client.ExecuteAsync(command).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await StopListeningAsync().ConfigureAwait(false);
        _scripts.Run.Abort();
        await _sessions.StopAsync().ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        _shutdown.TrySetResult(true);
    }

    /// <summary>A start that failed half way lets go of its folder.</summary>
    private void LetGo()
    {
        StopListeningAsync().AsTask().GetAwaiter().GetResult();
        StopAsync().AsTask().GetAwaiter().GetResult();
    }

    private async ValueTask StopListeningAsync()
    {
        foreach (var listener in (Listener?[])[_listener, _tlsListener, _unixListener])
        {
            if (listener is not null)
            {
                await listener.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async ValueTask StopAsync()
    {
        await _expiry.DisposeAsync().ConfigureAwait(false);
        if (_log is not null)
        {
            await _log.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void RequestShutdown(bool withoutSaving)
    {
        if (withoutSaving)
        {
            // What a script was about to do is not wanted any more, and nobody can wait for its end.
            _scripts.Run.Abort();
        }

        _shutdown.TrySetResult(withoutSaving);
    }
}
