// Commands that estimate how many different elements were seen. The estimate is a string; HyperLogLog.cs knows its bytes.
// Always: a string that is not one, or is damaged, is refused and stays; PFCOUNT of one key keeps its answer in the string, which is a change.
using System.Text;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class HyperLogLogCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("pfadd", -2, Write | DenyOom | Fast, KeySpec.One, PfAdd) { Since = "2.8.9", Group = "hyperloglog", Summary = "Shows elements to an estimate; 1 when it changed.", AclCategories = ["@hyperloglog"], Complexity = "O(N), N: elements", KeyUses = ["RW INSERT"], Syntax = "key [element...]" },
        new("pfcount", -2, ReadOnly, KeySpec.All, PfCount) { Since = "2.8.9", Group = "hyperloglog", Summary = "About how many different elements the estimates have seen together.", AclCategories = ["@hyperloglog"], Complexity = "O(N), N: keys; O(1) for one key that did not change since", KeyUses = ["RW ACCESS"], Syntax = "key..." },
        new("pfmerge", -2, Write | DenyOom, KeySpec.All, PfMerge) { Since = "2.8.9", Group = "hyperloglog", Summary = "Makes one estimate of several, its own former self among them.", AclCategories = ["@hyperloglog"], Complexity = "O(N), N: keys", KeyUses = ["RW ACCESS INSERT", "RO ACCESS"], Syntax = "destkey:key sourcekey:key..." },
        new("pfdebug", 3, Write | DenyOom | Admin, KeySpec.At(2), PfDebug) { Since = "2.8.9", Group = "hyperloglog", Summary = "Looks into an estimate: GETREG, DECODE, ENCODING, TODENSE.", AclCategories = ["@hyperloglog"], Complexity = "O(1)", KeyUses = ["RW ACCESS"], Syntax = "subcommand key" },
        new("pfselftest", 1, Admin, KeySpec.None, PfSelfTest) { Since = "2.8.9", Group = "hyperloglog", Summary = "Tries registers and estimates out; OK when they are right.", AclCategories = ["@hyperloglog"], Complexity = "O(1)" },
    ];

    private static ReadOnlySpan<byte> Damaged => "INVALIDOBJ Corrupted HLL object detected"u8;

    private static void PfAdd(CommandContext c)
    {
        var entry = c.Find(1);
        if (!TryCheck(c, entry))
        {
            return;
        }

        var hasChanged = entry is null;
        var value = Writable(c, 1, entry);
        for (var i = 2; i < c.Count; i++)
        {
            var outcome = HyperLogLog.Add(value, c[i], c.Server.Config.HllSparseMaxBytes);
            if (outcome < 0)
            {
                c.Reply.Error(Damaged);
                return;
            }

            hasChanged |= outcome > 0;
        }

        if (hasChanged)
        {
            HyperLogLog.Invalidate(value);
            c.Changed(1);
            c.Notify(Happened.PfAdd, 1);
        }

        c.Reply.Integer(hasChanged ? 1 : 0);
    }

    private static void PfCount(CommandContext c)
    {
        if (c.Count > 2)
        {
            Span<byte> registers = stackalloc byte[HyperLogLog.Registers];
            registers.Clear();
            if (TryMergeAll(c, registers, out _))
            {
                c.Reply.Integer(HyperLogLog.EstimateOf(registers));
            }

            return;
        }

        var entry = c.Look(1);
        if (!TryCheck(c, entry))
        {
            return;
        }

        if (entry is null)
        {
            c.Reply.Integer(0);
            return;
        }

        var bytes = StringValue.Bytes(entry.Value, default);
        if (!HyperLogLog.TryLastEstimate(bytes, out var estimate))
        {
            if (!HyperLogLog.TryEstimate(bytes, out estimate))
            {
                c.Reply.Error(Damaged);
                return;
            }

            HyperLogLog.KeepEstimate(StringsCommands.Writable(c, entry).Extend(HyperLogLog.HeaderBytes), estimate);
            c.Changed(1);
        }

        c.Reply.Integer(estimate);
    }

    private static void PfMerge(CommandContext c)
    {
        Span<byte> registers = stackalloc byte[HyperLogLog.Registers];
        registers.Clear();
        if (!TryMergeAll(c, registers, out var isDense))
        {
            return;
        }

        var value = Writable(c, 1, c.Find(1));
        if (isDense && !HyperLogLog.TryMakeDense(value))
        {
            c.Reply.Error(Damaged);
            return;
        }

        for (var i = 0; i < registers.Length; i++)
        {
            if (registers[i] > 0)
            {
                HyperLogLog.Set(value, i, registers[i], c.Server.Config.HllSparseMaxBytes);
            }
        }

        HyperLogLog.Invalidate(value);
        c.Changed(1);
        c.Notify(Happened.PfAdd, 1);
        c.Reply.Ok();
    }

    private static void PfDebug(CommandContext c)
    {
        var entry = c.Find(2);
        if (entry is null)
        {
            c.Reply.Error("ERR The specified key does not exist"u8);
            return;
        }

        if (!TryCheck(c, entry))
        {
            return;
        }

        var isSparse = HyperLogLog.IsSparse(StringValue.Bytes(entry.Value, default));
        if (c.Is(1, "GETREG"u8) || c.Is(1, "TODENSE"u8))
        {
            var value = Writable(c, 2, entry);
            if (!HyperLogLog.TryMakeDense(value))
            {
                c.Reply.Error(Damaged);
                return;
            }

            if (isSparse)
            {
                c.Changed(2);
            }

            if (c.Is(1, "TODENSE"u8))
            {
                c.Reply.Integer(isSparse ? 1 : 0);
                return;
            }

            c.Reply.Array(HyperLogLog.Registers);
            for (var i = 0; i < HyperLogLog.Registers; i++)
            {
                c.Reply.Integer(HyperLogLog.Register(value.Span, i));
            }
        }
        else if (c.Is(1, "DECODE"u8))
        {
            if (isSparse)
            {
                c.Reply.Bulk(HyperLogLog.Decode(StringValue.Bytes(entry.Value, default)));
            }
            else
            {
                c.Reply.Error("ERR HLL encoding is not sparse"u8);
            }
        }
        else if (c.Is(1, "ENCODING"u8))
        {
            c.Reply.Status(isSparse ? "sparse"u8 : "dense"u8);
        }
        else
        {
            c.Reply.Error($"ERR Unknown PFDEBUG subcommand '{Encoding.Latin1.GetString(c[1])}'");
        }
    }

    /// <summary>Shows numbers to a sparse and to a dense estimate: both must agree, and stay within four standard errors of the truth.</summary>
    private static void PfSelfTest(CommandContext c)
    {
        const int elements = 100_000;
        const double tolerance = 4 * 1.04 / 128; // four times 1.04 / √16384
        var (sparse, dense) = (HyperLogLog.Create(), HyperLogLog.Create());
        HyperLogLog.TryMakeDense(dense);
        Span<byte> element = stackalloc byte[sizeof(long)];
        for (var count = 1L; count <= elements; count++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(element, count);
            HyperLogLog.Add(sparse, element, c.Server.Config.HllSparseMaxBytes);
            HyperLogLog.Add(dense, element, c.Server.Config.HllSparseMaxBytes);
            if (!System.Numerics.BitOperations.IsPow2(count) && count != elements)
            {
                continue;
            }

            HyperLogLog.TryEstimate(sparse.Span, out var estimate);
            HyperLogLog.TryEstimate(dense.Span, out var other);
            if (estimate != other)
            {
                c.Reply.Error("TESTFAILED dense/sparse disagree"u8);
                return;
            }

            if (Math.Abs(estimate - count) > Math.Max(2, count * tolerance))
            {
                c.Reply.Error($"TESTFAILED Too big error. card:{count} abserr:{Math.Abs(estimate - count)}");
                return;
            }
        }

        c.Reply.Ok();
    }

    /// <summary>All keys' registers in one. False: an error has been replied.</summary>
    private static bool TryMergeAll(CommandContext c, Span<byte> registers, out bool isDense)
    {
        isDense = false;
        for (var i = 1; i < c.Count; i++)
        {
            var entry = c.Look(i);
            if (!TryCheck(c, entry))
            {
                return false;
            }

            if (entry is null)
            {
                continue;
            }

            var bytes = StringValue.Bytes(entry.Value, default);
            isDense |= !HyperLogLog.IsSparse(bytes);
            if (!HyperLogLog.TryMerge(registers, bytes))
            {
                c.Reply.Error(Damaged);
                return false;
            }
        }

        return true;
    }

    /// <summary>A missing key is fine. False: it is no estimate, and that has been replied.</summary>
    private static bool TryCheck(CommandContext c, Entry? entry)
    {
        if (entry is null || (entry.Value is not IntegerValue && StringValue.IsString(entry.Value) && HyperLogLog.IsOne(StringValue.Bytes(entry.Value, default))))
        {
            return true;
        }

        c.Reply.Error(StringValue.IsString(entry.Value) ? "WRONGTYPE Key is not a valid HyperLogLog string value."u8 : Errors.WrongType);
        return false;
    }

    /// <summary>The value for writing, made when there is none.</summary>
    private static StringBuffer Writable(CommandContext c, int i, Entry? entry)
    {
        if (entry is not null)
        {
            return StringsCommands.Writable(c, entry);
        }

        var fresh = HyperLogLog.Create();
        c.Db.Add(c.Text(i), fresh);
        return fresh;
    }
}
