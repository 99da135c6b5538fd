// One call that waits for one reply (a request) or several (a batch), from its creation to its end.
// Always: it ends exactly once, by its reply, its failure, its timeout or its cancellation, whichever comes first; a reply that comes later is dropped.
// Waiting -> Written -> Done, or Waiting -> Done for what was never sent; Written -> Waiting only when none of its bytes reached the transport
// or all of it may be repeated. Continuations never run on the thread that ends it.
using System.Threading.Tasks.Sources;
using Evalsha.Resp;

namespace Evalsha.Client;

internal abstract class Operation
{
    private const int Waiting = 0;
    private const int Written = 1;
    private const int Done = 2;

    private int _state;
    private CancellationTokenRegistration _cancellation;

    /// <summary>Timestamp after which the caller is released; <see cref="long.MaxValue"/> is never.</summary>
    public long Deadline { get; set; }

    /// <summary>When it was encoded, as a timestamp.</summary>
    public long WrittenAt { get; set; }

    /// <summary>Where its bytes begin in the stream of its link.</summary>
    public long StartOffset { get; set; }

    /// <summary>How often it was sent on a link that broke and may have run there.</summary>
    public int Attempts { get; set; }

    public bool IsDone => Volatile.Read(ref _state) == Done;

    /// <summary>True if all of it may run twice.</summary>
    public abstract bool Repeatable { get; }

    public abstract string Describe();

    public abstract void Write(RespWriter writer);

    /// <summary>Takes the next reply; true when it was the last. Only the link's reader calls it.</summary>
    public abstract bool Take(RespValue reply);

    /// <summary>Forgets replies of a broken link.</summary>
    public abstract void Restart();

    public bool TryBeginWrite() => Interlocked.CompareExchange(ref _state, Written, Waiting) == Waiting;

    public bool TryReturnToWaiting()
    {
        if (Interlocked.CompareExchange(ref _state, Waiting, Written) != Written)
        {
            return false;
        }

        Restart();
        return true;
    }

    public void Watch(CancellationToken ct)
    {
        if (ct.CanBeCanceled)
        {
            _cancellation = ct.UnsafeRegister(static (state, token) => ((Operation)state!).Cancel(token), this);
        }
    }

    public void Fail(Exception error)
    {
        if (Interlocked.Exchange(ref _state, Done) != Done)
        {
            SetException(error);
        }
    }

    /// <summary>Fails it because no reply can come any more.</summary>
    public void FailUnanswered(string message, Exception? inner)
    {
        var before = Interlocked.Exchange(ref _state, Done);
        if (before != Done)
        {
            SetException(new RedisConnectionException(message, MayHaveRun(before), inner));
        }
    }

    public void TimeOut()
    {
        var before = Interlocked.Exchange(ref _state, Done);
        if (before != Done)
        {
            var mayHaveRun = MayHaveRun(before);
            SetException(new RedisConnectionException(
                $"{Describe()} got no reply in time; it was {(mayHaveRun ? "written and may have run" : "never written")}.", mayHaveRun) { TimedOut = true });
        }
    }

    private void Cancel(CancellationToken token)
    {
        var before = Interlocked.Exchange(ref _state, Done);
        if (before != Done)
        {
            SetException(new RedisCanceledException(MayHaveRun(before), token));
        }
    }

    private bool MayHaveRun(int state) => state == Written || Attempts > 0;

    protected bool TryFinish() => Interlocked.Exchange(ref _state, Done) != Done;

    protected void EndWatch() => _cancellation.Unregister();

    protected abstract void SetException(Exception error);
}

internal sealed class RequestOperation(RedisRequest request, bool errorsThrow = true) : Operation, IValueTaskSource<RespValue>
{
    private ManualResetValueTaskSourceCore<RespValue> _core = new() { RunContinuationsAsynchronously = true };

    public ValueTask<RespValue> Reply => new(this, _core.Version);

    public override bool Repeatable => request.Repeatable;

    public override string Describe() => request.Name;

    public override void Write(RespWriter writer) => request.Write(writer);

    public override bool Take(RespValue reply)
    {
        if (TryFinish())
        {
            _core.SetResult(reply);
        }

        return true;
    }

    public override void Restart()
    {
    }

    protected override void SetException(Exception error) => _core.SetException(error);

    RespValue IValueTaskSource<RespValue>.GetResult(short token)
    {
        EndWatch();
        var reply = _core.GetResult(token);
        return errorsThrow && reply.IsError ? throw new RedisException(reply.AsText()) : reply;
    }

    ValueTaskSourceStatus IValueTaskSource<RespValue>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RespValue>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

internal sealed class BatchOperation(RedisRequest[] requests) : Operation, IValueTaskSource<RespValue[]>
{
    private readonly RespValue[] _replies = new RespValue[requests.Length];
    private ManualResetValueTaskSourceCore<RespValue[]> _core = new() { RunContinuationsAsynchronously = true };
    private int _taken;

    public ValueTask<RespValue[]> Replies => new(this, _core.Version);

    public override bool Repeatable => Array.TrueForAll(requests, r => r.Repeatable);

    public override string Describe() => $"A batch of {requests.Length} requests beginning with {requests[0].Name}";

    public override void Write(RespWriter writer)
    {
        foreach (var request in requests)
        {
            request.Write(writer);
        }
    }

    public override bool Take(RespValue reply)
    {
        _replies[_taken++] = reply;
        if (_taken < _replies.Length)
        {
            return false;
        }

        if (TryFinish())
        {
            _core.SetResult(_replies);
        }

        return true;
    }

    public override void Restart() => _taken = 0;

    protected override void SetException(Exception error) => _core.SetException(error);

    RespValue[] IValueTaskSource<RespValue[]>.GetResult(short token)
    {
        EndWatch();
        return _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<RespValue[]>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RespValue[]>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
