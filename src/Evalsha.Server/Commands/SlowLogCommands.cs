// SLOWLOG and LATENCY: what took too long, and how long commands take.
// Always: histograms are those of INFO latencystats, in Redis's buckets (powers of two, cumulative).
using System.Globalization;
using System.Text;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class SlowLogCommands
{
    private const CommandFlags Asking = Admin | NoScript | Loading | Stale;
    private const int GraphColumns = 80;

    public static readonly CommandRow[] Rows =
    [
        new("slowlog", -2, None, KeySpec.None, static _ => { })
        {
            Complexity = "That of the subcommand",
            Group = "server", Since = "2.2.12", Summary = "What took longer than slowlog-log-slower-than.",
            Subcommands =
            [
                Sub("get", -2, Get, Asking & ~NoScript, "2.2.12", "The newest entries.") with { Complexity = "O(N), N: entries returned", Tips = ["request_policy:all_nodes", "nondeterministic_output"], Syntax = "[count:integer]", History = ["4.0.0: the client's address and name in each entry"] },
                Sub("len", 2, static c => c.Reply.Integer(c.Server.Slow.Entries.Count), Asking & ~NoScript, "2.2.12", "How many entries there are.") with { Complexity = "O(1)", Tips = ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"] },
                Sub("reset", 2, Reset, Asking & ~NoScript, "2.2.12", "Forgets all entries.") with { Complexity = "O(N), N: entries in the slowlog", Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"] },
                Sub("help", 2, SlowLogHelp, Loading | Stale, "6.2.0", "What SLOWLOG knows.") with { Complexity = "O(1)" },
            ],
        },
        new("latency", -2, None, KeySpec.None, static _ => { })
        {
            Complexity = "That of the subcommand",
            Group = "server", Since = "2.8.13", Summary = "How long commands take, and which took too long.",
            Subcommands =
            [
                Sub("histogram", -2, Histogram, Asking, "7.0.0", "How many calls of a command took how long.") with { Complexity = "O(N), N: commands with latency information being retrieved", Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"], Syntax = "[command...]" },
                Sub("history", 3, History, Asking, "2.8.13", "The samples of an event.") with { Complexity = "O(1)", Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"], Syntax = "event" },
                Sub("latest", 2, Latest, Asking, "2.8.13", "The latest sample of each event.") with { Complexity = "O(1)", Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"] },
                Sub("reset", -2, ResetLatency, Asking, "2.8.13", "Forgets the samples of some or all events.") with { Complexity = "O(1)", Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"], Syntax = "[event...]" },
                Sub("graph", 3, Graph, Asking, "2.8.13", "The samples of an event as a picture in letters.") with { Complexity = "O(1)", Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"], Syntax = "event" },
                Sub("doctor", 2, Doctor, Asking, "2.8.13", "A report in words.") with { Complexity = "O(1)", Tips = ["nondeterministic_output", "request_policy:all_nodes", "response_policy:special"] },
                Sub("help", 2, LatencyHelp, Loading | Stale, "2.8.13", "What LATENCY knows.") with { Complexity = "O(1)" },
            ],
        },
    ];

    private static CommandRow Sub(string name, int arity, CommandBody body, CommandFlags flags, string since, string summary) =>
        new(name, arity, flags, KeySpec.None, body) { Group = "server", Since = since, Summary = summary };

    private static void Get(CommandContext c)
    {
        long count = 10;
        if (c.Count > 3)
        {
            c.Reply.Error($"ERR unknown subcommand or wrong number of arguments for '{Encoding.UTF8.GetString(c[1])}'. Try SLOWLOG HELP.");
            return;
        }

        if (c.Count == 3 && !c.TryIntegerWithin(2, -1, long.MaxValue, "ERR count should be greater than or equal to -1"u8, out count))
        {
            return;
        }

        var entries = c.Server.Slow.Entries;
        var shown = count == -1 ? entries.Count : (int)Math.Min(count, entries.Count);
        c.Reply.Array(shown);
        foreach (var entry in entries.Take(shown))
        {
            c.Reply.Array(6);
            c.Reply.Integer(entry.Id);
            c.Reply.Integer(entry.At);
            c.Reply.Integer(entry.Microseconds);
            c.Reply.Array(entry.Arguments.Length);
            foreach (var argument in entry.Arguments)
            {
                c.Reply.Bulk(argument);
            }

            c.Reply.Bulk(entry.Address);
            c.Reply.Bulk(entry.ClientName);
        }
    }

    private static void Reset(CommandContext c)
    {
        c.Server.Slow.ClearLog();
        c.Reply.Ok();
    }

    private static void Histogram(CommandContext c)
    {
        var wanted = new List<CommandRow>();
        if (c.Count == 2)
        {
            wanted.AddRange(c.Server.Commands.Rows);
        }

        for (var i = 2; i < c.Count; i++)
        {
            if (CommandCommands.Named(c, i) is { } row)
            {
                wanted.Add(row);
            }
        }

        var rows = wanted.SelectMany(static row => (IEnumerable<CommandRow>)[row, .. row.Subcommands]).Where(static row => row.Counters.Latency is not null).ToArray();
        c.Reply.Map(rows.Length);
        foreach (var row in rows)
        {
            c.Reply.Bulk(row.FullName);
            c.Reply.Map(2);
            c.Reply.Bulk("calls"u8);
            c.Reply.Integer(row.Counters.Calls);
            c.Reply.Bulk("histogram_usec"u8);
            var buckets = row.Counters.Latency!.Cumulative();
            c.Reply.Map(buckets.Count);
            foreach (var (microseconds, count) in buckets)
            {
                c.Reply.Integer(microseconds);
                c.Reply.Integer(count);
            }
        }
    }

    private static void History(CommandContext c)
    {
        if (!c.Server.Slow.Events.TryGetValue(Encoding.UTF8.GetString(c[2]), out var found))
        {
            c.Reply.Array(0);
            return;
        }

        c.Reply.Array(found.Samples.Count);
        foreach (var sample in found.Samples)
        {
            c.Reply.Array(2);
            c.Reply.Integer(sample.At);
            c.Reply.Integer(sample.Milliseconds);
        }
    }

    private static void Latest(CommandContext c)
    {
        c.Reply.Array(c.Server.Slow.Events.Count);
        foreach (var (name, found) in c.Server.Slow.Events)
        {
            c.Reply.Array(4);
            c.Reply.Bulk(name);
            c.Reply.Integer(found.Samples[^1].At);
            c.Reply.Integer(found.Samples[^1].Milliseconds);
            c.Reply.Integer(found.Max);
        }
    }

    private static void ResetLatency(CommandContext c)
    {
        var slow = c.Server.Slow;
        var count = c.Count == 2 ? slow.ClearEvents() : 0;
        for (var i = 2; i < c.Count; i++)
        {
            count += slow.ClearEvent(Encoding.UTF8.GetString(c[i])) ? 1 : 0;
        }

        c.Reply.Integer(count);
    }

    private static void Graph(CommandContext c)
    {
        var name = Encoding.UTF8.GetString(c[2]);
        if (!c.Server.Slow.Events.TryGetValue(name, out var found))
        {
            c.Reply.Error($"ERR No samples available for event '{name}'");
            return;
        }

        const string levels = "_.oO#";
        var samples = found.Samples.TakeLast(GraphColumns).Select(static sample => sample.Milliseconds).ToArray();
        var (low, high) = (samples.Min(), samples.Max());
        var line = string.Concat(samples.Select(value => levels[high == low ? 0 : (int)((value - low) * (levels.Length - 1) / (high - low))]));
        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{name} - high {high} ms, low {low} ms (all time high {found.Max} ms)\n{new string('-', GraphColumns)}\n{line}\n")));
    }

    private static void Doctor(CommandContext c)
    {
        var slow = c.Server.Slow;
        var text = new StringBuilder();
        if (slow.LatencyMilliseconds == 0)
        {
            text.Append("Nothing is watched: CONFIG SET latency-monitor-threshold <milliseconds> begins.\n");
        }
        else if (slow.Events.Count == 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"No command has taken {slow.LatencyMilliseconds} milliseconds or more.\n");
        }

        foreach (var (name, found) in slow.Events)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{name}: {found.Samples.Count} slow seconds, on average {found.Samples.Average(static sample => sample.Milliseconds):0} ms, at worst {found.Max} ms. SLOWLOG GET names the commands.\n");
        }

        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void SlowLogHelp(CommandContext c) => c.ReplyHelp(
        "GET [<count>]",
        "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
        "    Entries are made of:",
        "    id, timestamp, time in microseconds, arguments array, client IP and port,",
        "    client name",
        "LEN",
        "    Return the length of the slowlog.",
        "RESET",
        "    Reset the slowlog.");

    private static void LatencyHelp(CommandContext c) => c.ReplyHelp(
        "DOCTOR",
        "    Return a human readable latency analysis report.",
        "GRAPH <event>",
        "    Return an ASCII latency graph for the <event> class.",
        "HISTORY <event>",
        "    Return time-latency samples for the <event> class.",
        "LATEST",
        "    Return the latest latency samples for all events.",
        "RESET [<event> ...]",
        "    Reset latency data of one or more <event> classes.",
        "    (default: reset all data for all event classes)",
        "HISTOGRAM [COMMAND ...]",
        "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
        "    If no commands are specified then all histograms are replied.");
}
