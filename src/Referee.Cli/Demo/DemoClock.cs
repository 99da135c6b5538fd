// The demo's clock: the real one, which the story may move ahead, so that a lease runs out without anybody waiting.
namespace Referee.Cli.Demo;

internal sealed class DemoClock(TimeProvider real) : TimeProvider
{
    private long _aheadTicks;

    public override DateTimeOffset GetUtcNow() => real.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _aheadTicks));

    public override long GetTimestamp() => real.GetTimestamp();

    public override long TimestampFrequency => real.TimestampFrequency;

    // Timers run on the real clock: nothing in the story waits for one.
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => real.CreateTimer(callback, state, dueTime, period);

    public void MoveAhead(TimeSpan by) => Interlocked.Add(ref _aheadTicks, by.Ticks);
}
