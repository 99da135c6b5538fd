// Commands on strings as arrays of bits. Bit 0 is the highest bit of the first byte.
// Always: a string is as long as the last bit ever written needs, at most 512 MB.
using System.Numerics;
using System.Runtime.InteropServices;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class BitsCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("setbit", 4, Write | DenyOom, KeySpec.One, SetBit) { Since = "2.2.0", Group = "bitmap", Summary = "Sets or clears one bit of a string.", AclCategories = ["@bitmap"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key offset:integer value:integer" },
        new("getbit", 3, ReadOnly | Fast, KeySpec.One, GetBit) { Since = "2.2.0", Group = "bitmap", Summary = "One bit of a string.", AclCategories = ["@bitmap"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = "key offset:integer" },
        new("bitcount", -2, ReadOnly, KeySpec.One, BitCount) { Since = "2.6.0", Group = "bitmap", Summary = "How many bits of a string are set.", AclCategories = ["@bitmap"], Complexity = "O(N)", KeyUses = ["RO ACCESS"], Syntax = "key [index{start:integer end:integer [index_unit(BYTE|BIT)@7.0.0]}]", History = ["7.0.0: BYTE, BIT"] },
        new("bitpos", -3, ReadOnly, KeySpec.One, BitPos) { Since = "2.8.7", Group = "bitmap", Summary = "The first set or clear bit of a string.", AclCategories = ["@bitmap"], Complexity = "O(N)", KeyUses = ["RO ACCESS"], Syntax = "key bit:integer [index{start:integer [end_index{end:integer [index_unit(BYTE|BIT)@7.0.0]}]}]", History = ["7.0.0: BYTE, BIT"] },
        new("bitop", -4, Write | DenyOom, new KeySpec(2, -1, 1), BitOp) { LooksUp = true, Since = "2.6.0", Group = "bitmap", Summary = "Stores the AND, OR, XOR or NOT of strings; how long the result is.", AclCategories = ["@bitmap"], Complexity = "O(N), N: bytes of all strings", KeyUses = ["OW UPDATE", "RO ACCESS"], Syntax = "operation destkey:key key..." },
    ];

    private static void SetBit(CommandContext c)
    {
        if (!TryOffset(c, 2, out var offset)
            || !c.TryIntegerWithin(3, 0, 1, "ERR bit is not an integer or out of range"u8, out var bit)
            || !StringsCommands.TryString(c, 1, out var entry))
        {
            return;
        }

        var place = (int)(offset >> 3);
        var isLonger = entry is null || place >= StringValue.Length(entry.Value);
        var bytes = StringsCommands.Writable(c, entry).Extend(place + 1);
        var mask = 0x80 >> (int)(offset & 7);
        var old = (bytes[place] & mask) != 0;
        bytes[place] = (byte)(bit == 1 ? bytes[place] | mask : bytes[place] & ~mask);
        if (isLonger || old != (bit == 1))
        {
            c.Changed(1);
            c.Notify(Happened.SetBit, 1);
        }

        c.Reply.Integer(old ? 1 : 0);
    }

    private static void GetBit(CommandContext c)
    {
        if (!TryOffset(c, 2, out var offset) || !StringsCommands.TryString(c, 1, out var entry))
        {
            return;
        }

        var bytes = entry is null ? default : StringValue.Bytes(entry.Value, stackalloc byte[StringValue.ScratchBytes]);
        var place = (int)(offset >> 3);
        c.Reply.Integer(place < bytes.Length && (bytes[place] & (0x80 >> (int)(offset & 7))) != 0 ? 1 : 0);
    }

    private static void BitCount(CommandContext c)
    {
        var inBits = false;
        long first = 0, last = -1;
        if (c.Count is 4 or 5)
        {
            if (!c.TryInteger(2, out first) || !c.TryInteger(3, out last) || !TryUnit(c, 4, out inBits))
            {
                return;
            }
        }
        else if (c.Count != 2)
        {
            c.SyntaxError();
            return;
        }

        if (!StringsCommands.TryString(c, 1, out var entry))
        {
            return;
        }

        var bytes = entry is null ? default : StringValue.Bytes(entry.Value, stackalloc byte[StringValue.ScratchBytes]);
        if ((first < 0 && last < 0 && first > last) || !TryBitRange(ref first, ref last, bytes.Length, inBits))
        {
            c.Reply.Integer(0);
            return;
        }

        // Whole bytes, less what lies before the first and behind the last bit.
        var count = CountOnes(bytes[(int)(first >> 3)..(int)((last >> 3) + 1)]);
        count -= BitOperations.PopCount((uint)(bytes[(int)(first >> 3)] & ~(0xFF >> (int)(first & 7))));
        count -= BitOperations.PopCount((uint)(bytes[(int)(last >> 3)] & (0x7F >> (int)(last & 7))));
        c.Reply.Integer(count);
    }

    private static void BitPos(CommandContext c)
    {
        if (!c.TryInteger(2, out var bit))
        {
            return;
        }

        if (bit is not (0 or 1))
        {
            c.Reply.Error("ERR The bit argument must be 1 or 0."u8);
            return;
        }

        long first = 0, last = -1;
        var inBits = false;
        if (c.Count > 6)
        {
            c.SyntaxError();
            return;
        }

        if ((c.Count >= 4 && !c.TryInteger(3, out first)) || (c.Count >= 5 && !c.TryInteger(4, out last)) || !TryUnit(c, 5, out inBits)
            || !StringsCommands.TryString(c, 1, out var entry))
        {
            return;
        }

        if (entry is null)
        {
            c.Reply.Integer(bit == 1 ? -1 : 0);
            return;
        }

        var bytes = StringValue.Bytes(entry.Value, stackalloc byte[StringValue.ScratchBytes]);
        var hasEnd = c.Count >= 5;
        if (!TryBitRange(ref first, ref last, bytes.Length, inBits))
        {
            c.Reply.Integer(-1);
            return;
        }

        var nothing = bit == 1 ? (byte)0x00 : (byte)0xFF;
        for (var place = first; place <= last; place++)
        {
            var value = bytes[(int)(place >> 3)];
            if ((place & 7) == 0 && place + 7 <= last && value == nothing)
            {
                var whole = (int)((last + 1 - place) >> 3);
                var run = bytes.Slice((int)(place >> 3), whole).IndexOfAnyExcept(nothing);
                place += ((run < 0 ? whole : run) * 8L) - 1;
            }
            else if (((value >> (7 - (int)(place & 7))) & 1) == bit)
            {
                c.Reply.Integer(place);
                return;
            }
        }

        // Behind the string there are zeros without end, unless the caller drew a border.
        c.Reply.Integer(bit == 0 && !hasEnd ? (long)bytes.Length * 8 : -1);
    }

    private static void BitOp(CommandContext c)
    {
        var isNot = c.Is(1, "NOT"u8);
        var isAnd = c.Is(1, "AND"u8);
        var isOr = c.Is(1, "OR"u8);
        if (!isNot && !isAnd && !isOr && !c.Is(1, "XOR"u8))
        {
            c.SyntaxError();
            return;
        }

        if (isNot && c.Count != 4)
        {
            c.Reply.Error("ERR BITOP NOT must be called with a single source key."u8);
            return;
        }

        var values = new object?[c.Count - 3];
        var length = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (!StringsCommands.TryString(c, i + 3, out var entry))
            {
                return;
            }

            values[i] = entry?.Value;
            length = Math.Max(length, values[i] is { } value ? StringValue.Length(value) : 0);
        }

        // A megabyte made anew for each call would keep the collector busy: what the destination holds is written over, unless it is read from.
        var buffer = c.Find(2)?.Value as StringBuffer;
        if (buffer is null || length == 0 || Array.IndexOf(values, buffer) >= 0)
        {
            buffer = StringBuffer.OfZeros(length);
        }

        buffer.Truncate(length);
        var result = buffer.Extend(length);
        Span<byte> scratch = stackalloc byte[StringValue.ScratchBytes];
        for (var i = 0; i < values.Length; i++)
        {
            var bytes = values[i] is { } value ? StringValue.Bytes(value, scratch) : default;
            if (i == 0)
            {
                bytes.CopyTo(result);
                result[bytes.Length..].Clear();
            }
            else
            {
                Combine(result[..bytes.Length], bytes, isAnd, isOr);
                if (isAnd)
                {
                    result[bytes.Length..].Clear(); // a shorter string goes on with zeros
                }
            }
        }

        if (isNot)
        {
            foreach (ref var wide in MemoryMarshal.Cast<byte, Vector<byte>>(result))
            {
                wide = ~wide;
            }

            foreach (ref var rest in result[(result.Length / Vector<byte>.Count * Vector<byte>.Count)..])
            {
                rest = (byte)~rest;
            }
        }

        c.StoreOrDelete(2, buffer, length == 0, Happened.Set);
        c.Reply.Integer(length);
    }

    /// <summary>AND, OR, else XOR, into the first of two spans of one length.</summary>
    private static void Combine(Span<byte> into, ReadOnlySpan<byte> with, bool isAnd, bool isOr)
    {
        var wide = MemoryMarshal.Cast<byte, Vector<byte>>(into);
        var wideWith = MemoryMarshal.Cast<byte, Vector<byte>>(with);
        for (var i = 0; i < wide.Length; i++)
        {
            wide[i] = isAnd ? wide[i] & wideWith[i] : isOr ? wide[i] | wideWith[i] : wide[i] ^ wideWith[i];
        }

        for (var i = wide.Length * Vector<byte>.Count; i < into.Length; i++)
        {
            into[i] = (byte)(isAnd ? into[i] & with[i] : isOr ? into[i] | with[i] : into[i] ^ with[i]);
        }
    }

    private static bool TryOffset(CommandContext c, int i, out long offset) =>
        c.TryIntegerWithin(i, 0, EncodingLimits.StringBytesMax * 8 - 1, "ERR bit offset is not an integer or out of range"u8, out offset);

    /// <summary>BYTE or BIT at an argument that may be missing.</summary>
    private static bool TryUnit(CommandContext c, int i, out bool inBits)
    {
        inBits = i < c.Count && c.Is(i, "BIT"u8);
        if (inBits || i >= c.Count || c.Is(i, "BYTE"u8))
        {
            return true;
        }

        c.SyntaxError();
        return false;
    }

    /// <summary>Turns a range of bytes or bits, negative from the end, into a range of bits. False when it is empty.</summary>
    private static bool TryBitRange(ref long first, ref long last, int bytes, bool inBits)
    {
        var length = inBits ? (long)bytes * 8 : bytes;
        first = first < 0 ? Math.Max(0, first + length) : first;
        last = last < 0 ? Math.Max(0, last + length) : Math.Min(last, length - 1);
        if (first > last || length == 0)
        {
            return false;
        }

        if (!inBits)
        {
            (first, last) = (first * 8, (last * 8) + 7);
        }

        return true;
    }

    private static long CountOnes(ReadOnlySpan<byte> bytes)
    {
        long count = 0;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(bytes))
        {
            count += BitOperations.PopCount(word);
        }

        foreach (var rest in bytes[(bytes.Length & ~7)..])
        {
            count += BitOperations.PopCount(rest);
        }

        return count;
    }
}
