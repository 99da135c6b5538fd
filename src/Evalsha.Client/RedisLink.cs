// One physical connection: what is encoded and unsent, what waits for replies, one flusher at a time, one read loop.
// Always: the order of bytes on the wire is the order of operations in the ring, because both happen under the same lock;
// only the read loop takes operations out of the ring, also at the end, so no reply is ever given to another's caller.
// An operation leaves without a reply only when the link is dead. RedisConnection owns the link and decides what happens then.
using Evalsha.Client.Transport;
using Evalsha.Resp;

namespace Evalsha.Client;

internal sealed class RedisLink
{
    private const int ReceiveLength = 16 * 1024;

    private readonly RedisConnection _owner;
    private readonly Lock _gate;
    private readonly Transport.Transport _transport;
    private readonly RedisOptions _options;
    private readonly RespReader _reader;
    private readonly Operation?[] _ring;
    private (RespBuffer Buffer, RespWriter Writer) _filling = NewBuffer();
    private (RespBuffer Buffer, RespWriter Writer) _sending = NewBuffer();
    private long _head; // next operation to get a reply; moved by the read loop only
    private long _tail; // next free slot; moved under the lock
    private long _encoded; // bytes encoded since the start of the stream
    private long _handedOver; // of these, bytes that the transport was given
    private bool _flushing;
    private bool _dead;
    private long _lastReceived;
    private Exception? _reason;

    public RedisLink(RedisConnection owner, Lock gate, Transport.Transport transport, RedisOptions options)
    {
        _owner = owner;
        _gate = gate;
        _transport = transport;
        _options = options;
        _reader = new RespReader(options.Limits);
        _ring = new Operation?[options.MaxInFlight];
        StartedAt = _lastReceived = options.TimeProvider.GetTimestamp();
    }

    public long StartedAt { get; }

    /// <summary>Ends when the link is dead and every operation has been failed or handed back.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public bool HasRoom => !_dead && _tail - Volatile.Read(ref _head) < _ring.Length && _filling.Buffer.Length < _options.MaxBufferedBytes;

    public bool IsIdle => _tail == Volatile.Read(ref _head);

    public bool IsPublished { get; private set; }

    /// <summary>Makes it the connection's link unless it is dead already. Under the lock.</summary>
    public bool TryPublish() => IsPublished = !_dead;

    public void Start() => Running = ReadLoopAsync();

    /// <summary>Encodes an operation that has begun to be written. Under the lock, when there is room.</summary>
    public void Append(Operation operation)
    {
        var before = _filling.Buffer.Length;
        try
        {
            operation.Write(_filling.Writer);
        }
        catch (Exception error)
        {
            _filling.Buffer.Truncate(before);
            operation.Fail(error);
            return;
        }

        operation.StartOffset = _encoded;
        operation.WrittenAt = _options.TimeProvider.GetTimestamp();
        _encoded += _filling.Buffer.Length - before;
        Volatile.Write(ref _ring[_tail & (_ring.Length - 1)], operation);
        Volatile.Write(ref _tail, _tail + 1);
    }

    /// <summary>Sends an operation of the handshake, before the link is published.</summary>
    public void SendFirst(Operation operation)
    {
        var flush = false;
        var dead = false;
        lock (_gate)
        {
            operation.Open();
            dead = _dead;
            if (!dead)
            {
                operation.TryBeginWrite();
                Append(operation);
                flush = TryBecomeFlusher();
            }
        }

        if (dead)
        {
            operation.FailUnanswered("The connection broke during its handshake.", _reason);
        }
        else if (flush)
        {
            _ = FlushAsync();
        }
    }

    /// <summary>True if the caller must call <see cref="FlushAsync"/> after leaving the lock. Under the lock.</summary>
    public bool TryBecomeFlusher()
    {
        if (_flushing || _dead || _filling.Buffer.Length == 0)
        {
            return false;
        }

        return _flushing = true;
    }

