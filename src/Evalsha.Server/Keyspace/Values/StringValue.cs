// What a string key holds, in one of four forms, and the questions every command asks of all four:
//   byte[]        as they came from a client; SET writes over them when the length stays, and nobody else may keep the array
//   ByteString    immutable; a script's argument is stored and handed back as the same object, and a script's first GET makes one of a byte[]
//   IntegerValue  a counter; INCR changes it in place and GET prints it
//   StringBuffer  growing; APPEND, SETRANGE and SETBIT write into it
// Always true: no other type is a string, and a text that is a canonical integer is stored as IntegerValue by SET (so OBJECT ENCODING says "int").
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

/// <summary>A 64-bit integer that counts in place.</summary>
internal sealed class IntegerValue(long value)
{
    public long Value { get; set; } = value;
}

/// <summary>Bytes that grow at the end and can be overwritten.</summary>
internal sealed class StringBuffer
{
    private byte[] _bytes;

    public StringBuffer(ReadOnlySpan<byte> bytes) => (_bytes, Length) = (bytes.ToArray(), bytes.Length);

    private StringBuffer(byte[] bytes) => (_bytes, Length) = (bytes, bytes.Length);

    /// <summary>So many zeros, without room to grow.</summary>
    public static StringBuffer OfZeros(int length) => new(new byte[length]);

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>The first <paramref name="length"/> bytes for writing; new ones are zero.</summary>
    public Span<byte> Extend(int length)
    {
        if (length > _bytes.Length)
        {
            // As Redis's sds: twice the need up to a megabyte, then a megabyte more.
            const int megabyte = 1024 * 1024;
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, length < megabyte ? length * 2L : (long)length + megabyte));
        }

        Length = Math.Max(Length, length);
        return _bytes.AsSpan(0, Length);
    }

    /// <summary>Forgets what lies behind the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        if (length < Length)
        {
            _bytes.AsSpan(length, Length - length).Clear(); // what Extend brings back is zero
            Length = length;
        }
    }
}

internal static class StringValue
{
    /// <summary>Scratch bytes that <see cref="Bytes"/> may need.</summary>
    public const int ScratchBytes = RedisNumber.IntegerBytesMax;

    private const int SharedIntegers = 10000;

    public static bool IsString([NotNullWhen(true)] object? value) => value is ByteString or IntegerValue or StringBuffer or byte[];

    /// <summary>What SET stores: a counter for canonical integers, else the bytes as they are.</summary>
    /// <param name="old">The value that is replaced: written over where that is possible.</param>
    /// <param name="shared">The text as an object that may be kept, if there is one.</param>
    public static object Encoded(ReadOnlySpan<byte> text, object? old = null, ByteString? shared = null)
    {
        if (RedisNumber.TryParseInteger(text, out var integer))
        {
            var counter = old as IntegerValue ?? new IntegerValue(integer);
            counter.Value = integer;
            return counter;
        }

        if (shared is not null)
        {
            return shared;
        }

        if (TryPlain(old, out var plain) && plain.Length == text.Length)
        {
            text.CopyTo(plain);
            return plain;
        }

        return text.ToArray();
    }

    /// <summary>The bytes that SET may write over; false for the three other forms.</summary>
    public static bool TryPlain(object? value, [NotNullWhen(true)] out byte[]? bytes)
    {
        // Not "is byte[]", which asks the runtime about every kind of array (DispatchBench, Set and Get).
        bytes = value is not null && value.GetType() == typeof(byte[]) ? Unsafe.As<byte[]>(value) : null;
        return bytes is not null;
    }

    /// <summary>The string's bytes; an integer is printed into <paramref name="scratch"/> (<see cref="ScratchBytes"/> long).</summary>
    public static ReadOnlySpan<byte> Bytes(object value, Span<byte> scratch) => value switch
    {
        ByteString text => text.Span,
        byte[] bytes => bytes,
        IntegerValue integer => scratch[..RedisNumber.FormatInteger(integer.Value, scratch)],
        _ => ((StringBuffer)value).Span,
    };

    /// <summary>The string as an object of its own, copied unless it is immutable already.</summary>
    public static ByteString Text(object value) => value as ByteString ?? ByteString.From(Bytes(value, stackalloc byte[ScratchBytes]));

    public static int Length(object value) => value switch
    {
        ByteString text => text.Length,
        byte[] bytes => bytes.Length,
        IntegerValue integer => RedisNumber.IntegerLength(integer.Value),
        _ => ((StringBuffer)value).Length,
    };

    /// <summary>The value itself as a growing buffer, or a new one with its bytes.</summary>
    public static StringBuffer Buffer(object value) => value as StringBuffer ?? new StringBuffer(Bytes(value, stackalloc byte[ScratchBytes]));

    public static bool TryInteger(object value, out long integer)
    {
        if (value is IntegerValue counter)
        {
            integer = counter.Value;
            return true;
        }

        return RedisNumber.TryParseInteger(Bytes(value, default), out integer);
    }

    public static string Encoding(object value) => value switch
    {
        IntegerValue => "int",
        ByteString text when text.Length <= EncodingLimits.EmbeddedStringBytesMax => "embstr",
        byte[] { Length: <= EncodingLimits.EmbeddedStringBytesMax } => "embstr",
        _ => "raw",
    };

    /// <summary>OBJECT REFCOUNT: small integers are shared objects in Redis.</summary>
    public static long ReferenceCount(object value) => value is IntegerValue { Value: >= 0 and < SharedIntegers } ? int.MaxValue : 1;

    public static object Clone(object value) => value switch
    {
        IntegerValue integer => new IntegerValue(integer.Value),
        StringBuffer buffer => new StringBuffer(buffer.Span),
        byte[] bytes => bytes.AsSpan().ToArray(),
        _ => value,
    };
}
