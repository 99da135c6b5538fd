// The ways bytes reach a session: a socket, a stream over one (TLS), or a pipe inside the process.
// Always: one receive and one send at a time; Abort may come from any thread and makes both end.
using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Evalsha.Server.Sessions;

/// <summary>Who serves what a transport receives, in place and as far as it can without waiting for anything.</summary>
internal interface IReceiver
{
    /// <summary>Where the next bytes go. Never empty.</summary>
    Memory<byte> MakeRoom();

    /// <summary>So many bytes are there. False: something has to be waited for, and receiving must stop until that is over.</summary>
    bool TryServe(int received);
}

/// <summary>A duplex byte stream with one reader and one writer.</summary>
internal abstract class Transport
{
    public abstract string RemoteAddress { get; }

    public abstract string LocalAddress { get; }

    /// <summary>Bytes received into the buffer; 0 when the peer has closed.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Receives and serves, until the receiver has to wait for something (the result is above 0) or the peer has closed (0).</summary>
    public virtual async ValueTask<int> ServeAsync(IReceiver receiver)
    {
        while (true)
        {
            var received = await ReceiveAsync(receiver.MakeRoom()).ConfigureAwait(false);
            if (received == 0 || !receiver.TryServe(received))
            {
                return received;
            }
        }
    }

    /// <summary>Sends all of it.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends the connection at once.</summary>
    public abstract void Abort();

    /// <summary>Closes after everything sent.</summary>
    public abstract ValueTask CloseAsync();

    /// <summary>A socket's addresses as Redis prints them: of a unix socket its path and port 0, on both sides.</summary>
    protected static (string Remote, string Local) AddressesOf(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.Unix)
        {
            var path = $"{socket.LocalEndPoint}:0";
            return (path, path);
        }

        return (socket.RemoteEndPoint?.ToString() ?? "", socket.LocalEndPoint?.ToString() ?? "");
    }
}

internal sealed class SocketTransport(Socket socket) : Transport
{
    public override string RemoteAddress { get; } = AddressesOf(socket).Remote;

    public override string LocalAddress { get; } = AddressesOf(socket).Local;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => socket.ReceiveAsync(buffer, SocketFlags.None);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sending = socket.SendAsync(bytes, SocketFlags.None);
        return sending.IsCompletedSuccessfully && sending.Result == bytes.Length ? default : SendRestAsync(sending, bytes);
    }

    public override void Abort() => Shutdown();

    public override ValueTask CloseAsync()
    {
        Shutdown();
        socket.Dispose();
        return default;
    }

    private void Shutdown()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster, or Abort was.
        }
    }

    private async ValueTask SendRestAsync(ValueTask<int> sending, ReadOnlyMemory<byte> bytes)
    {
        bytes = bytes[await sending.ConfigureAwait(false)..];
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
        }
    }
}

internal sealed class PipeTransport(IDuplexPipe pipe) : Transport
{
    public override string RemoteAddress => "in-process";

    public override string LocalAddress => "in-process";

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var result = await pipe.Input.ReadAsync().ConfigureAwait(false);
        var taken = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, buffer.Length));
        taken.CopyTo(buffer.Span);
        var length = (int)taken.Length;
        pipe.Input.AdvanceTo(taken.End);
        return length;
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var result = await pipe.Output.WriteAsync(bytes).ConfigureAwait(false);
        if (result.IsCompleted)
        {
            throw new IOException("The other end of the pipe is closed.");
        }
    }

    public override void Abort()
    {
        pipe.Input.CancelPendingRead();
        pipe.Output.CancelPendingFlush();
    }

    public override async ValueTask CloseAsync()
    {
        await pipe.Input.CompleteAsync().ConfigureAwait(false);
        await pipe.Output.CompleteAsync().ConfigureAwait(false);
    }
}

/// <summary>The socket below the stream is what Abort ends: that is allowed beside a read and a write of the stream, disposing of it is not.</summary>
internal sealed class StreamTransport(Stream stream, Socket socket, string remote, string local) : Transport
{
    public override string RemoteAddress => remote;

    public override string LocalAddress => local;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => stream.ReadAsync(buffer);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => stream.WriteAsync(bytes);

    public override void Abort()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    public override ValueTask CloseAsync()
    {
        Abort();
        return stream.DisposeAsync();
    }
}
