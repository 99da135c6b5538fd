// A connection that is shared: any number of callers send at once, their requests are pipelined, each gets its own reply.
// Always: requests reach the wire in the order in which they were sent; a request that may have run is never sent again unless it is Repeatable;
// a caller who gives up (cancellation, timeout) is released at once and the place of its reply stays, so nobody gets another's reply.
// This file: making one and sending. Broken links are in RedisConnection.Reconnect.cs, the clock in .Timeouts.cs, handy commands in .Commands.cs.
using System.IO.Pipelines;
using Evalsha.Client.Transport;
using Evalsha.Resp;

namespace Evalsha.Client;

public sealed partial class RedisConnection : IRedisExecutor
{
    private readonly Lock _gate = new();
    private readonly RedisOptions _options;
    private readonly Func<CancellationToken, ValueTask<Transport.Transport>> _dial;
    private readonly CancellationTokenSource _stop = new();
    private readonly Backoff _backoff;
    private readonly ITimer _timer;
    private readonly RequestOperation.Pool _operations = new();
    private Queue<Operation> _waiting = new(); // unsent, in order: no room, or no link
    private volatile int _waitingCount;
    private RedisLink? _link;
    private Exception? _failed; // set for good: disposed, or refused by the server for good
    private long _generation;
    private bool _disposed;

