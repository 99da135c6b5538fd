// FUNCTION DUMP's bytes, as Redis makes and takes them: for each library the opcode 245 and its code as an RDB string; then the RDB version in two
// bytes and a CRC-64 of all before it in eight, both little-endian.
// Always: what is written says version 10, so that 7.0 takes it too; what is read may hold strings compressed by LZF; lengths are checked
// against the bytes that are there before anything is made.
using System.Buffers.Binary;
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Scripting;

internal static class FunctionPayload
{
    /// <summary>Bytes of one library's code.</summary>
    public const int CodeBytesMax = 512 * 1024 * 1024;

    private const byte FunctionOpcode = 245;
    private const int WrittenVersion = 10;
    private const int NewestVersion = 11;
    private const int FooterLength = 10;
    private const string Damaged = "ERR DUMP payload version or checksum are wrong";

    private static readonly ulong[] CrcTable = MakeCrcTable();

    public static byte[] Write(IEnumerable<ByteString> codes)
    {
        var bytes = new List<byte>();
        foreach (var code in codes)
        {
            bytes.Add(FunctionOpcode);
            WriteLength(bytes, code.Length);
            bytes.AddRange(code.Span);
        }

        bytes.AddRange(BitConverter.IsLittleEndian ? BitConverter.GetBytes((ushort)WrittenVersion) : [WrittenVersion, 0]);
        var footer = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(footer, Crc([.. bytes]));
        return [.. bytes, .. footer];
    }

    /// <summary>Null, or why the bytes are refused.</summary>
    public static string? TryRead(ReadOnlySpan<byte> payload, out List<ByteString> codes)
    {
        codes = [];
        if (payload.Length < FooterLength
            || BinaryPrimitives.ReadUInt16LittleEndian(payload[^FooterLength..]) > NewestVersion
            || BinaryPrimitives.ReadUInt64LittleEndian(payload[^sizeof(ulong)..]) != Crc(payload[..^sizeof(ulong)]))
        {
            return Damaged;
        }

        var rest = payload[..^FooterLength];
        while (!rest.IsEmpty)
        {
            if (rest[0] != FunctionOpcode)
            {
                return "ERR given type is not a function";
            }

            rest = rest[1..];
            if (!TryString(ref rest, out var code))
            {
                return "ERR Failed loading library data";
            }

            codes.Add(code);
        }

        return null;
    }

    private static void WriteLength(List<byte> bytes, int length)
    {
        if (length < 64)
        {
            bytes.Add((byte)length);
        }
        else if (length < 16_384)
        {
            bytes.Add((byte)(0x40 | (length >> 8)));
            bytes.Add((byte)length);
        }
        else
        {
            var wide = new byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(wide, (uint)length);
            bytes.Add(0x80);
            bytes.AddRange(wide);
        }
    }

    private static bool TryString(ref ReadOnlySpan<byte> rest, out ByteString text)
    {
        const int compressed = 3;
        text = ByteString.Empty;
        if (!TryLength(ref rest, out var length, out var isEncoded))
        {
            return false;
        }

        if (!isEncoded)
        {
            if ((ulong)rest.Length < length)
            {
                return false;
            }

            text = ByteString.From(rest[..(int)length]);
            rest = rest[(int)length..];
            return true;
        }

        if (length != compressed)
        {
            return TryInteger(ref rest, (int)length, out text);
        }

        if (!TryLength(ref rest, out var packed, out _) || !TryLength(ref rest, out var plain, out _) || (ulong)rest.Length < packed || plain > CodeBytesMax)
        {
            return false;
        }

        var bytes = new byte[(int)plain];
        var ok = TryExpand(rest[..(int)packed], bytes);
        rest = rest[(int)packed..];
        text = ByteString.Own(bytes);
        return ok;
    }

    /// <summary>A string that was kept as an integer of one, two or four bytes.</summary>
    private static bool TryInteger(ref ReadOnlySpan<byte> rest, int encoding, out ByteString text)
    {
        text = ByteString.Empty;
        var size = 1 << encoding;
        if (encoding > 2 || rest.Length < size)
        {
            return false;
        }

        long value = encoding switch
        {
            0 => (sbyte)rest[0],
            1 => BinaryPrimitives.ReadInt16LittleEndian(rest),
            _ => BinaryPrimitives.ReadInt32LittleEndian(rest),
        };
        text = ByteString.Own(Encoding.ASCII.GetBytes(value.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        rest = rest[size..];
        return true;
    }

    private static bool TryLength(ref ReadOnlySpan<byte> rest, out ulong length, out bool isEncoded)
    {
        (length, isEncoded) = (0, false);
        if (rest.IsEmpty)
        {
            return false;
        }

        var first = rest[0];
        var size = (first >> 6) switch { 1 => 2, 2 when first == 0x80 => 5, 2 when first == 0x81 => 9, 2 => 0, _ => 1 };
        if (size == 0 || rest.Length < size)
        {
            return false;
        }

        isEncoded = first >> 6 == 3;
        length = size switch
        {
            1 => (ulong)(first & 0x3F),
            2 => ((ulong)(first & 0x3F) << 8) | rest[1],
            5 => BinaryPrimitives.ReadUInt32BigEndian(rest[1..]),
            _ => BinaryPrimitives.ReadUInt64BigEndian(rest[1..]),
        };
        rest = rest[size..];
        return true;
    }

    /// <summary>LZF: runs of literals, and references to what was written before.</summary>
    private static bool TryExpand(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        var (from, to) = (0, 0);
        while (from < packed.Length)
        {
            int control = packed[from++];
            if (control < 32)
            {
                var run = control + 1;
                if (from + run > packed.Length || to + run > target.Length)
                {
                    return false;
                }

                packed.Slice(from, run).CopyTo(target[to..]);
                (from, to) = (from + run, to + run);
                continue;
            }

            var length = control >> 5;
            if (length == 7)
            {
                if (from == packed.Length)
                {
                    return false;
                }

                length += packed[from++];
            }

            length += 2;
            if (from == packed.Length)
            {
                return false;
            }

            var back = to - ((control & 0x1F) << 8) - packed[from++] - 1;
            if (back < 0 || to + length > target.Length)
            {
                return false;
            }

            // Byte by byte: the copy may read what it has just written.
            for (; length > 0; length--)
            {
                target[to++] = target[back++];
            }
        }

        return to == target.Length;
    }

    /// <summary>CRC-64 of Jones, reflected, as Redis's crc64.</summary>
    private static ulong Crc(ReadOnlySpan<byte> bytes)
    {
        ulong crc = 0;
        foreach (var b in bytes)
        {
            crc = CrcTable[(byte)crc ^ b] ^ (crc >> 8);
        }

        return crc;
    }

    private static ulong[] MakeCrcTable()
    {
        const ulong reflectedPolynomial = 0x95AC9329AC4BC9B5;
        var table = new ulong[256];
        for (var i = 0; i < table.Length; i++)
        {
            var crc = (ulong)i;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ reflectedPolynomial : crc >> 1;
            }

            table[i] = crc;
        }

        return table;
    }
}
