// Looks byte strings up in .NET dictionaries, also by a span without making a string:
//     new Dictionary<ByteString, V>(ByteStringComparer.Default).GetAlternateLookup<ReadOnlySpan<byte>>()
// The hash is not Lua's: it takes eight bytes a step and is seeded, so that long keys are cheap and a hostile client cannot aim at one bucket.
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Evalsha.Lua.Runtime;

public sealed class ByteStringComparer(ulong seed) : IEqualityComparer<ByteString>, IAlternateEqualityComparer<ReadOnlySpan<byte>, ByteString>
{
    const ulong First = 0x9E37_79B9_7F4A_7C15;
    const ulong Second = 0xD6E8_FEB8_6659_FD93;

    readonly ulong _seed = seed ^ First;

    /// <summary>Seeded once per process. Nothing observable follows from the seed: a .NET dictionary keeps no order.</summary>
    public static ByteStringComparer Default { get; } =
        new(BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong))));

    public bool Equals(ByteString? x, ByteString? y) => x is null ? y is null : x.Equals(y);

    public bool Equals(ReadOnlySpan<byte> alternate, ByteString other) => alternate.SequenceEqual(other.Span);

    public int GetHashCode(ByteString obj) => GetHashCode(obj.Span);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = _seed + (ulong)alternate.Length * Second;
        var rest = alternate;
        while (rest.Length >= 16)
        {
            hash = Fold(BinaryPrimitives.ReadUInt64LittleEndian(rest) ^ hash, BinaryPrimitives.ReadUInt64LittleEndian(rest[8..]) ^ Second);
            rest = rest[16..];
        }
        if (rest.Length >= 8)
        {
            // Two overlapping words cover 8 to 15 bytes.
            hash = Fold(BinaryPrimitives.ReadUInt64LittleEndian(rest) ^ hash, BinaryPrimitives.ReadUInt64LittleEndian(rest[^8..]) ^ Second);
        }
        else if (rest.Length >= 4)
        {
            var low = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(rest[^4..]);
            hash = Fold((low | ((ulong)high << 32)) ^ hash, Second);
        }
        else if (rest.Length > 0)
        {
            var word = rest[0] | ((ulong)rest[rest.Length >> 1] << 8) | ((ulong)rest[^1] << 16);
            hash = Fold(word ^ hash, Second);
        }
        hash = Fold(hash, First);
        return (int)(hash ^ (hash >> 32));
    }

    public ByteString Create(ReadOnlySpan<byte> alternate) => ByteString.From(alternate);

    // 64 x 64 -> 128 bits, both halves folded: the mixing step of wyhash.
    static ulong Fold(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