    /// <summary>Sends until nothing is left. What others append meanwhile goes with the next send: load makes its own batches.</summary>
    public async Task FlushAsync()
    {
        try
        {
            while (true)
            {
                lock (_gate)
                {
                    _sending.Buffer.Clear();
                    _owner.MoveWaiting(this);
                    if (_dead || _filling.Buffer.Length == 0)
                    {
                        _flushing = false;
                        return;
                    }

                    (_filling, _sending) = (_sending, _filling);
                    _handedOver = _encoded;
                }

                await _transport.SendAsync(_sending.Buffer.WrittenMemory).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            Abort(error); // The read loop sees the end and settles every operation; _flushing stays true, so nobody sends again.
        }
    }

    /// <summary>Ends the link; the read loop settles what is open. From any thread.</summary>
    public void Abort(Exception reason)
    {
        lock (_gate)
        {
            _reason ??= reason;
            _dead = true;
        }

        _transport.Abort();
    }

    /// <summary>Releases callers whose time is up and notices a peer that no longer answers. Under the lock.</summary>
    public bool IsStalledAfterTimeouts(long now)
    {
        Operation? oldest = null;
        for (var i = Volatile.Read(ref _head); i < _tail; i++)
        {
            if (Volatile.Read(ref _ring[i & (_ring.Length - 1)]) is { } operation)
            {
                oldest ??= operation;
                if (operation.Deadline <= now)
                {
                    operation.TimeOut();
                }
            }
        }

        return oldest is not null && oldest.Deadline != long.MaxValue
            && _options.TimeProvider.GetElapsedTime(Math.Max(oldest.WrittenAt, Volatile.Read(ref _lastReceived)), now) >= _options.StallTimeout;
    }

    private async Task ReadLoopAsync()
    {
        await Task.Yield(); // Never on the thread that started it, which may hold a lock or be someone's continuation.
        try
        {
            var buffer = new byte[ReceiveLength];
            while (true)
            {
                var length = await _transport.ReceiveAsync(buffer).ConfigureAwait(false);
                if (length == 0)
                {
                    throw new EndOfStreamException("The server closed the connection.");
                }

                Volatile.Write(ref _lastReceived, _options.TimeProvider.GetTimestamp());
                Deliver(buffer.AsSpan(0, length));
                Interlocked.MemoryBarrier(); // Pairs with Submit: either it sees the room made here, or we see what it put to wait.
                if (_owner.HasWaiting)
                {
                    bool flush;
                    lock (_gate)
                    {
                        _owner.MoveWaiting(this);
                        flush = TryBecomeFlusher();
                    }

                    if (flush)
                    {
                        _ = FlushAsync();
                    }
                }
            }
        }
        catch (Exception error)
        {
            Abort(error);
        }

        Settle();
    }

    private void Deliver(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && _reader.TryRead(bytes, out var consumed, out var reply))
        {
            bytes = bytes[consumed..];
            if (reply.Kind == RespKind.Push)
            {
                _owner.OnPush(reply);
                continue;
            }

            if (_head == Volatile.Read(ref _tail))
            {
                throw new RespProtocolException("The server sent a reply that nobody asked for.");
            }

            ref var slot = ref _ring[_head & (_ring.Length - 1)];
            var operation = slot!;
            if (operation.NextIsLast)
            {
                // The slot is free before the caller knows: he may send again at once, and the operation may be used again.
                Volatile.Write(ref slot, null);
                Volatile.Write(ref _head, _head + 1);
            }

            operation.Take(reply);
        }
    }

    // The link is dead and no reply will come: what cannot have run goes back to the owner in order, the rest fails.
    private void Settle()
    {
        var back = new List<Operation>();
        Exception reason;
        lock (_gate)
        {
            reason = _reason!;
            for (; _head < _tail; _head++)
            {
                var operation = _ring[_head & (_ring.Length - 1)]!;
                var mayHaveRun = operation.StartOffset < _handedOver;
                if ((!mayHaveRun || (operation.Repeatable && ++operation.Attempts < RedisConnection.MaxAttempts)) && operation.TryReturnToWaiting())
                {
                    back.Add(operation);
                }
                else
                {
                    operation.Fail(new RedisConnectionException($"The connection to {_options} broke before {operation.Describe()} got its reply: {reason.Message}", mayHaveRun, reason));
                }
            }

            Array.Clear(_ring);
        }

        _owner.OnDead(this, reason, back);
    }

    private static (RespBuffer, RespWriter) NewBuffer()
    {
        var buffer = new RespBuffer();
        return (buffer, new RespWriter(buffer));
    }
}
