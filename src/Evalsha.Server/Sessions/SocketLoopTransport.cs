// A socket whose waits end on the event loop's thread, where the bytes are received and the session goes on at once.
// Always: one receive and one send at a time, begun on any thread; an edge that comes while nobody waits is remembered, so none is lost; a
// receive that filled its buffer leaves the rest for after everybody else's turn. What is served in place costs no continuation.
// HOT: no allocation, no LINQ (receive and send that need not wait). Measured by benches/Evalsha.Bench/Server/ServerBench.cs
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Evalsha.Server.Sessions;

internal sealed class SocketLoopTransport : Transport, IValueTaskSource<int>
{
    // Of a direction: nothing known, somebody waits, an edge came while nobody waited.
    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Ready = 2;

    private readonly Socket _socket;
    private readonly EventLoop _loop;
    private readonly int _slot;
    private ManualResetValueTaskSourceCore<int> _received;
    private Memory<byte> _buffer;
    private IReceiver? _receiver; // serves each receive, instead of whoever awaits one
    private int _input;
    private int _output;
    private TaskCompletionSource? _writable;
    private volatile bool _ended; // no more edges will come: every receive looks for itself

    public SocketLoopTransport(EventLoop loop, Socket socket)
    {
        (_loop, _socket) = (loop, socket);
        (RemoteAddress, LocalAddress) = AddressesOf(socket);
        socket.Blocking = false;
        _slot = loop.Register(this, (int)socket.SafeHandle.DangerousGetHandle());
    }

    public override string RemoteAddress { get; }

    public override string LocalAddress { get; }

    int IValueTaskSource<int>.GetResult(short token) => _received.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _received.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _received.OnCompleted(continuation, state, token, flags);

    /// <summary>An empty buffer: completes with 0 when a receive would not wait.</summary>
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        (_buffer, _receiver) = (buffer, null);
        return BeginReceive();
    }

    public override ValueTask<int> ServeAsync(IReceiver receiver)
    {
        _receiver = receiver;
        return BeginReceive();
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sent = TrySend(bytes.Span);
        return sent == bytes.Length ? default : SendRestAsync(bytes[sent..]);
    }

    public override void Abort() => Shutdown();

    public override ValueTask CloseAsync()
    {
        Shutdown();
        _socket.Dispose();
        _loop.Forget(_slot);
        return default;
    }

    /// <summary>By the loop's leader: the socket's state has changed (or may have).</summary>
    public void OnEvent(uint what)
    {
        const uint gone = Epoll.PeerClosed | Epoll.HangUp | Epoll.Error;
        if ((what & (Epoll.Out | gone)) != 0)
        {
            OnWritable();
        }

        if ((what & gone) != 0)
        {
            _ended = true;
        }

        if ((what & (Epoll.In | gone)) != 0)
        {
            OnReadable();
        }
    }

    private void OnReadable()
    {
        if (Interlocked.CompareExchange(ref _input, Ready, Idle) != Waiting || !TryReceive(out var count, out var error))
        {
            return;
        }

        // A buffer that was not filled has taken all there was; the next bytes make an edge of their own.
        Volatile.Write(ref _input, count == _buffer.Length || _ended ? Ready : Idle);
        try
        {
            if (IsServed(count, error) && !TryFinish(out count))
            {
                return; // Waits again.
            }
        }
        catch (Exception e)
        {
            _received.SetException(e);
            return;
        }

        _received.SetResult(count);
    }

    private ValueTask<int> BeginReceive()
    {
        _received.Reset();
        return TryFinish(out var count) ? new ValueTask<int>(count) : new ValueTask<int>(this, _received.Version);
    }

    /// <summary>Waits for the next edge: false. Or there was one already, and this thread may not leave it to the loop: true, unless it could be served.</summary>
    private bool TryFinish(out int count)
    {
        count = 0;
        while (Interlocked.CompareExchange(ref _input, Waiting, Idle) != Idle)
        {
            // Ready: an edge came before.
            if (_loop.IsLedByThisThread)
            {
                Volatile.Write(ref _input, Waiting);
                _loop.LookAgain(this);
                return false;
            }

            Volatile.Write(ref _input, Idle);
            if (TryReceive(out count, out var error))
            {
                if (count == _buffer.Length || _ended)
                {
                    Volatile.Write(ref _input, Ready); // else as it is: an edge may have come meanwhile
                }

                if (!IsServed(count, error))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool IsServed(int count, SocketError error) =>
        error != SocketError.Success ? throw new SocketException((int)error)
        : count > 0 && _receiver is { } receiver && receiver.TryServe(count);

    /// <summary>False: nothing is there.</summary>
    private bool TryReceive(out int count, out SocketError error)
    {
        if (_receiver is { } receiver)
        {
            _buffer = receiver.MakeRoom();
        }

        var buffer = _buffer.Span;
        if (buffer.IsEmpty)
        {
            (count, error) = (0, SocketError.Success);
            return true;
        }

        try
        {
            count = _socket.Receive(buffer, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            (count, error) = (0, SocketError.OperationAborted);
        }

        return error != SocketError.WouldBlock;
    }

    private void OnWritable()
    {
        if (Interlocked.Exchange(ref _output, Ready) == Waiting)
        {
            Volatile.Read(ref _writable)!.TrySetResult();
        }
    }

    /// <summary>How many bytes went at once.</summary>
    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        var sent = _socket.Send(bytes, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            // What the state says is older than this look: only an edge after it counts.
            Volatile.Write(ref _output, Idle);
            bytes = bytes[TrySend(bytes.Span)..];
            if (bytes.IsEmpty)
            {
                return;
            }

            var writable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _writable, writable);
            if (Interlocked.CompareExchange(ref _output, Waiting, Idle) == Idle)
            {
                await writable.Task.ConfigureAwait(false);
            }
        }
    }

    private void Shutdown()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer was faster, or Abort was.
        }
    }
}
