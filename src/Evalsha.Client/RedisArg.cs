// One argument of a request: text, bytes, an integer or a double, without boxing.
// Always: what is sent is fixed bytes: UTF-8 for text, decimal digits for integers, the shortest digits that read back the same for doubles.
// Bytes are not copied until the request is written: do not change an array between sending and the reply.
using System.Runtime.InteropServices;
using Evalsha.Resp;

namespace Evalsha.Client;

public readonly struct RedisArg
{
    private static readonly object IntegerTag = new();
    private static readonly object DoubleTag = new();

    private readonly object? _object; // string, byte[], or a tag that says what _bits is; null is the empty string
    private readonly long _bits; // the integer, the double's bits, or offset (high half) and length (low half) in the array

    private RedisArg(object value, long bits) => (_object, _bits) = (value, bits);

    public static implicit operator RedisArg(string text) => new(text ?? throw new ArgumentNullException(nameof(text)), 0);

    public static implicit operator RedisArg(byte[] bytes) => new(bytes ?? throw new ArgumentNullException(nameof(bytes)), bytes.Length);

    public static implicit operator RedisArg(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var part)
            ? new(part.Array ?? [], ((long)part.Offset << 32) | (uint)part.Count)
            : new(bytes.ToArray(), bytes.Length);

    public static implicit operator RedisArg(Memory<byte> bytes) => (ReadOnlyMemory<byte>)bytes;

    public static implicit operator RedisArg(long value) => new(IntegerTag, value);

    public static implicit operator RedisArg(int value) => new(IntegerTag, value);

    /// <summary>Shortest digits that read back as the same double; infinities are <c>inf</c> and <c>-inf</c>. NaN throws <see cref="ArgumentException"/>.</summary>
    public static implicit operator RedisArg(double value) =>
        double.IsNaN(value) ? throw new ArgumentException("Redis takes no NaN.", nameof(value)) : new(DoubleTag, BitConverter.DoubleToInt64Bits(value));

    internal void Write(RespWriter writer)
    {
        switch (_object)
        {
            case string text:
                writer.Bulk(text);
                break;
            case byte[] bytes:
                writer.Bulk(bytes.AsSpan((int)(_bits >> 32), (int)(uint)_bits));
                break;
            case null:
                writer.Bulk([]);
                break;
            case var tag when ReferenceEquals(tag, IntegerTag):
                writer.BulkInteger(_bits);
                break;
            default:
                writer.BulkDouble(BitConverter.Int64BitsToDouble(_bits));
                break;
        }
    }

    /// <summary>The argument as text, for messages and traces.</summary>
    public override string ToString() => _object switch
    {
        null => "",
        string text => text,
        byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes, (int)(_bits >> 32), (int)(uint)_bits),
        var tag when ReferenceEquals(tag, IntegerTag) => _bits.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => RespDouble.ToText(BitConverter.Int64BitsToDouble(_bits)),
    };
}
