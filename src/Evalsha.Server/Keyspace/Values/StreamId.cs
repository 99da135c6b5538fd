// The id of a stream entry: milliseconds, and a sequence number within them.
// Always true: ids are ordered by milliseconds first; text form is "<ms>-<seq>", both unsigned 64-bit.
using System.Buffers.Text;
using System.Diagnostics;

namespace Evalsha.Server.Keyspace.Values;

internal readonly record struct StreamId(ulong Milliseconds, ulong Sequence) : IComparable<StreamId>
{
    public const int TextBytesMax = 41;

    public static readonly StreamId Min = new(0, 0);
    public static readonly StreamId Max = new(ulong.MaxValue, ulong.MaxValue);

    public int CompareTo(StreamId other)
    {
        var order = Milliseconds.CompareTo(other.Milliseconds);
        return order != 0 ? order : Sequence.CompareTo(other.Sequence);
    }

    public static bool operator <(StreamId a, StreamId b) => a.CompareTo(b) < 0;

    public static bool operator >(StreamId a, StreamId b) => a.CompareTo(b) > 0;

    public static bool operator <=(StreamId a, StreamId b) => a.CompareTo(b) <= 0;

    public static bool operator >=(StreamId a, StreamId b) => a.CompareTo(b) >= 0;

    /// <summary>The next id, or false at the very last.</summary>
    public bool TryNext(out StreamId next)
    {
        var exists = this != Max; // asked first: the caller may let the next id overwrite this one
        next = Sequence == ulong.MaxValue ? new StreamId(unchecked(Milliseconds + 1), 0) : this with { Sequence = Sequence + 1 };
        return exists;
    }

    /// <summary>The id before, or false at 0-0.</summary>
    public bool TryPrevious(out StreamId previous)
    {
        var exists = this != Min;
        previous = Sequence == 0 ? new StreamId(unchecked(Milliseconds - 1), ulong.MaxValue) : this with { Sequence = Sequence - 1 };
        return exists;
    }

    /// <summary>
    /// Reads "ms-seq" or "ms" (then the sequence is <paramref name="missingSequence"/>). "ms-*" is accepted when <paramref name="allowStar"/>
    /// and told by <paramref name="starred"/>.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, ulong missingSequence, bool allowStar, out StreamId id, out bool starred)
    {
        id = default;
        starred = false;
        if (text.Length > 127)
        {
            return false;
        }

        var dash = text.IndexOf((byte)'-');
        var first = dash < 0 ? text : text[..dash];
        if (!TryParseUnsigned(first, out var milliseconds))
        {
            return false;
        }

        var sequence = missingSequence;
        if (dash >= 0)
        {
            var second = text[(dash + 1)..];
            if (allowStar && second is [(byte)'*'])
            {
                starred = true;
                sequence = 0;
            }
            else if (!TryParseUnsigned(second, out sequence))
            {
                return false;
            }
        }

        id = new StreamId(milliseconds, sequence);
        return true;
    }

    public int Format(Span<byte> destination)
    {
        var fits = Utf8Formatter.TryFormat(Milliseconds, destination, out var length);
        destination[length++] = (byte)'-';
        fits &= Utf8Formatter.TryFormat(Sequence, destination[length..], out var rest);
        Debug.Assert(fits);
        return length + rest;
    }

    /// <summary>Redis's string2ull: string2ll's canonical form, or, beyond 63 bits, what strtoull takes.</summary>
    private static bool TryParseUnsigned(ReadOnlySpan<byte> text, out ulong value)
    {
        if (RedisNumber.TryParseInteger(text, out var signed))
        {
            value = (ulong)signed;
            return signed >= 0;
        }

        // strtoull: leading blanks, a "+", leading zeros.
        var digits = text;
        while (!digits.IsEmpty && RedisNumber.IsBlank(digits[0]))
        {
            digits = digits[1..];
        }

        if (!digits.IsEmpty && digits[0] == '+')
        {
            digits = digits[1..];
        }

        return Utf8Parser.TryParse(digits, out value, out var read) && read == digits.Length && !digits.IsEmpty && char.IsAsciiDigit((char)digits[0]);
    }
}
