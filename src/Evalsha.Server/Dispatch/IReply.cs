// Where a command's reply goes: RESP bytes in a session's output, or Lua values for a script.
// Always: one command makes one reply; an aggregate's header is followed by exactly as many replies as it announced (a map: twice as many).
// What a protocol lacks, the implementation writes in its older form (a map as a flat array, a double as a bulk string).
using Evalsha.Lua.Runtime;
using Evalsha.Resp;

namespace Evalsha.Server.Dispatch;

public interface IReply
{
    /// <summary>2 or 3.</summary>
    int Protocol { get; }

    void Status(ReadOnlySpan<byte> text);

    /// <summary>An error, with its code and without the leading dash: <c>ERR syntax error</c>.</summary>
    void Error(ReadOnlySpan<byte> text);

    void Integer(long value);

    void Bulk(ReadOnlySpan<byte> value);

    /// <summary>As Bulk of the bytes; a script gets this very object.</summary>
    void Bulk(ByteString value);

    /// <summary>A missing value: <c>$-1</c>, or <c>_</c>.</summary>
    void Null();

    /// <summary>A missing array: <c>*-1</c>, or <c>_</c>.</summary>
    void NullArray();

    void Array(int count);

    /// <summary>A map of <paramref name="pairs"/> keys, each followed by its value.</summary>
    void Map(int pairs);

    void Set(int count);

    void Push(int count);

    void Double(double value);

    /// <summary>As Double, in these digits where the protocol shows digits.</summary>
    void Double(double value, ReadOnlySpan<byte> digits);

    void Boolean(bool value);

    void BigNumber(ReadOnlySpan<byte> digits);

    /// <param name="format">Three bytes: txt, mkd.</param>
    void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text);
}

public static class ReplyExtensions
{
    public static void Ok(this IReply reply) => reply.Status("OK"u8);

    /// <summary>An error text that is put together at run time; anything in it that would break the line becomes a space.</summary>
    public static void Error(this IReply reply, string text) => reply.Error(System.Text.Encoding.UTF8.GetBytes(text));

    public static void Bulk(this IReply reply, string text) => reply.Bulk(System.Text.Encoding.UTF8.GetBytes(text));

    public static void Status(this IReply reply, string text) => reply.Status(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>An integer as a bulk string (<c>$2 42</c>).</summary>
    public static void BulkInteger(this IReply reply, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        value.TryFormat(digits, out var written);
        reply.Bulk(digits[..written]);
    }

    /// <summary>A double as a bulk string, shortest form that reads back equal.</summary>
    public static void BulkDouble(this IReply reply, double value)
    {
        Span<byte> digits = stackalloc byte[RespDouble.MaxLength];
        reply.Bulk(digits[..RespDouble.Format(value, digits)]);
    }
}
