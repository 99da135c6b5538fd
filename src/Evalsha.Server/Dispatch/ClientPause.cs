// CLIENT PAUSE: for a while, on the server's clock, the commands of clients are kept back: all of them, or those that might write.
// Always: a second PAUSE can make the pause longer and stricter, never shorter; nothing expires while it lasts; who waits goes on in no
// particular order. Changed inside the turn, or by the timer.
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

public sealed class ClientPause
{
    // What a timer can be set to at once; a longer pause takes several.
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(40);

    private readonly ServerContext _server;
    private readonly Lock _lock = new();
    private readonly List<TaskCompletionSource> _waiting = [];
    private ITimer? _timer;
    private long _until; // unix milliseconds
    private bool _holdsAll;
    private volatile bool _isActive;

    internal ClientPause(ServerContext server) => _server = server;

    public bool IsActive => _isActive;

    internal void Begin(long until, bool holdsAll)
    {
        lock (_lock)
        {
            _until = _isActive ? Math.Max(_until, until) : until;
            _holdsAll = holdsAll || (_isActive && _holdsAll);
            SetActive(true);
            SetTimer();
        }

        EndIfOver();
    }

    internal void End()
    {
        TaskCompletionSource[] waiting;
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            SetActive(false);
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var one in waiting)
        {
            one.TrySetResult();
        }
    }

    /// <summary>Inside the turn, for a command that may run otherwise: must it wait?</summary>
    internal bool Holds(CommandContext c, CommandRow row)
    {
        EndIfOver();
        if (!_isActive)
        {
            return false;
        }

        const CommandFlags changing = CommandFlags.Write | CommandFlags.MayReplicate;
        if (_holdsAll || row.Is(changing))
        {
            return true;
        }

        if (row.EndsTransaction)
        {
            foreach (var queued in c.Client.Transaction.Queue)
            {
                if (queued.Row.Is(changing))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Completes this when the pause is over, or at once.</summary>
    internal void Wait(TaskCompletionSource resumed)
    {
        lock (_lock)
        {
            if (_isActive)
            {
                _waiting.Add(resumed);
                return;
            }
        }

        resumed.TrySetResult();
    }

    private void EndIfOver()
    {
        if (_isActive && _server.Clock.ReadUnfrozen() >= Volatile.Read(ref _until))
        {
            End();
        }
    }

    private void SetActive(bool active)
    {
        _isActive = active;
        _server.Clock.IsExpiryPaused = active;
        _server.SetAttention(Attention.Pause, active);
    }

    private void SetTimer()
    {
        var left = TimeSpan.FromMilliseconds(Math.Clamp(_until - _server.Clock.ReadUnfrozen(), 0, LongestTimer.TotalMilliseconds));
        _timer?.Dispose();
        _timer = _server.Clock.Provider.CreateTimer(static state => ((ClientPause)state!).OnTimer(), this, left, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        EndIfOver();
        lock (_lock)
        {
            if (_isActive)
            {
                SetTimer(); // One part of a long pause is over, or the timer was early by less than a millisecond.
            }
        }
    }
}
