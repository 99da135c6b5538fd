// Reads the values that cmsgpack.pack(v1, v2, …) wrote: nil, boolean, number, string and the empty array, one after another.
// Always: hostile bytes end in `false`, never in an exception and never in an allocation larger than what is really there.
using System.Buffers.Binary;
using System.Text;

namespace Referee.Records;

internal enum PackedKind
{
    Nil,
    Boolean,
    Number,
    Text,
    EmptyArray,
}

internal ref struct PackedReader(ReadOnlySpan<byte> input)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = input;

    public readonly bool AtEnd => _rest.IsEmpty;

    public PackedKind Kind { get; private set; }

    public bool Truth { get; private set; }

    /// <summary>The number read last, as Lua holds it.</summary>
    public double Number { get; private set; }

    /// <summary>The bytes of the string read last; they live as long as the input.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Reads one value of any kind.</summary>
    public bool TryNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var tag = _rest[0];
        _rest = _rest[1..];
        switch (tag)
        {
            case <= 0x7f:
                return Counted(tag);
            case >= 0xe0:
                return Counted((sbyte)tag);
            case 0x90:
                Kind = PackedKind.EmptyArray;
                return true;
            case 0xc0:
                Kind = PackedKind.Nil;
                return true;
            case 0xc2 or 0xc3:
                Kind = PackedKind.Boolean;
                Truth = tag == 0xc3;
                return true;
            case >= 0xa0 and <= 0xbf:
                return Stretch(tag & 0x1f);
            case 0xcc:
                return Take(1, out var u8) && Counted(u8[0]);
            case 0xcd:
                return Take(2, out var u16) && Counted(BinaryPrimitives.ReadUInt16BigEndian(u16));
            case 0xce:
                return Take(4, out var u32) && Counted(BinaryPrimitives.ReadUInt32BigEndian(u32));
            case 0xcf:
                return Take(8, out var u64) && Counted(BinaryPrimitives.ReadUInt64BigEndian(u64));
            case 0xd0:
                return Take(1, out var i8) && Counted((sbyte)i8[0]);
            case 0xd1:
                return Take(2, out var i16) && Counted(BinaryPrimitives.ReadInt16BigEndian(i16));
            case 0xd2:
                return Take(4, out var i32) && Counted(BinaryPrimitives.ReadInt32BigEndian(i32));
            case 0xd3:
                return Take(8, out var i64) && Counted(BinaryPrimitives.ReadInt64BigEndian(i64));
            case 0xca:
                return Take(4, out var f32) && Counted(BinaryPrimitives.ReadSingleBigEndian(f32));
            case 0xcb:
                return Take(8, out var f64) && Counted(BinaryPrimitives.ReadDoubleBigEndian(f64));
            case 0xd9:
                return Take(1, out var l8) && Stretch(l8[0]);
            case 0xda:
                return Take(2, out var l16) && Stretch(BinaryPrimitives.ReadUInt16BigEndian(l16));
            case 0xdb:
                return Take(4, out var l32) && Stretch(BinaryPrimitives.ReadUInt32BigEndian(l32));
            default:
                return false;
        }
    }

    /// <summary>Reads a whole number within ±2^53.</summary>
    public bool TryInteger(out long value)
    {
        value = 0;
        if (!TryNext() || Kind != PackedKind.Number || !(Math.Abs(Number) <= 9007199254740992) || Math.Truncate(Number) != Number)
        {
            return false;
        }

        value = (long)Number;
        return true;
    }

    public bool TryInteger(long low, long high, out long value) => TryInteger(out value) && value >= low && value <= high;

    /// <summary>Reads a string of valid UTF-8.</summary>
    public bool TryText(out string value)
    {
        value = "";
        return TryNext() && Kind == PackedKind.Text && TryDecode(Bytes, out value);
    }

    public bool TryBytes(out byte[] value)
    {
        value = [];
        if (!TryNext() || Kind != PackedKind.Text)
        {
            return false;
        }

        value = Bytes.ToArray();
        return true;
    }

    public static bool TryDecode(ReadOnlySpan<byte> utf8, out string text)
    {
        text = "";
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
        {
            return false;
        }

        text = Strict.GetString(utf8);
        return true;
    }

    private bool Counted(double value)
    {
        Kind = PackedKind.Number;
        Number = value;
        return true;
    }

    private bool Stretch(uint length)
    {
        if (length > _rest.Length)
        {
            return false;
        }

        Kind = PackedKind.Text;
        Bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    private bool Stretch(int length) => Stretch((uint)length);

    private bool Take(int length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_rest.Length < length)
        {
            return false;
        }

        bytes = _rest[..length];
        _rest = _rest[length..];
        return true;
    }
}
