// Accepts TCP connections and starts a session for each.
// Always: binds before StartAsync returns, loopback unless told otherwise; what exceeds maxclients is told so and closed; a failing accept is
// logged and tried again, because file descriptors come back.
using System.Net;
using System.Net.Sockets;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Sessions;

internal sealed class Listener : IAsyncDisposable
{
    private const int Backlog = 511;
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _socket;
    private readonly SessionSet _sessions;
    private readonly ServerContext _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;

    private Listener(ServerContext server, SessionSet sessions, Socket socket)
    {
        (_server, _sessions, _socket) = (server, sessions, socket);
        _accepting = Task.Run(AcceptAsync);
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Listens; port 0 takes a free one.</summary>
    public static Listener Start(ServerContext server, SessionSet sessions, IPAddress address, int port)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(Backlog);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new Listener(server, sessions, socket);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                client.NoDelay = true;
                if (_server.Clients.Count >= _server.Config.MaxClients)
                {
                    await RefuseAsync(client).ConfigureAwait(false);
                }
                else
                {
                    _sessions.Start(client);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e) when (!_stop.IsCancellationRequested)
            {
                _server.Log.Write(ServerLogLevel.Warning, $"Accepting a connection failed: {e.Message}");
                await Task.Delay(AcceptPause, _server.Clock.Provider, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }

    private async Task RefuseAsync(Socket client)
    {
        Interlocked.Increment(ref _server.Stats.RejectedConnections);
        using (client)
        {
            try
            {
                await client.SendAsync("-ERR max number of clients reached\r\n"u8.ToArray(), _stop.Token).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // It left before hearing the answer.
            }
        }
    }
}
