// SCRIPT STATS [RESET] [name …], a command of this server's own: calls, errors and latency of scripts and functions.
// Always: those that took the most time come first; without names at most ShownMax are shown; times are in microseconds, percentiles are the upper
// ends of buckets a sixteenth wide and are missing until the second call. SCRIPT FLUSH, FUNCTION FLUSH and CONFIG RESETSTAT forget.
using System.Diagnostics;
using System.Text;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Scripting;

namespace Evalsha.Server.Commands;

internal static class ScriptStatistics
{
    /// <summary>Entries in one reply to SCRIPT STATS without names.</summary>
    public const int ShownMax = 128;

    public static void Answer(CommandContext c, ScriptEngine engine)
    {
        if (c.Count == 3 && c.Is(2, "RESET"u8))
        {
            c.Server.ResetScriptCounters();
            c.Reply.Ok();
            return;
        }

        var shown = c.Count == 2
            ? engine.All.Where(static one => one.Counters.Calls > 0).OrderByDescending(static one => one.Counters.Ticks).Take(ShownMax).ToList()
            : Named(c, engine);
        c.Reply.Array(shown.Count);
        foreach (var one in shown)
        {
            Describe(c.Reply, one);
        }
    }

    private static List<Runnable> Named(CommandContext c, ScriptEngine engine)
    {
        var found = new List<Runnable>();
        for (var i = 2; i < c.Count; i++)
        {
            if ((Runnable?)engine.Functions.Find(c[i]) is { } function)
            {
                found.Add(function);
            }
            else if (engine.Cache.Find(c[i]) is { } script)
            {
                found.Add(script);
            }
        }

        return found;
    }

    private static void Describe(IReply reply, Runnable one)
    {
        var counters = one.Counters;
        reply.Map(9);
        reply.Bulk("name"u8);
        reply.Bulk(Encoding.Latin1.GetBytes(one.Name));
        reply.Bulk("kind"u8);
        reply.Bulk(one.IsFunction ? "function"u8 : "script"u8);
        reply.Bulk("calls"u8);
        reply.Integer(counters.Calls);
        reply.Bulk("errors"u8);
        reply.Integer(counters.Errors);
        reply.Bulk("usec"u8);
        reply.Double(Microseconds(counters.Ticks));
        reply.Bulk("usec_max"u8);
        reply.Double(Microseconds(counters.LongestTicks));
        foreach (var (name, share) in ((string, double)[])[("usec_p50", 0.5), ("usec_p99", 0.99), ("usec_p99.9", 0.999)])
        {
            reply.Bulk(name);
            if (counters.Latency is { } latency)
            {
                reply.Double(latency.Percentile(share));
            }
            else
            {
                reply.Null();
            }
        }
    }

    private static double Microseconds(long ticks) => Math.Round(ticks * 1e6 / Stopwatch.Frequency, 3);
}
