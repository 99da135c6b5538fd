// Writes RESP: requests, and every kind of reply for protocol 2 and 3.
// Always: each call writes one whole frame or one aggregate's header; in protocol 2 the RESP3 kinds become what Redis sends instead of them.
// The caller counts an aggregate's elements; nothing here checks that they follow.
// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Resp/FramerBench.cs
using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;

namespace Evalsha.Resp;

public sealed class RespWriter(IBufferWriter<byte> output)
{
    private const int LongestLength = 32; // marker, sign, 19 digits, CRLF

    /// <summary>2 or 3; HELLO changes it.</summary>
    public int Protocol { get; set; } = 2;

    private bool IsResp3 => Protocol >= 3;

    /// <summary>The header of a request of <paramref name="count"/> arguments, command name included; each follows as <see cref="Bulk(ReadOnlySpan{byte})"/>.</summary>
    public void Request(int count) => Header((byte)'*', count);

    /// <summary><c>+text</c>. A CR or LF inside becomes a space, as in Redis.</summary>
    public void SimpleString(ReadOnlySpan<byte> text) => Line((byte)'+', text);

    /// <summary><c>-text</c>; the text begins with its code. A CR or LF inside becomes a space, as in Redis.</summary>
    public void Error(ReadOnlySpan<byte> text) => Line((byte)'-', text);

    public void Error(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var span = output.GetSpan(length + 3);
        span[0] = (byte)'-';
        Encoding.UTF8.GetBytes(text, span[1..]);
        OneLine(span.Slice(1, length));
        EndLine(span, length + 1);
    }

    public void Integer(long value) => Header((byte)':', value);

    public void Bulk(ReadOnlySpan<byte> bytes)
    {
        var span = output.GetSpan(bytes.Length + LongestLength);
        var at = Header(span, (byte)'$', bytes.Length);
        bytes.CopyTo(span[at..]);
        EndLine(span, at + bytes.Length);
    }

    /// <summary>A bulk string from text, as UTF-8.</summary>
    public void Bulk(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        var span = output.GetSpan(length + LongestLength);
        var at = Header(span, (byte)'$', length);
        Encoding.UTF8.GetBytes(text, span[at..]);
        EndLine(span, at + length);
    }

