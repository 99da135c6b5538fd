// A client's command that waits for a key: BLPOP, BZPOPMIN, XREAD BLOCK and their family.
// Always: one per client; while it waits it owns its arguments and its output, for the session's own buffers belong to the session's thread; it is
// run again, as the command it is, inside the turn of whoever gave the key a value; it ends exactly once: served, late, unblocked or abandoned.
// Its state changes inside the turn only; its session hears of the end through Woken and reads the reply afterwards.
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

public sealed class BlockedCall
{
    // What a timer can be set to at once; longer waits take several.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly ServerContext _server;
    private readonly RespBuffer _output = new(256);
    private readonly RespReply _reply;
    private readonly CommandContext _context;
    private CommandRow? _row;
    private ByteString[] _command = [];
    private volatile TaskCompletionSource _woken = new();
    private ITimer? _timer;
    private long _deadline; // timestamp of the TimeProvider; long.MaxValue: never
    private bool _staysBlocked;
    private Action<IReply>? _whenLate;
    private volatile bool _isWaiting;
    private long _wait; // counts this client's waits
    private long _overWait; // the one that ends as if its time were up

    internal BlockedCall(ServerContext server, IClient client)
    {
        (_server, Client) = (server, client);
        _reply = new RespReply(_output, server.Stats);
        _context = new CommandContext(server, client, _reply) { Retries = this };
    }

    public IClient Client { get; }

    /// <summary>True from the moment the command blocked to its end.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>True until the session has taken the reply: it runs no other command meanwhile.</summary>
    public bool IsPending => _row is not null;

    /// <summary>Completes when the call has ended, or when its time is up (then it still waits, for <see cref="TimeOut"/>).</summary>
    public Task Woken => _woken.Task;

    /// <summary>Tells one wait of this client from the next.</summary>
    internal long Wait => _wait;

    internal Database Database => _context.Db;

    internal List<ByteString> Keys { get; } = [];

    /// <summary>The class of value it waits for.</summary>
    internal Type Kind { get; private set; } = typeof(object);

    /// <summary>It is run again also when the key is gone or holds something else (XREADGROUP: its group is gone then).</summary>
    internal bool HearsOfLoss { get; private set; }

    /// <summary>Its time is up, although nobody has told it yet: it gets nothing any more.</summary>
    internal bool IsLate => _deadline != long.MaxValue && _server.Clock.Provider.GetTimestamp() >= _deadline;

    /// <summary>Inside the turn, once, when the command found nothing.</summary>
    /// <param name="milliseconds">0: for ever.</param>
    /// <param name="whenLate">The answer when time is up; null: a missing array.</param>
    internal void Begin(CommandContext c, Type kind, ReadOnlySpan<ByteString> keys, long milliseconds, ByteString[] command, Action<IReply>? whenLate = null, bool hearsOfLoss = false)
    {
        System.Diagnostics.Debug.Assert(!IsPending, "a client waits for one thing at a time");
        (_row, _command, Kind, _whenLate, _wait, HearsOfLoss) = (c.Row, command, kind, whenLate, _wait + 1, hearsOfLoss);
        _context.Select(c.Db.Index);
        _reply.Protocol = c.Reply.Protocol;
        _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Keys.Clear();
        foreach (var key in keys)
        {
            if (!Keys.Contains(key))
            {
                Keys.Add(key);
            }
        }

        var clock = _server.Clock.Provider;
        var ticks = milliseconds / 1000.0 * clock.TimestampFrequency;
        _deadline = milliseconds == 0 || ticks > long.MaxValue / 2.0 ? long.MaxValue : clock.GetTimestamp() + (long)ticks;
        _isWaiting = true;
        _server.Unit.Waiters.Add(this);
        SetTimer();
    }

    /// <summary>Said by the command that was run again and found nothing still.</summary>
    internal void StayBlocked() => _staysBlocked = true;

    /// <summary>Runs the command again, as a unit of its own; false: it goes on waiting, in its place.</summary>
    internal bool TryServe(in Turn turn)
    {
        _staysBlocked = false;
        _context.Turn = turn;
        _context.Load(_command, _command.Length);
        _server.Unit.Begin();
        try
        {
            _server.Dispatcher.CallAgain(_context, _row!);
        }
        finally
        {
            _server.Unit.End();
        }

        if (!_staysBlocked)
        {
            End();
        }

        return !_staysBlocked;
    }

    /// <summary>Inside the turn: ends the wait as its time-out does.</summary>
    public void TimeOut()
    {
        if (_isWaiting)
        {
            if (_whenLate is { } answer)
            {
                answer(_reply);
            }
            else
            {
                _reply.NullArray();
            }

            End();
        }
    }

    /// <summary>Inside the turn: ends the wait with an error (CLIENT UNBLOCK … ERROR).</summary>
    public void Fail(ReadOnlySpan<byte> error)
    {
        if (_isWaiting)
        {
            _reply.Error(error);
            End();
        }
    }

    /// <summary>Inside the turn: nobody is there to be told.</summary>
    public void Abandon()
    {
        if (_isWaiting)
        {
            End();
        }
    }

    /// <summary>From any thread: what it waited for has come about, so it ends as if its time were up.</summary>
    /// <param name="wait">The wait that is meant, as <see cref="Wait"/> said inside the turn in which it began.</param>
    internal void EndEarly(long wait)
    {
        Volatile.Write(ref _overWait, wait);
        Interlocked.MemoryBarrier(); // Either this wakes the wait as it is now, or TryWaitOn sees that it is over.
        if (Volatile.Read(ref _wait) == wait)
        {
            _woken.TrySetResult();
        }
    }

    /// <summary>When <see cref="Woken"/> came although it waits still: true if the timer was a part of a longer wait and another was set.</summary>
    internal bool TryWaitOn()
    {
        var clock = _server.Clock.Provider;
        var left = _deadline == long.MaxValue ? TimeSpan.MaxValue : clock.GetElapsedTime(clock.GetTimestamp(), _deadline);
        if (IsOver || left < TimeSpan.FromHours(1))
        {
            return false;
        }

        _woken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.MemoryBarrier();
        SetTimer();
        return !IsOver;
    }

    /// <summary>Called by the session when the wait has ended: appends the reply to its own.</summary>
    internal void TakeReply(RespBuffer target, bool isWanted)
    {
        if (isWanted)
        {
            _output.Written.CopyTo(target.GetSpan(_output.Length));
            target.Advance(_output.Length);
        }

        _output.Clear();
        _row = null;
        _command = [];
    }

    private bool IsOver => Volatile.Read(ref _overWait) == _wait;

    private void SetTimer()
    {
        if (_deadline == long.MaxValue)
        {
            return;
        }

        var clock = _server.Clock.Provider;
        var due = clock.GetElapsedTime(clock.GetTimestamp(), _deadline);
        due = due < TimeSpan.Zero ? TimeSpan.Zero : due > LongestTimer ? LongestTimer : due;

        // The timer knows the wait it was set for: one that fires late wakes nobody else.
        _timer = clock.CreateTimer(static woken => ((TaskCompletionSource)woken!).TrySetResult(), _woken, due, Timeout.InfiniteTimeSpan);
    }

    private void End()
    {
        _server.Unit.Waiters.Remove(this);
        _timer?.Dispose();
        _timer = null;
        _context.Turn = default;
        _isWaiting = false;
        _woken.TrySetResult();
    }
}
