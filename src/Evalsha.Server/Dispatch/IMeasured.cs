// Somebody who wants to know how long the command took that ran on his behalf: the dispatcher has measured it anyway.
namespace Evalsha.Server.Dispatch;

public interface IMeasured
{
    /// <param name="ticks">Of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    void Called(long ticks);
}
