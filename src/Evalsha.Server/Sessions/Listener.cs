// Accepts connections on one endpoint (TCP, TLS or a unix socket) and starts a session for each.
// Always: binds before StartAsync returns, loopback unless told otherwise; what exceeds maxclients is told so and closed; a failing accept is
// logged and tried again, because file descriptors come back.
using System.Net;
using System.Net.Security;
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
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly string? _path; // of a unix socket: removed at the end

    private Listener(ServerContext server, SessionSet sessions, Socket socket, SslServerAuthenticationOptions? tls, string? path)
    {
        (_server, _sessions, _socket, _tls, _path) = (server, sessions, socket, tls, path);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The TCP address.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Listens; port 0 takes a free one.</summary>
    public static Listener Start(ServerContext server, SessionSet sessions, IPAddress address, int port, SslServerAuthenticationOptions? tls = null)
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

        return new Listener(server, sessions, socket, tls, path: null);
    }

    /// <summary>Listens on a unix socket; a file of that name, left by another run, is replaced, as Redis does.</summary>
    /// <param name="mode">Permissions of the file; null = the process's own.</param>
    public static Listener StartUnix(ServerContext server, SessionSet sessions, string path, UnixFileMode? mode)
    {
        File.Delete(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            socket.Listen(Backlog);
            if (mode is { } permissions && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, permissions);
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new Listener(server, sessions, socket, tls: null, path);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _accepting.ConfigureAwait(false);
        _stop.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                Prepare(client);
                if (_server.Clients.Count >= _server.Config.MaxClients)
                {
                    await RefuseAsync(client).ConfigureAwait(false);
                }
                else if (_tls is not null)
                {
                    _ = SecureAsync(client, _tls);
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

    private void Prepare(Socket client)
    {
        if (client.AddressFamily == AddressFamily.Unix)
        {
            return;
        }

        const int looks = 3; // As Redis: the first after the whole time, then three in the last third of it.
        client.NoDelay = true;
        var seconds = _server.Config.TcpKeepAliveSeconds;
        if (seconds > 0)
        {
            client.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
            client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, seconds / looks));
            client.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, looks);
        }
    }

    /// <summary>The handshake, off the accepting task: a peer that takes its time keeps nobody else out.</summary>
    private async Task SecureAsync(Socket client, SslServerAuthenticationOptions tls)
    {
        var (remote, local) = (client.RemoteEndPoint?.ToString() ?? "", client.LocalEndPoint?.ToString() ?? "");
        var stream = new SslStream(new NetworkStream(client, ownsSocket: true));
        try
        {
            await stream.AuthenticateAsServerAsync(tls, _stop.Token).ConfigureAwait(false);
            _sessions.Start(new StreamTransport(stream, client, remote, local));
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _server.Log.Write(ServerLogLevel.Verbose, $"Error accepting a client connection: {e.Message}");
            await stream.DisposeAsync().ConfigureAwait(false);
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
