// Writes values as cmsgpack.pack(v1, v2, …) does in Redis: concatenated, each in its smallest form, so C# and Lua write the same bytes.
// Always: the subset is nil, boolean, number, string and the empty array (our JSON null inside a record); nothing nests.
using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Referee.Records;

internal ref struct PackedWriter(IBufferWriter<byte> output)
{
    private readonly IBufferWriter<byte> _output = output;

    public readonly void Nil() => One(0xc0);

    public readonly void Boolean(bool value) => One(value ? (byte)0xc3 : (byte)0xc2);

    /// <summary>The empty array: how a JSON null is kept inside a record, where nil means that the field is missing.</summary>
    public readonly void EmptyArray() => One(0x90);

    public readonly void Integer(long value)
    {
        switch (value)
        {
            case >= 0 and <= 127:
                One((byte)value);
                break;
            case >= 0 and <= byte.MaxValue:
                Span(2, 0xcc)[0] = (byte)value;
                Advance(2);
                break;
            case >= 0 and <= ushort.MaxValue:
                BinaryPrimitives.WriteUInt16BigEndian(Span(3, 0xcd), (ushort)value);
                Advance(3);
                break;
            case >= 0 and <= uint.MaxValue:
                BinaryPrimitives.WriteUInt32BigEndian(Span(5, 0xce), (uint)value);
                Advance(5);
                break;
            case >= 0:
                BinaryPrimitives.WriteInt64BigEndian(Span(9, 0xcf), value);
                Advance(9);
                break;
            case >= -32:
                One((byte)(sbyte)value);
                break;
            case >= sbyte.MinValue:
                Span(2, 0xd0)[0] = (byte)(sbyte)value;
                Advance(2);
                break;
            case >= short.MinValue:
                BinaryPrimitives.WriteInt16BigEndian(Span(3, 0xd1), (short)value);
                Advance(3);
                break;
            case >= int.MinValue:
                BinaryPrimitives.WriteInt32BigEndian(Span(5, 0xd2), (int)value);
                Advance(5);
                break;
            default:
                BinaryPrimitives.WriteInt64BigEndian(Span(9, 0xd3), value);
                Advance(9);
                break;
        }
    }

    /// <summary>An integral value goes out as an integer, as in Lua, where 3 and 3.0 are one number.</summary>
    public readonly void Number(double value)
    {
        if (value is >= -9007199254740992 and <= 9007199254740992 && Math.Truncate(value) == value)
        {
            Integer((long)value);
        }
        else if ((double)(float)value == value)
        {
            BinaryPrimitives.WriteSingleBigEndian(Span(5, 0xca), (float)value);
            Advance(5);
        }
        else
        {
            BinaryPrimitives.WriteDoubleBigEndian(Span(9, 0xcb), value);
            Advance(9);
        }
    }

    public readonly void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Encoding.UTF8.GetBytes(value, Header(length));
        Advance(length);
    }

    public readonly void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Header(value.Length));
        Advance(value.Length);
    }

    private readonly Span<byte> Header(int length)
    {
        switch (length)
        {
            case < 32:
                One((byte)(0xa0 | length));
                break;
            case <= byte.MaxValue:
                Span(2, 0xd9)[0] = (byte)length;
                Advance(2);
                break;
            case <= ushort.MaxValue:
                BinaryPrimitives.WriteUInt16BigEndian(Span(3, 0xda), (ushort)length);
                Advance(3);
                break;
            default:
                BinaryPrimitives.WriteUInt32BigEndian(Span(5, 0xdb), (uint)length);
                Advance(5);
                break;
        }

        return _output.GetSpan(Math.Max(length, 1))[..length];
    }

    private readonly void One(byte value)
    {
        _output.GetSpan(1)[0] = value;
        _output.Advance(1);
    }

    private readonly Span<byte> Span(int length, byte tag)
    {
        var span = _output.GetSpan(length);
        span[0] = tag;
        return span[1..length];
    }

    private readonly void Advance(int length) => _output.Advance(length);
}