    /// <summary>A bulk string of the integer's digits.</summary>
    public void BulkInteger(long value)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, digits, out var length);
        Bulk(digits[..length]);
    }

    /// <summary>A bulk string of the double's digits; see <see cref="RespDouble"/>.</summary>
    public void BulkDouble(double value)
    {
        Span<byte> digits = stackalloc byte[RespDouble.MaxLength];
        Bulk(digits[..RespDouble.Format(value, digits)]);
    }

    public void Null() => Raw(IsResp3 ? "_\r\n"u8 : "$-1\r\n"u8);

    public void NullArray() => Raw(IsResp3 ? "_\r\n"u8 : "*-1\r\n"u8);

    public void Array(long count) => Header((byte)'*', count);

    /// <summary>A map of <paramref name="pairs"/> pairs; in protocol 2 an array of twice as many.</summary>
    public void Map(long pairs) => Header(IsResp3 ? (byte)'%' : (byte)'*', IsResp3 ? pairs : pairs * 2);

    public void Set(long count) => Header(IsResp3 ? (byte)'~' : (byte)'*', count);

    public void Push(long count) => Header(IsResp3 ? (byte)'>' : (byte)'*', count);

    /// <summary>Attributes of the next reply, in pairs. Protocol 3 only.</summary>
    public void Attribute(long pairs)
    {
        if (!IsResp3)
        {
            throw new InvalidOperationException("RESP2 has no attributes.");
        }

        Header((byte)'|', pairs);
    }

    public void Boolean(bool value) => Raw(IsResp3 ? (value ? "#t\r\n"u8 : "#f\r\n"u8) : (value ? ":1\r\n"u8 : ":0\r\n"u8));

    public void Double(double value)
    {
        if (!IsResp3)
        {
            BulkDouble(value);
            return;
        }

        var span = output.GetSpan(RespDouble.MaxLength + 3);
        span[0] = (byte)',';
        EndLine(span, 1 + RespDouble.Format(value, span[1..]));
    }

    /// <summary>A double in digits of the caller's; a bulk string in protocol 2.</summary>
    public void Double(ReadOnlySpan<byte> digits)
    {
        if (IsResp3)
        {
            Line((byte)',', digits);
        }
        else
        {
            Bulk(digits);
        }
    }

    /// <summary>A number of any size, given as its decimal digits.</summary>
    public void BigNumber(ReadOnlySpan<byte> digits)
    {
        if (IsResp3)
        {
            Line((byte)'(', digits);
        }
        else
        {
            Bulk(digits);
        }
    }

    /// <summary>Text with a format of three letters, such as <c>txt</c>; in protocol 2 a bulk string.</summary>
    public void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text)
    {
        if (!IsResp3)
        {
            Bulk(text);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(format.Length, 3, nameof(format));
        var span = output.GetSpan(text.Length + 4 + LongestLength);
        var at = Header(span, (byte)'=', text.Length + 4);
        format.CopyTo(span[at..]);
        span[at + 3] = (byte)':';
        text.CopyTo(span[(at + 4)..]);
        EndLine(span, at + 4 + text.Length);
    }

    /// <summary>An error that may hold line ends; in protocol 2 a plain error with spaces instead.</summary>
    public void BulkError(ReadOnlySpan<byte> text)
    {
        if (!IsResp3)
        {
            Error(text);
            return;
        }

        var span = output.GetSpan(text.Length + LongestLength);
        var at = Header(span, (byte)'!', text.Length);
        text.CopyTo(span[at..]);
        EndLine(span, at + text.Length);
    }

    /// <summary>Bytes that are RESP already, such as a shared constant reply.</summary>
    public void Raw(ReadOnlySpan<byte> resp)
    {
        resp.CopyTo(output.GetSpan(resp.Length));
        output.Advance(resp.Length);
    }

    /// <summary>Writes a parsed value again, in this writer's protocol.</summary>
    public void Value(RespValue value)
    {
        switch (value.Kind)
        {
            case RespKind.Null: Null(); break;
            case RespKind.SimpleString: SimpleString(value.AsBytes().Span); break;
            case RespKind.Error: Error(value.AsBytes().Span); break;
            case RespKind.Integer: Integer(value.AsInteger()); break;
            case RespKind.BulkString: Bulk(value.AsBytes().Span); break;
            case RespKind.Boolean: Boolean(value.AsBoolean()); break;
            case RespKind.Double: Double(value.AsDouble()); break;
            case RespKind.BigNumber: BigNumber(value.AsBytes().Span); break;
            case RespKind.BulkError: BulkError(value.AsBytes().Span); break;
            case RespKind.VerbatimString: Verbatim("txt"u8, value.AsBytes().Span); break;
            case RespKind.Map: Map(value.Count / 2); Elements(value); break;
            case RespKind.Set: Set(value.Count); Elements(value); break;
            case RespKind.Push: Push(value.Count); Elements(value); break;
            default: Array(value.Count); Elements(value); break;
        }
    }

    private void Elements(RespValue aggregate)
    {
        foreach (var item in aggregate.Items)
        {
            Value(item);
        }
    }

    private void Header(byte marker, long number) => output.Advance(Header(output.GetSpan(LongestLength), marker, number));

    private void Line(byte marker, ReadOnlySpan<byte> text)
    {
        var span = output.GetSpan(text.Length + 3);
        span[0] = marker;
        text.CopyTo(span[1..]);
        OneLine(span.Slice(1, text.Length));
        EndLine(span, text.Length + 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EndLine(Span<byte> span, int at)
    {
        span[at + 1] = (byte)'\n';
        span[at] = (byte)'\r';
        output.Advance(at + 2);
    }

    private static void OneLine(Span<byte> text)
    {
        while (text.IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and var i)
        {
            text[i] = (byte)' ';
            text = text[(i + 1)..];
        }
    }

    private static int Header(Span<byte> span, byte marker, long number)
    {
        span[0] = marker;
        var at = 2;
        if ((ulong)number < 10)
        {
            span[1] = (byte)('0' + number);
        }
        else
        {
            Utf8Formatter.TryFormat(number, span[1..], out var digits);
            at = digits + 1;
        }

        span[at + 1] = (byte)'\n';
        span[at] = (byte)'\r';
        return at + 2;
    }
}
