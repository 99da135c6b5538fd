// Immutable bytes with a remembered hash: Lua's string, and the server's key and string value.
// Always true: nobody writes to the array after it was taken. Equality is by content, whatever pool or state a string came from.
// The hash is Redis's form of PUC's luaS_newlstr (all bytes, last to first), because the order of pairs() follows from it.
using System.Runtime.CompilerServices;
using System.Text;

namespace Evalsha.Lua.Runtime;

public sealed class ByteString : IEquatable<ByteString>, IComparable<ByteString>
{
    static readonly ByteString[] SingleBytes = MakeSingleBytes();

    readonly byte[] _bytes;
    int _hash; // 0: not computed yet (or really 0, then it is computed again)

    /// <summary>The walk that last counted this string; see <see cref="LiveBytes"/>. A race between two states only counts it twice.</summary>
    internal int Mark;

    ByteString(byte[] bytes) => _bytes = bytes;

    internal ByteString(byte[] bytes, int hash)
    {
        _bytes = bytes;
        _hash = hash;
    }

    public static ByteString Empty { get; } = new([]);

    public int Length => _bytes.Length;

    public ReadOnlySpan<byte> Span => _bytes;

    public ReadOnlyMemory<byte> Memory => _bytes;

    public byte this[int index] => _bytes[index];

    public int Hash
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var hash = _hash;
            return hash != 0 ? hash : ComputeHash();
        }
    }

    /// <summary>Copies the bytes.</summary>
    public static ByteString From(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        0 => Empty,
        1 => SingleBytes[bytes[0]],
        _ => new(bytes.ToArray()),
    };

    /// <summary>Takes the array; the caller must never write to it again.</summary>
    public static ByteString Own(byte[] bytes) => bytes.Length == 0 ? Empty : new(bytes);

    public static ByteString FromUtf8(string text) => text.Length == 0 ? Empty : new(Encoding.UTF8.GetBytes(text));

    /// <summary>h = length; from the last byte to the first h ^= (h &lt;&lt; 5) + (h &gt;&gt; 2) + byte.</summary>
    public static int HashOf(ReadOnlySpan<byte> bytes)
    {
        var hash = (uint)bytes.Length;
        for (var i = bytes.Length - 1; i >= 0; i--) hash ^= (hash << 5) + (hash >> 2) + bytes[i];
        return (int)hash;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals(ByteString? other) => ReferenceEquals(this, other) || (other is not null && ContentEquals(other));

    public bool Equals(ReadOnlySpan<byte> bytes) => Span.SequenceEqual(bytes);

    public override bool Equals(object? obj) => Equals(obj as ByteString);

    public override int GetHashCode() => Hash;

    /// <summary>Unsigned byte by byte; a prefix comes first. What strcoll does in the C locale, zeros included.</summary>
    public int CompareTo(ByteString? other) => other is null ? 1 : Span.SequenceCompareTo(other.Span);

    /// <summary>UTF-8, with the replacement character for what is not.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_bytes);

    public static bool operator ==(ByteString? left, ByteString? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(ByteString? left, ByteString? right) => !(left == right);

    public static bool operator <(ByteString left, ByteString right) => left.CompareTo(right) < 0;

    public static bool operator >(ByteString left, ByteString right) => left.CompareTo(right) > 0;

    public static bool operator <=(ByteString left, ByteString right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ByteString left, ByteString right) => left.CompareTo(right) >= 0;

    bool ContentEquals(ByteString other)
    {
        if (_bytes.Length != other._bytes.Length) return false;
        if (_hash != 0 && other._hash != 0 && _hash != other._hash) return false;
        return _bytes.AsSpan().SequenceEqual(other._bytes);
    }

    int ComputeHash() => _hash = HashOf(_bytes);

    static ByteString[] MakeSingleBytes()
    {
        var all = new ByteString[256];
        for (var i = 0; i < all.Length; i++) all[i] = new([(byte)i]);
        return all;
    }
}
