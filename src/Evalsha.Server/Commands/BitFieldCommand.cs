// BITFIELD and BITFIELD_RO: a string as integers of any width at any bit.
// Always: all operations are read and checked before the first runs; reading beyond the string reads zeros; a write makes the string as long as the
// furthest write needs, even one that OVERFLOW FAIL then holds back, as in Redis.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class BitFieldCommand
{
    public static readonly CommandRow[] Rows =
    [
        new("bitfield", -2, Write | DenyOom, KeySpec.One, BitField) { Since = "3.2.0", Group = "bitmap", Summary = "Reads, sets and adds to integers of chosen widths inside a string; one reply for each.", AclCategories = ["@bitmap"], Complexity = "O(N), N: operations", KeyUses = ["RW ACCESS UPDATE VARIABLE_FLAGS"], KeyUseOfCall = Use, Syntax = "key [operation(GET <encoding_offset{encoding offset:integer}>|write{[OVERFLOW <wrap_sat_fail(WRAP|SAT|FAIL)>] write_operation(SET <encoding_offset_value{encoding offset:integer value:integer}>|INCRBY <encoding_offset_increment{encoding offset:integer increment:integer}>)})...]" },
        new("bitfield_ro", -2, ReadOnly | Fast, KeySpec.One, BitFieldReadOnly) { Since = "6.0.0", Group = "bitmap", Summary = "Reads integers of chosen widths inside a string.", AclCategories = ["@bitmap"], Complexity = "O(N), N: operations", KeyUses = ["RO ACCESS"], Syntax = "key [GET <encoding_offset{encoding offset:integer}>+...]" },
    ];

    private enum Verb
    {
        Get,
        Set,
        Add,
    }

    private enum Overflow
    {
        Wrap,
        Saturate,
        Fail,
    }

    /// <param name="Offset">Of the first bit.</param>
    /// <param name="Value">What to set or to add.</param>
    private readonly record struct Operation(Verb Verb, Overflow Overflow, bool IsSigned, int Bits, long Offset, long Value);

    private static void BitField(CommandContext c) => Run(c, mayWrite: true);

    private static void BitFieldReadOnly(CommandContext c) => Run(c, mayWrite: false);

    private static string Use(CommandContext c)
    {
        for (var i = 2; i < c.Count; i++)
        {
            if ((c.Is(i, "SET"u8) || c.Is(i, "INCRBY"u8)) && c.Count - i > 3)
            {
                return "RW ACCESS UPDATE";
            }
        }

        return "RO ACCESS";
    }

    private static void Run(CommandContext c, bool mayWrite)
    {
        var operations = new List<Operation>();
        if (!TryParse(c, operations, out var bytesNeeded))
        {
            return;
        }

        if (bytesNeeded > 0 && !mayWrite)
        {
            c.Reply.Error("ERR BITFIELD_RO only supports the GET subcommand"u8);
            return;
        }

        var entry = bytesNeeded > 0 ? c.Find(1) : c.Look(1);
        if (entry is not null && !StringValue.IsString(entry.Value))
        {
            c.Reply.Error(Errors.WrongType);
            return;
        }

        var lengthBefore = entry is null ? 0 : StringValue.Length(entry.Value);
        var buffer = bytesNeeded > 0 ? StringsCommands.Writable(c, entry) : null;
        var writable = buffer is null ? default : buffer.Extend(Math.Max(bytesNeeded, lengthBefore));
        var isLonger = bytesNeeded > lengthBefore;
        var bytes = buffer is not null ? writable : entry is null ? default : StringValue.Bytes(entry.Value, stackalloc byte[StringValue.ScratchBytes]);
        var changes = 0;
        c.Reply.Array(operations.Count);
        foreach (var operation in operations)
        {
            var old = Read(bytes, operation);
            if (operation.Verb == Verb.Get)
            {
                c.Reply.Integer(old);
                continue;
            }

            var start = operation.Verb == Verb.Add ? old : operation.Value;
            var step = operation.Verb == Verb.Add ? operation.Value : 0;
            var overflows = operation.IsSigned ? OverflowsSigned(start, step, operation, out var now) : OverflowsUnsigned((ulong)start, step, operation, out now);
            if (overflows && operation.Overflow == Overflow.Fail)
            {
                c.Reply.Null();
                continue;
            }

            c.Reply.Integer(operation.Verb == Verb.Add ? now : old);
            WriteBits(writable, operation, now);
            changes += isLonger || old != now ? 1 : 0;
        }

        if (changes > 0)
        {
            c.Changed(1);
            c.Notify(Happened.SetBit, 1);
        }
        else if (isLonger)
        {
            c.Changed(1); // Redis says nothing of it; a log that did would lose the longer string.
        }
    }

    private static bool TryParse(CommandContext c, List<Operation> operations, out int bytesNeeded)
    {
        bytesNeeded = 0;
        var overflow = Overflow.Wrap;
        for (var i = 2; i < c.Count; i++)
        {
            var left = c.Count - i - 1;
            Verb verb;
            if (left >= 2 && c.Is(i, "GET"u8))
            {
                verb = Verb.Get;
            }
            else if (left >= 3 && c.Is(i, "SET"u8))
            {
                verb = Verb.Set;
            }
            else if (left >= 3 && c.Is(i, "INCRBY"u8))
            {
                verb = Verb.Add;
            }
            else if (left >= 1 && c.Is(i, "OVERFLOW"u8))
            {
                i++;
                if (!c.Is(i, "WRAP"u8) && !c.Is(i, "SAT"u8) && !c.Is(i, "FAIL"u8))
                {
                    c.Reply.Error("ERR Invalid OVERFLOW type specified"u8);
                    return false;
                }

                overflow = c.Is(i, "WRAP"u8) ? Overflow.Wrap : c.Is(i, "SAT"u8) ? Overflow.Saturate : Overflow.Fail;
                continue;
            }
            else
            {
                c.SyntaxError();
                return false;
            }

            long value = 0;
            if (!TryType(c, i + 1, out var isSigned, out var bits) || !TryOffset(c, i + 2, bits, out var offset) || (verb != Verb.Get && !c.TryInteger(i + 3, out value)))
            {
                return false;
            }

            if (verb != Verb.Get)
            {
                bytesNeeded = Math.Max(bytesNeeded, (int)((offset + bits - 1) >> 3) + 1);
            }

            operations.Add(new Operation(verb, overflow, isSigned, bits, offset, value));
            i += verb == Verb.Get ? 2 : 3;
        }

        return true;
    }

    /// <summary>i or u and a width: i1 to i64, u1 to u63.</summary>
    private static bool TryType(CommandContext c, int i, out bool isSigned, out int bits)
    {
        var text = c[i];
        isSigned = !text.IsEmpty && text[0] == (byte)'i';
        var isType = isSigned || (!text.IsEmpty && text[0] == (byte)'u');
        long width = 0;
        if (isType && Numbers.TryParseInteger(text[1..], out width) && width >= 1 && width <= (isSigned ? 64 : 63))
        {
            bits = (int)width;
            return true;
        }

        bits = 0;
        c.Reply.Error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."u8);
        return false;
    }

    /// <summary>A bit, or with # before it, a place counted in integers of this width.</summary>
    private static bool TryOffset(CommandContext c, int i, int bits, out long offset)
    {
        var text = c[i];
        var inWidths = !text.IsEmpty && text[0] == (byte)'#';
        if (Numbers.TryParseInteger(inWidths ? text[1..] : text, out offset))
        {
            offset = inWidths ? unchecked(offset * bits) : offset;
            if (offset >= 0 && offset >> 3 < EncodingLimits.StringBytesMax)
            {
                return true;
            }
        }

        c.Reply.Error("ERR bit offset is not an integer or out of range"u8);
        return false;
    }

    private static long Read(ReadOnlySpan<byte> bytes, in Operation operation)
    {
        ulong value = 0;
        for (var bit = operation.Offset; bit < operation.Offset + operation.Bits; bit++)
        {
            var place = (int)(bit >> 3);
            value = (value << 1) | (place < bytes.Length ? (uint)(bytes[place] >> (7 - (int)(bit & 7))) & 1 : 0);
        }

        var unused = 64 - operation.Bits;
        return operation.IsSigned ? (long)(value << unused) >> unused : (long)value;
    }

    private static void WriteBits(Span<byte> bytes, in Operation operation, long value)
    {
        for (var i = 0; i < operation.Bits; i++)
        {
            var bit = operation.Offset + i;
            var mask = 0x80 >> (int)(bit & 7);
            ref var target = ref bytes[(int)(bit >> 3)];
            target = (byte)(((value >> (operation.Bits - 1 - i)) & 1) == 0 ? target & ~mask : target | mask);
        }
    }

    private static bool OverflowsSigned(long value, long step, in Operation operation, out long result)
    {
        var bits = operation.Bits;
        var most = bits == 64 ? long.MaxValue : (1L << (bits - 1)) - 1;
        var least = -most - 1;
        var sum = unchecked(value + step);

        // Room above and below, in 64 bits that may wrap: a value far outside counts on the side that Redis counts it on.
        var above = unchecked(most - value);
        var below = unchecked(least - value);
        var isAbove = value > most || (bits != 64 && step > above) || (value >= 0 && step > 0 && step > above);
        var isBelow = !isAbove && (value < least || (bits != 64 && step < below) || (value < 0 && step < 0 && step < below));
        result = !isAbove && !isBelow ? sum
            : operation.Overflow == Overflow.Saturate ? isAbove ? most : least
            : sum << (64 - bits) >> (64 - bits);
        return isAbove || isBelow;
    }

    private static bool OverflowsUnsigned(ulong value, long step, in Operation operation, out long result)
    {
        var most = (1UL << operation.Bits) - 1;
        var isAbove = value > most || (step > 0 && (ulong)step > most - value);
        var isBelow = !isAbove && step < 0 && unchecked((ulong)-step) > value;
        var sum = unchecked(value + (ulong)step);
        result = (long)(!isAbove && !isBelow ? sum
            : operation.Overflow == Overflow.Saturate ? isAbove ? most : 0
            : sum & most);
        return isAbove || isBelow;
    }
}
