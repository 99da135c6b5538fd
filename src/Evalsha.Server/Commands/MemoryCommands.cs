// MEMORY: what a key, and the whole, weigh.
// Always: USAGE is an estimate of managed bytes (objects, arrays, table slots), from a sample of the elements; the whole is what the runtime says.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class MemoryCommands
{
    private const int DefaultSamples = 5;

    // An object's header and fields, a byte array's header and length: what a ByteString takes beyond its text.
    private const int TextOverhead = 24 + 24;

    // The entry object, and its two slots in the key table at usual load.
    private const int EntryOverhead = 56 + 24;
    private const int ElementSlot = 16;

    public static readonly CommandRow[] Rows =
    [
        new("memory", -2, None, KeySpec.None, static _ => { })
        {
            Complexity = "That of the subcommand",
            Group = "server", Since = "4.0.0", Summary = "What the data weigh.",
            Subcommands =
            [
                Sub("usage", -3, Usage, ReadOnly, "4.0.0", "About how many bytes a key and its value take.") with { Keys = KeySpec.At(2), Complexity = "O(N), N: samples", KeyUses = ["RO"], Syntax = "key [SAMPLES <count:integer>]" },
                Sub("stats", 2, Stats, None, "4.0.0", "Where the server's memory is.") with { Complexity = "O(1)", Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"] },
                Sub("doctor", 2, Doctor, None, "4.0.0", "A report in words.") with { Complexity = "O(1)", Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"] },
                Sub("malloc-stats", 2, MallocStats, None, "4.0.0", "What the memory's owner, the garbage collector, says.") with { Complexity = "Grows with the memory in use", Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"] },
                Sub("purge", 2, Purge, None, "4.0.0", "Collects garbage and gives memory back.") with { Complexity = "Grows with the memory in use", Tips = ["request_policy:all_shards", "response_policy:all_succeeded"] },
                Sub("help", 2, Help, Loading | Stale, "4.0.0", "What MEMORY knows.") with { Complexity = "O(1)" },
            ],
        },
    ];

    private static CommandRow Sub(string name, int arity, CommandBody body, CommandFlags flags, string since, string summary) =>
        new(name, arity, flags, KeySpec.None, body) { Group = "server", Since = since, Summary = summary };

    private static void Usage(CommandContext c)
    {
        var samples = (long)DefaultSamples;
        for (var i = 3; i < c.Count; i += 2)
        {
            if (!c.Is(i, "SAMPLES"u8) || i + 1 >= c.Count)
            {
                c.SyntaxError();
                return;
            }

            if (!c.TryInteger(i + 1, out samples))
            {
                return;
            }

            if (samples < 0)
            {
                c.SyntaxError();
                return;
            }
        }

        if (c.Db.Peek(c[2]) is not { } entry)
        {
            c.Reply.Null();
            return;
        }

        c.Reply.Integer(EntryOverhead + TextOverhead + c[2].Length + Weigh(entry.Value, samples == 0 ? int.MaxValue : (int)Math.Min(samples, int.MaxValue)));
    }

    private static long Weigh(object value, int samples) => value switch
    {
        ListValue list => Sampled(list.Count, samples, i => list[i].Length + TextOverhead) + (list.Count * (long)sizeof(long)),
        HashValue hash => Sampled(hash.Count, samples, i => hash.FieldAt(i).Length + hash.ValueAt(i).Length + (2 * TextOverhead)) + (hash.Count * 2L * ElementSlot),
        SetValue { IsInteger: true } set => set.Count * (long)sizeof(long),
        SetValue set => Sampled(set.Count, samples, i => set[i].Length + TextOverhead) + (set.Count * (long)ElementSlot),
        SortedSetValue sorted => Sampled(sorted.Count, samples, i => sorted.MemberAt(i, out _).Length + TextOverhead) + (sorted.Count * 3L * ElementSlot),
        StreamValue stream => Sampled((int)Math.Min(stream.Count, int.MaxValue), samples, _ => 2 * TextOverhead) + (stream.BlockCount * (long)TextOverhead)
            + stream.Groups.Sum(static group => TextOverhead + (group.ConsumerCount * 2L * TextOverhead) + (group.Pending.Count * 3L * ElementSlot)),
        _ => StringValue.Length(value) + TextOverhead,
    };

    private static long Sampled(int count, int samples, Func<int, int> weigh)
    {
        var looked = Math.Min(count, samples);
        long bytes = 0;
        for (var i = 0; i < looked; i++)
        {
            bytes += weigh(i);
        }

        return looked == 0 ? 0 : bytes * count / looked;
    }

    private static void Stats(CommandContext c)
    {
        var info = GC.GetGCMemoryInfo();
        var used = GC.GetTotalMemory(false);
        var keys = c.Server.Databases.Sum(static database => (long)database.Count);
        var start = c.Server.Stats.MemoryAtStart;
        var data = Math.Max(0, used - start);
        (string Name, object Value)[] fields =
        [
            ("peak.allocated", c.Server.Stats.SeeMemory(used)),
            ("total.allocated", used),
            ("startup.allocated", start),
            ("keys.count", keys),
            ("keys.bytes-per-key", keys == 0 ? 0L : data / keys),
            ("dataset.bytes", data),
            ("dataset.percentage", used == 0 ? 0.0 : data * 100.0 / used),
            ("peak.percentage", used * 100.0 / c.Server.Stats.SeeMemory(used)),
            ("allocator.allocated", used),
            ("allocator.active", info.HeapSizeBytes),
            ("allocator.resident", info.TotalCommittedBytes),
            ("allocator-fragmentation.bytes", info.FragmentedBytes),
            ("fragmentation", used == 0 ? 0.0 : (double)Environment.WorkingSet / used),
            ("fragmentation.bytes", Environment.WorkingSet - used),
        ];
        c.Reply.Map(fields.Length);
        foreach (var (name, value) in fields)
        {
            c.Reply.Bulk(name);
            if (value is long number)
            {
                c.Reply.Integer(number);
            }
            else
            {
                c.Reply.Double((double)value);
            }
        }
    }

    private static void Doctor(CommandContext c)
    {
        var info = GC.GetGCMemoryInfo();
        var text = info.FragmentedBytes > info.HeapSizeBytes / 2
            ? $"More than half of the heap ({info.FragmentedBytes} of {info.HeapSizeBytes} bytes) is holes between living objects: MEMORY PURGE closes them.\n"
            : "Nothing is wrong with the memory of this server.\n";
        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(text));
    }

    private static void MallocStats(CommandContext c)
    {
        var info = GC.GetGCMemoryInfo();
        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(
            $"heap {info.HeapSizeBytes}, committed {info.TotalCommittedBytes}, holes {info.FragmentedBytes}, collections {GC.CollectionCount(0)} {GC.CollectionCount(1)} {GC.CollectionCount(2)}\n"));
    }

    private static void Purge(CommandContext c)
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        c.Reply.Ok();
    }

    private static void Help(CommandContext c) => c.ReplyHelp(
        "DOCTOR",
        "    Return memory problems reports.",
        "MALLOC-STATS",
        "    Return internal statistics report from the memory allocator.",
        "PURGE",
        "    Attempt to purge dirty pages for reclamation by the allocator.",
        "STATS",
        "    Return information about the memory usage of the server.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).");
}
