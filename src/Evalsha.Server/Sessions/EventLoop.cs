// One thread that waits for all sockets of a server and runs what they bring in place: receive, the batch of commands, send, on to the next.
// Always: exactly one thread leads; whoever leads and is about to take long (a script past its first interrupt) hands over, and another thread
// leads from the very next event on, so no connection ever waits for a thread that runs a script. Sessions may also go on elsewhere (on the
// pool, after waiting for a turn): a transport's waits may be begun on any thread and end on the leading one.
// Measured by `./bench server`: without it, each request hops between the runtime's own threads.
namespace Evalsha.Server.Sessions;

internal sealed class EventLoop : IDisposable
{
    private const int EventsMax = 256;

    [ThreadStatic]
    private static EventLoop? t_loop;

    [ThreadStatic]
    private static long t_term;

    private readonly Lock _lock = new(); // slots, threads and the parked
    private readonly Epoll _poll = new(EventsMax);
    private readonly SemaphoreSlim _office = new(0);
    private readonly List<Thread> _threads = [];
    private readonly Stack<int> _freeSlots = new();
    private SocketLoopTransport?[] _slots = new SocketLoopTransport?[64];
    private int _usedSlots;
    private int _parked;
    private volatile bool _stopped;

    // Below: touched by the leader only; handing over publishes it.
    private readonly Queue<SocketLoopTransport> _again = new();
    private long _term = 1;
    private int _next;
    private int _count;
    private int _againThisRound;

    public EventLoop() => StartThread();

    /// <summary>Does this thread belong to a loop? What it runs may take long: <see cref="HandOver"/> sees to the others.</summary>
    public static bool OwnsThread => t_loop is not null;

    /// <summary>Called by whatever may take long: when this thread leads a loop, another one leads from here on.</summary>
    public static void HandOver()
    {
        if (t_loop is { } loop && loop._term == t_term)
        {
            loop.PassOn();
        }
    }

    public bool IsLedByThisThread => t_loop == this && _term == t_term;

    /// <summary>The slot of a new transport, whose events arrive from now on.</summary>
    public int Register(SocketLoopTransport transport, int descriptor)
    {
        int slot;
        lock (_lock)
        {
            if (!_freeSlots.TryPop(out slot))
            {
                slot = _usedSlots++;
                if (slot == _slots.Length)
                {
                    Array.Resize(ref _slots, slot * 2);
                }
            }

            Volatile.Write(ref _slots[slot], transport);
        }

        _poll.Register(descriptor, slot);
        return slot;
    }

    /// <summary>The transport's descriptor is closed. An event that is still on its way may meet the slot's next owner, who takes it for a false alarm.</summary>
    public void Forget(int slot)
    {
        lock (_lock)
        {
            _slots[slot] = null;
            _freeSlots.Push(slot);
        }
    }

    /// <summary>By the leader: this transport has more, and is looked at once everybody else has been.</summary>
    public void LookAgain(SocketLoopTransport transport) => _again.Enqueue(transport);

    /// <summary>Ends when all threads have; sessions must have ended before.</summary>
    public void Dispose()
    {
        _stopped = true;
        _poll.Wake();
        Thread[] threads;
        lock (_lock)
        {
            threads = [.. _threads];
        }

        _office.Release(threads.Length);
        foreach (var thread in threads)
        {
            thread.Join();
        }

        _poll.Dispose();
        _office.Dispose();
    }

    private void StartThread()
    {
        var thread = new Thread(Lead) { IsBackground = true, Name = "evalsha-network" };
        lock (_lock)
        {
            _threads.Add(thread);
        }

        thread.Start();
    }

    private void PassOn()
    {
        _term++;
        lock (_lock)
        {
            if (_parked > 0)
            {
                _parked--;
                _office.Release();
                return;
            }
        }

        StartThread();
    }

    private void Lead()
    {
        t_loop = this;
        while (!_stopped)
        {
            t_term = _term;
            while (!_stopped && _term == t_term)
            {
                Step();
            }

            if (!_stopped)
            {
                Park();
            }
        }
    }

    /// <summary>Serves one event, or waits for some.</summary>
    private void Step()
    {
        if (_next < _count)
        {
            var (slot, what) = _poll.Event(_next++);
            if (slot >= 0)
            {
                Volatile.Read(ref _slots)[slot]?.OnEvent(what);
            }
        }
        else if (_againThisRound > 0)
        {
            _againThisRound--;
            _again.Dequeue().OnEvent(Epoll.In);
        }
        else
        {
            _next = 0;
            _count = _poll.Wait(mayBlock: _again.Count == 0);
            _againThisRound = _again.Count;
        }
    }

    /// <summary>Not the leader any more: waits until another one hands over.</summary>
    private void Park()
    {
        lock (_lock)
        {
            _parked++;
        }

        _office.Wait();
    }
}
