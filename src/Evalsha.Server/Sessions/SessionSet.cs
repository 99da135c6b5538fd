// The sessions of one server: starts them, and ends them all when the server stops.
// Always: a session is here from its start until its connection is closed and its watches are released.
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Sockets;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Sessions;

internal sealed class SessionSet(ServerContext server)
{
    private readonly ConcurrentDictionary<long, (Session Session, Task Running)> _sessions = new();
    private readonly Lazy<EventLoop> _loop = new(static () => new EventLoop());
    private volatile bool _stopped;
    private long _checkedAt;

    /// <summary>A session on an accepted socket.</summary>
    public void Start(Socket socket) => Start(Epoll.IsSupported ? new SocketLoopTransport(_loop.Value, socket) : new SocketTransport(socket));

    public void Start(Transport transport)
    {
        var session = new Session(server, transport);
        var starting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = RunAsync(session, starting.Task);
        _sessions[session.Id] = (session, running);
        if (_stopped)
        {
            session.Kill();
        }

        starting.SetResult();
    }

    /// <summary>Both ends of a pipe inside the process: one goes to the caller, a session reads the other.</summary>
    public IDuplexPipe OpenPipe()
    {
        var (toServer, toClient) = (new Pipe(), new Pipe());
        Start(new PipeTransport(new DuplexPipe(toServer.Reader, toClient.Writer)));
        return new DuplexPipe(toClient.Reader, toServer.Writer);
    }

    /// <summary>From the server's timer, outside the turn: closes who has been idle for too long, or over a soft limit; once a second.</summary>
    public void CheckClients()
    {
        var now = server.Clock.ReadUnfrozen() / 1000;
        if (Interlocked.Exchange(ref _checkedAt, now) == now)
        {
            return;
        }

        foreach (var (session, _) in _sessions.Values)
        {
            session.CheckIdle(now);
        }
    }

    /// <summary>Ends every session and waits until all have left.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        foreach (var (session, _) in _sessions.Values)
        {
            session.Kill();
        }

        foreach (var (_, running) in _sessions.Values)
        {
            await running.ConfigureAwait(false);
        }

        if (_loop.IsValueCreated)
        {
            // The last session may have ended on the loop's own thread, which cannot wait for itself.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            _loop.Value.Dispose();
        }
    }

    private async Task RunAsync(Session session, Task start)
    {
        await start.ConfigureAwait(false);
        await session.RunAsync().ConfigureAwait(false);
        _sessions.TryRemove(session.Id, out _);
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
