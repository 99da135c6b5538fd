// A command's reply as RESP bytes in a session's output, in the protocol its client speaks.
// Always: writes only to its own output; counts error replies for INFO.
using Evalsha.Lua.Runtime;
using Evalsha.Resp;

namespace Evalsha.Server.Dispatch;

public sealed class RespReply(RespBuffer output, ServerStats stats) : IReply
{
    private readonly RespWriter _writer = new(output);

    public RespBuffer Output { get; } = output;

    public int Protocol
    {
        get => _writer.Protocol;
        set => _writer.Protocol = value;
    }

    public void Status(ReadOnlySpan<byte> text) => _writer.SimpleString(text);

    public void Error(ReadOnlySpan<byte> text)
    {
        stats.CountError(text);
        _writer.Error(text);
    }

    public void Integer(long value) => _writer.Integer(value);

    public void Bulk(ReadOnlySpan<byte> value) => _writer.Bulk(value);

    public void Bulk(ByteString value) => _writer.Bulk(value.Span);

    public void Null() => _writer.Null();

    public void NullArray() => _writer.NullArray();

    public void Array(int count) => _writer.Array(count);

    public void Map(int pairs) => _writer.Map(pairs);

    public void Set(int count) => _writer.Set(count);

    public void Push(int count) => _writer.Push(count);

    public void Double(double value) => _writer.Double(value);

    public void Double(double value, ReadOnlySpan<byte> digits) => _writer.Double(digits);

    public void Boolean(bool value) => _writer.Boolean(value);

    public void BigNumber(ReadOnlySpan<byte> digits) => _writer.BigNumber(digits);

    public void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text) => _writer.Verbatim(format, text);
}