    private RedisConnection(RedisOptions options, Func<CancellationToken, ValueTask<Transport.Transport>> dial)
    {
        options.Validate();
        _options = options;
        _dial = dial;
        _backoff = new Backoff(options.ReconnectDelayMin, options.ReconnectDelayMax, options.JitterSeed);
        _timer = options.TimeProvider.CreateTimer(static state => ((RedisConnection)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public long Generation => Volatile.Read(ref _generation);

    /// <summary>The protocol that the server agreed to: 2 or 3.</summary>
    public int Protocol { get; private set; }

    /// <summary>The server's version as HELLO tells it, or null when the server does not know HELLO.</summary>
    public string? ServerVersion { get; private set; }

    /// <summary>Out-of-band messages of RESP3, raised on the read loop: return quickly, do not wait; an exception ends the link.</summary>
    public event Action<RespValue>? PushReceived;

    /// <summary>Raised after each reconnect with the new <see cref="Generation"/>.</summary>
    public event Action<long>? Reconnected;

    internal bool HasWaiting => _waitingCount != 0;

    /// <summary>Dials over TCP, TLS or a unix socket. Throws <see cref="RedisConnectionException"/> when nobody answers, <see cref="RedisException"/> when the server refuses.</summary>
    public static ValueTask<RedisConnection> ConnectAsync(RedisOptions options, CancellationToken ct = default) =>
        ConnectAsync(options, token => StreamTransport.DialAsync(options, token), ct);

    /// <summary>The same, from an address such as <c>redis://localhost:6379/0</c>; see <see cref="RedisOptions.Parse"/>.</summary>
    public static ValueTask<RedisConnection> ConnectAsync(string address, CancellationToken ct = default) =>
        ConnectAsync(RedisOptions.Parse(address), ct);

    /// <summary>Speaks over pipes, for example the embedded server's. <paramref name="dial"/> is called again for each reconnect; the connection completes the pipes.</summary>
    public static ValueTask<RedisConnection> OpenAsync(Func<CancellationToken, ValueTask<IDuplexPipe>> dial, RedisOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(dial);
        return ConnectAsync(options, async token => new PipeTransport(await dial(token).ConfigureAwait(false)), ct);
    }

    /// <inheritdoc/>
    public ValueTask<RespValue> SendAsync(RedisRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        RefuseWhatBreaksSharing(request, inBatch: false);
        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromException<RespValue>(new RedisCanceledException(wasWritten: false, ct));
        }

        var operation = _operations.Rent(request);
        var reply = operation.Reply;
        Submit(operation, request.Timeout ?? _options.OperationTimeout, ct);
        return reply;
    }

    /// <summary>Sends a command by name. An error reply throws <see cref="RedisException"/>.</summary>
    public ValueTask<RespValue> SendAsync(string command, params ReadOnlySpan<RedisArg> args) => SendAsync(new RedisRequest(command, args));

    /// <inheritdoc/>
    public ValueTask<RespValue[]> SendBatchAsync(IReadOnlyList<RedisRequest> requests, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count == 0)
        {
            return ValueTask.FromResult<RespValue[]>([]);
        }

        if (ct.IsCancellationRequested)
        {
            return ValueTask.FromException<RespValue[]>(new RedisCanceledException(wasWritten: false, ct));
        }

        var own = new RedisRequest[requests.Count];
        var timeout = TimeSpan.Zero;
        for (var i = 0; i < own.Length; i++)
        {
            own[i] = requests[i] ?? throw new ArgumentNullException(nameof(requests));
            RefuseWhatBreaksSharing(own[i], inBatch: true);
            var wanted = own[i].Timeout ?? _options.OperationTimeout;
            timeout = timeout == Timeout.InfiniteTimeSpan || wanted == Timeout.InfiniteTimeSpan ? Timeout.InfiniteTimeSpan : wanted > timeout ? wanted : timeout;
        }

        var operation = new BatchOperation(own);
        Submit(operation, timeout, ct);
        return operation.Replies;
    }

    /// <summary>Closes the connection. What still waits for a reply fails with <see cref="RedisConnectionException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        RedisLink? link;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _failed = new ObjectDisposedException(nameof(RedisConnection));
            link = _link;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        link?.Abort(new IOException("The connection was closed by its owner."));
        if (link is not null)
        {
            await link.Running.ConfigureAwait(false);
        }

        await Volatile.Read(ref _reconnecting).ConfigureAwait(false);
        FailWaiting("The connection was closed by its owner.");
        await _timer.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    internal void OnPush(RespValue push) => PushReceived?.Invoke(push);

    /// <summary>Moves what waits unsent to the link while it has room. Under the lock.</summary>
    internal void MoveWaiting(RedisLink link)
    {
        while (_waitingCount > 0 && link.HasRoom && ReferenceEquals(link, _link))
        {
            var operation = _waiting.Dequeue();
            _waitingCount = _waiting.Count;
            if (operation.TryBeginWrite())
            {
                link.Append(operation);
            }
        }
    }

    private void Submit(Operation operation, TimeSpan timeout, CancellationToken ct)
    {
        RedisLink? flush = null;
        operation.Deadline = DeadlineAfter(timeout);
        lock (_gate)
        {
            operation.Open();
            if (_failed is not null)
            {
                operation.Fail(_disposed ? new ObjectDisposedException(nameof(RedisConnection)) : new RedisConnectionException(_failed.Message, wasWritten: false, _failed));
                return;
            }

            if (_link is { HasRoom: true } link && _waitingCount == 0)
            {
                operation.TryBeginWrite();
                link.Append(operation);
                flush = link.TryBecomeFlusher() ? link : null;
            }
            else if (_waitingCount < _options.MaxWaiting)
            {
                _waiting.Enqueue(operation);
                _waitingCount = _waiting.Count;
                Interlocked.MemoryBarrier(); // Pairs with the read loop, which makes room without the lock and then looks for who waits.
                if (_link is { HasRoom: true } roomy)
                {
                    MoveWaiting(roomy);
                    flush = roomy.TryBecomeFlusher() ? roomy : null;
                }
            }
            else
            {
                operation.Fail(new RedisConnectionException($"{_waitingCount} requests already wait for {(_link is null ? "a connection" : "room")}; no more are taken.", wasWritten: false));
                return;
            }

            ArmTimer();
        }

        operation.Watch(ct);
        if (flush is not null)
        {
            _ = flush.FlushAsync(); // Runs on this thread until the transport makes it wait; failures end in the link.
        }
    }

    // Commands whose replies do not come one for one, or that would change the connection under everybody else.
    private static void RefuseWhatBreaksSharing(RedisRequest request, bool inBatch)
    {
        if (request.Sharing == SharingRule.Fine || (request.Sharing == SharingRule.InBatchOnly && inBatch))
        {
            return;
        }

        throw new NotSupportedException(request.Sharing == SharingRule.InBatchOnly
            ? $"{request.Name} on a shared connection needs everything it belongs to in one batch: use SendBatchAsync."
            : $"{request.Name} cannot be sent on a shared connection: it changes the connection, or its replies are not one for one.");
    }
}
