// What leaves a connection: the replies its own session makes, and what other clients feed into it (messages, events, invalidations).
// Always: bytes leave in the order in which commands ran, as if all had been written to one buffer; one send at a time; what is fed while the
// session runs a batch or sends waits behind that batch. Feeding happens inside the turn and never waits: a client that does not read is closed
// when its class's limit is passed (client-output-buffer-limit).
// HOT: no allocation, no await, no LINQ (in Begin and AfterCommand). Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Net.Sockets;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Sessions;

internal sealed class Outbox(ServerContext server, Transport transport, IClient owner) : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private RespBuffer? _waiting; // fed, not yet on its way; under the lock
    private RespBuffer? _leaving; // fed, being sent
    private TaskCompletionSource? _sent; // somebody waits for the feeder's send to end
    private volatile int _waitingLength;
    private volatile int _leavingLength;
    private volatile bool _feeding; // the feeder sends, or is about to
    private volatile bool _closed;
    private int _inBatch; // the session runs a batch or sends its replies: nobody else may send
    private long _softSince; // unix seconds since when the soft limit has been passed; 0 = it is not

    /// <summary>The replies of the session's own commands. Only the session touches it.</summary>
    public RespBuffer Own { get; } = new();

    /// <summary>Bytes that have not left, whoever wrote them.</summary>
    public int Length => Own.Length + FedLength;

    /// <summary>Bytes fed by others that have not left.</summary>
    public int FedLength => _waitingLength + _leavingLength;

    /// <summary>Before the session writes to <see cref="Own"/>, inside the turn: what was fed before comes first.</summary>
    public void Begin()
    {
        Volatile.Write(ref _inBatch, 1);
        if (_waitingLength != 0)
        {
            TakeWaiting();
        }
    }

    /// <summary>As Begin, without the turn: a busy server's answers, protocol errors.</summary>
    public void BeginWithoutTurn()
    {
        Interlocked.Exchange(ref _inBatch, 1);
        if (_waitingLength != 0)
        {
            TakeWaiting();
        }
    }

    /// <summary>Inside the turn, after each command: what the command fed into its own client follows its reply.</summary>
    public void AfterCommand()
    {
        if (_waitingLength != 0)
        {
            TakeWaiting();
        }
    }

    /// <summary>Inside the turn, by anybody: appends these bytes (two pieces of one frame). Never waits.</summary>
    public void Feed(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        bool isTooMuch;
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _waiting ??= new RespBuffer();
            Append(_waiting, head);
            Append(_waiting, rest);
            _waitingLength = _waiting.Length;
            isTooMuch = IsOverLimit();
        }

        if (isTooMuch)
        {
            CloseOverLimit();
            return;
        }

        Interlocked.MemoryBarrier(); // Either the session sees these bytes at its batch's end, or its batch is over here.
        if (Volatile.Read(ref _inBatch) == 0)
        {
            StartFeeding();
        }
    }

    /// <summary>The session's batch ends: sends its replies, then lets what was fed meanwhile follow.</summary>
    /// <param name="hasWritten">The batch's writes must be kept first.</param>
    public ValueTask FlushAsync(bool hasWritten)
    {
        if (_feeding || server.Effects.DelaysReplies || server.Config.OutputLimits.LimitsNormal || owner.Feeds is not null)
        {
            return FlushInOrderAsync(hasWritten);
        }

        if (Own.Length != 0)
        {
            Interlocked.Add(ref server.Stats.OutputBytes, Own.Length);
            var sending = transport.SendAsync(Own.WrittenMemory);
            if (!sending.IsCompletedSuccessfully)
            {
                return FinishFlushAsync(sending);
            }

            sending.GetAwaiter().GetResult();
            Own.Clear();
        }

        EndBatch();
        return default;
    }

    private async ValueTask FinishFlushAsync(ValueTask sending)
    {
        await sending.ConfigureAwait(false);
        Own.Clear();
        EndBatch();
    }

    private async ValueTask FlushInOrderAsync(bool hasWritten)
    {
        if (Own.Length != 0 || hasWritten)
        {
            if (server.Effects.DelaysReplies)
            {
                // Throws when what was written cannot be kept: then the connection ends without an answer, which is the truth.
                await server.Effects.WaitAsync(hasWritten).ConfigureAwait(false);
            }

            if (Own.Length != 0)
            {
                await SendOwnAsync().ConfigureAwait(false);
            }
        }

        EndBatch();
    }

    private void EndBatch()
    {
        Interlocked.Exchange(ref _inBatch, 0);
        if (_waitingLength != 0)
        {
            StartFeeding();
        }
    }

    /// <summary>From a timer, outside the turn: closes a client that has been over its soft limit for too long.</summary>
    public void CheckLimit()
    {
        bool isTooMuch;
        lock (_lock)
        {
            isTooMuch = !_closed && IsOverLimit();
        }

        if (isTooMuch)
        {
            CloseOverLimit();
        }
    }

    /// <summary>The connection is over: what is fed from now on goes nowhere.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            _waiting = null;
            _waitingLength = 0;
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = SendFedAsync();

    private static void Append(RespBuffer buffer, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(buffer.GetSpan(bytes.Length));
        buffer.Advance(bytes.Length);
    }

    private async ValueTask SendOwnAsync()
    {
        if (_feeding)
        {
            await FeederDoneAsync().ConfigureAwait(false);
        }

        if ((server.Config.OutputLimits.LimitsNormal || owner.Feeds is not null) && IsOwnOverLimit())
        {
            CloseOverLimit();
            throw new IOException("The replies passed the client-output-buffer-limit.");
        }

        Interlocked.Add(ref server.Stats.OutputBytes, Own.Length);
        await transport.SendAsync(Own.WrittenMemory).ConfigureAwait(false);
        Own.Clear();
    }

    private bool IsOwnOverLimit()
    {
        lock (_lock)
        {
            return IsOverLimit();
        }
    }

    private void TakeWaiting()
    {
        lock (_lock)
        {
            if (_waiting is { Length: > 0 } waiting)
            {
                Append(Own, waiting.Written);
                waiting.Clear();
                _waitingLength = 0;
            }
        }
    }

    private void StartFeeding()
    {
        lock (_lock)
        {
            if (_feeding || _waitingLength == 0 || _closed)
            {
                return;
            }

            _feeding = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private async Task SendFedAsync()
    {
        try
        {
            while (TryTakeFed())
            {
                if (server.Effects.DelaysReplies)
                {
                    await server.Effects.WaitAsync().ConfigureAwait(false);
                }

                Interlocked.Add(ref server.Stats.OutputBytes, _leavingLength);
                await transport.SendAsync(_leaving!.WrittenMemory).ConfigureAwait(false);
                _leaving.Clear();
                _leavingLength = 0;
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // The peer is gone; its session hears that by itself, or is told here.
            Close();
            owner.Kill();
            StopFeeding();
        }
    }

    private bool TryTakeFed()
    {
        lock (_lock)
        {
            if (_waitingLength != 0 && Volatile.Read(ref _inBatch) == 0 && !_closed)
            {
                (_waiting, _leaving) = (_leaving, _waiting);
                _leavingLength = _leaving!.Length;
                _waitingLength = 0;
                return true;
            }
        }

        StopFeeding();
        return false;
    }

    private void StopFeeding()
    {
        TaskCompletionSource? sent;
        bool isMore;
        lock (_lock)
        {
            _feeding = false;
            (sent, _sent) = (_sent, null);
            isMore = _waitingLength != 0 && !_closed;
        }

        sent?.TrySetResult();
        if (isMore && Volatile.Read(ref _inBatch) == 0)
        {
            StartFeeding();
        }
    }

    private Task FeederDoneAsync()
    {
        lock (_lock)
        {
            return _feeding ? (_sent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task : Task.CompletedTask;
        }
    }

    /// <summary>Under the lock. The soft limit counts from the first look that found it passed.</summary>
    private bool IsOverLimit()
    {
        var limit = server.Config.OutputLimits.Of(owner);
        var length = (long)Length;
        if (limit.Hard != 0 && length >= limit.Hard)
        {
            return true;
        }

        if (limit.Soft == 0 || length < limit.Soft)
        {
            _softSince = 0;
            return false;
        }

        var now = server.Clock.ReadUnfrozen() / 1000;
        if (_softSince == 0)
        {
            _softSince = now;
            return false;
        }

        return now - _softSince > limit.SoftSeconds;
    }

    private void CloseOverLimit()
    {
        Interlocked.Increment(ref server.Stats.OutputLimitDisconnections);
        server.Log.Write(ServerLogLevel.Warning, $"Client id={owner.Id} addr={owner.RemoteAddress} closed for overcoming of output buffer limits.");
        Close();
        owner.Kill();
    }
}
