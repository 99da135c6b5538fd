// A transport over a stream: TCP, a unix socket, or TLS over TCP.
using System.Net.Security;
using System.Net.Sockets;

namespace Evalsha.Client.Transport;

internal sealed class StreamTransport(Stream stream) : Transport
{
    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

    public override void Abort() => stream.Dispose();

    /// <summary>Dials the address in <paramref name="options"/>.</summary>
    public static async ValueTask<Transport> DialAsync(RedisOptions options, CancellationToken ct)
    {
        var socket = options.UnixSocketPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (options.UnixSocketPath is { } path)
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct).ConfigureAwait(false);
            }
            else
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                await socket.ConnectAsync(options.Host, options.Port, ct).ConfigureAwait(false);
            }

            Stream stream = new NetworkStream(socket, ownsSocket: true);
            if (options.UseTls)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = options.Host }, ct).ConfigureAwait(false);
                stream = tls;
            }

            return new StreamTransport(stream);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
