// The one gate in front of all data. A turn is the exclusive right to touch it; a batch of pipelined commands is one turn, and so is a script.
// Always: at most one turn is out; no thread owns it; whoever finds it taken is continued later, in order of arrival, on the pool.
// While the holder says it is busy (a script past its threshold), nobody waits: everyone who asks is told so and answers BUSY by himself.
using System.Threading.Tasks.Sources;

namespace Evalsha.Server.Dispatch;

/// <summary>The right to touch the data, given by the gate and returned to it. A default or returned turn is refused wherever a turn is asked for.</summary>
public readonly struct Turn
{
    private readonly TurnGate? _gate;
    private readonly long _ticket;

    internal Turn(TurnGate gate, long ticket) => (_gate, _ticket) = (gate, ticket);

    /// <summary>False for the answer "busy": the gate could not give a turn now.</summary>
    public bool IsHeld => _gate is not null && _gate.IsCurrent(_ticket);

    internal long Ticket => _ticket;

    /// <summary>Throws unless this turn is the one that is out.</summary>
    public void Demand()
    {
        if (!IsHeld)
        {
            throw new InvalidOperationException("This turn has been given back, or was never given.");
        }
    }

    /// <summary>Gives the turn back; the next in line goes on.</summary>
    public void Release()
    {
        Demand();
        _gate!.Release();
    }
}

public sealed class TurnGate
{
    private const int Free = 0;
    private const int Held = 1;
    private const int HeldWithWaiters = 2;

    // A batch is over in a few microseconds, a continuation on the pool begins after tens: so look a few times more before queueing.
    private const int SpinsBeforeQueueing = 10;
    private const int SpinLength = 20;

    private readonly Lock _lock = new();
    private readonly Queue<TurnWaiter> _waiters = new();
    private int _state;
    private long _ticket;
    private bool _busy;

    /// <summary>How many turns were given so far. A script, whatever it calls, takes one.</summary>
    public long Acquisitions => Volatile.Read(ref _ticket);

    /// <summary>True while the holder has declared itself busy.</summary>
    public bool IsBusy => Volatile.Read(ref _busy);

    /// <summary>Takes the turn if it is free.</summary>
    public bool TryTake(out Turn turn)
    {
        if (Interlocked.CompareExchange(ref _state, Held, Free) == Free)
        {
            turn = new Turn(this, ++_ticket);
            return true;
        }

        turn = default;
        return false;
    }

    /// <summary>As TryTake, but looks again for about a microsecond while the holder is a short batch with nobody in line.</summary>
    public bool TryTakeSoon(out Turn turn)
    {
        for (var i = 0; i < SpinsBeforeQueueing; i++)
        {
            if (TryTake(out turn))
            {
                return true;
            }

            if (Volatile.Read(ref _state) == HeldWithWaiters || IsBusy)
            {
                return false;
            }

            Thread.SpinWait(SpinLength);
        }

        turn = default;
        return false;
    }

    /// <summary>
    /// Waits in line. The result is not held when the holder is, or becomes, busy, unless <paramref name="evenIfBusy"/>.
    /// A waiter serves one wait at a time.
    /// </summary>
    public ValueTask<Turn> TakeAsync(TurnWaiter waiter, bool evenIfBusy = false)
    {
        lock (_lock)
        {
            if (_busy && !evenIfBusy)
            {
                return new ValueTask<Turn>(default(Turn));
            }

            while (true)
            {
                if (TryTake(out var turn))
                {
                    return new ValueTask<Turn>(turn);
                }

                var state = Interlocked.CompareExchange(ref _state, HeldWithWaiters, Held);
                if (state != Free)
                {
                    waiter.Prepare(evenIfBusy);
                    _waiters.Enqueue(waiter);
                    return waiter.Wait();
                }
            }
        }
    }

    /// <summary>Said by the holder: whoever waits, and whoever comes until the release, is answered at once without a turn.</summary>
    public void DeclareBusy(in Turn turn)
    {
        turn.Demand();
        lock (_lock)
        {
            _busy = true;
            for (var i = _waiters.Count; i > 0; i--)
            {
                var waiter = _waiters.Dequeue();
                if (waiter.WaitsEvenIfBusy)
                {
                    _waiters.Enqueue(waiter);
                }
                else
                {
                    waiter.Complete(default);
                }
            }
        }
    }

    internal bool IsCurrent(long ticket) => Volatile.Read(ref _ticket) == ticket && Volatile.Read(ref _state) != Free;

    internal void Release()
    {
        if (!_busy && Interlocked.CompareExchange(ref _state, Free, Held) == Held)
        {
            return;
        }

        lock (_lock)
        {
            _busy = false;
            if (!_waiters.TryDequeue(out var next))
            {
                Volatile.Write(ref _state, Free);
                return;
            }

            Volatile.Write(ref _state, _waiters.Count == 0 ? Held : HeldWithWaiters);
            next.Complete(new Turn(this, ++_ticket));
        }
    }
}

/// <summary>A place in the line, reused by its owner for one wait after another.</summary>
public sealed class TurnWaiter : IValueTaskSource<Turn>
{
    private ManualResetValueTaskSourceCore<Turn> _core = new() { RunContinuationsAsynchronously = true };

    internal bool WaitsEvenIfBusy { get; private set; }

    Turn IValueTaskSource<Turn>.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Turn>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<Turn>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    internal void Prepare(bool evenIfBusy)
    {
        _core.Reset();
        WaitsEvenIfBusy = evenIfBusy;
    }

    internal ValueTask<Turn> Wait() => new(this, _core.Version);

    internal void Complete(Turn turn) => _core.SetResult(turn);
}
