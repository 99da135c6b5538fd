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

    private int _state = Done;
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

    /// <summary>True if the next reply is the last. Only the link's reader asks.</summary>
    public abstract bool NextIsLast { get; }

    /// <summary>Takes the next reply. Only the link's reader calls it; with the last reply the operation is no longer his.</summary>
    public abstract void Take(RespValue reply);

    /// <summary>Forgets replies of a broken link.</summary>
    public abstract void Restart();

    /// <summary>Begins its life. Under the connection's lock, so that a timer that still holds a used one finds it done.</summary>
    public void Open() => Volatile.Write(ref _state, Waiting);

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

    /// <summary>False if the token's callback has run or is running, so that it may still touch this operation.</summary>
    protected bool TryEndWatch()
    {
        var certain = _cancellation == default || _cancellation.Unregister();
        _cancellation = default;
        return certain;
    }

    protected abstract void SetException(Exception error);
}
