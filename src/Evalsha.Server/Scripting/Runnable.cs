// What runs as one unit of Lua: a script, or a function of a library. Its name stands in errors and in the log.
// Always: counted where the dispatcher has measured it, so that counting reads no clock of its own; a thing that ran once keeps no histogram.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

internal abstract record Runnable(string Name, ScriptFlags Flags, LuaClosure Function)
{
    /// <summary>False: a script of EVAL's.</summary>
    public abstract bool IsFunction { get; }

    public ScriptCounters Counters { get; } = new();
}

/// <summary>How often a script or function was called, how often it failed, and how long it took.</summary>
internal sealed class ScriptCounters : IMeasured
{
    public long Calls { get; private set; }

    /// <summary>Calls that answered an error, raised or returned.</summary>
    public long Errors { get; set; }

    /// <summary>Of all calls, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long Ticks { get; private set; }

    public long LongestTicks { get; private set; }

    /// <summary>From the second call on: a script made of data runs once and is never seen again.</summary>
    public LatencyHistogram? Latency { get; private set; }

    public void Called(long ticks)
    {
        Calls++;
        Ticks += ticks;
        LongestTicks = Math.Max(LongestTicks, ticks);
        if (Latency is null && Calls > 1)
        {
            Latency = new LatencyHistogram();
        }

        Latency?.Record(ticks);
    }

    public void Reset() => (Calls, Errors, Ticks, LongestTicks, Latency) = (0, 0, 0, 0, null);
}
