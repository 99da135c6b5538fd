// Bytes both ways: a socket's stream, or a pair of pipes when the server lives in the same process.
// Always: one sender and one receiver at a time, which may run together; Abort ends both from any thread and is safe to repeat.
namespace Evalsha.Client.Transport;

internal abstract class Transport
{
    /// <summary>Sends all bytes. When the peer is gone it throws, or says nothing and the receiver sees the end.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Receives at least one byte, or 0 at the end of the stream.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    public abstract void Abort();
}
