// The connection's clock: one coarse timer for all its operations, running only while something waits.
// Always: a caller is released at most one TimeoutResolution after its deadline; releasing a caller never disturbs the link.
// A link that owes replies and has been silent for StallTimeout is ended here, and made anew by the reconnect.
namespace Evalsha.Client;

public sealed partial class RedisConnection
{
    private bool _timerRuns;

    private long DeadlineAfter(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return long.MaxValue;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        var ticks = timeout.TotalSeconds * _options.TimeProvider.TimestampFrequency;
        return ticks > long.MaxValue / 2 ? long.MaxValue : _options.TimeProvider.GetTimestamp() + (long)ticks;
    }

    // Under the lock.
    private void ArmTimer()
    {
        if (!_timerRuns)
        {
            _timerRuns = true;
            _timer.Change(_options.TimeoutResolution, _options.TimeoutResolution);
        }
    }

    private void Tick()
    {
        RedisLink? stalled = null;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            var now = _options.TimeProvider.GetTimestamp();
            if (_link is not null && _link.IsStalledAfterTimeouts(now))
            {
                stalled = _link;
            }

            ReleaseLateWaiters(now);
            if (_waitingCount == 0 && _link is null or { IsIdle: true })
            {
                _timerRuns = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        stalled?.Abort(new IOException($"The server has been silent for {_options.StallTimeout.TotalSeconds:0} s while it owed replies."));
    }

    private void ReleaseLateWaiters(long now)
    {
        var late = false;
        foreach (var operation in _waiting)
        {
            if (operation.Deadline <= now)
            {
                operation.TimeOut();
            }

            late |= operation.IsDone;
        }

        if (!late)
        {
            return;
        }

        for (var left = _waiting.Count; left > 0; left--)
        {
            var operation = _waiting.Dequeue();
            if (!operation.IsDone)
            {
                _waiting.Enqueue(operation);
            }
        }

        _waitingCount = _waiting.Count;
    }
}
