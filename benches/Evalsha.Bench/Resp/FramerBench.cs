// The protocol's hot places: finding requests, reading replies, writing replies. Guards the marker lines of RespFramer, RespReader and RespWriter.
// Each operation handles one buffer of 100 requests or replies; divide by 100 for one.
using System.Text;
using BenchmarkDotNet.Attributes;
using Evalsha.Resp;

namespace Evalsha.Bench.Resp;

[MemoryDiagnoser]
public class FramerBench
{
    private const int Many = 100;

    private readonly byte[] _requests = Repeat("*3\r\n$3\r\nSET\r\n$10\r\nkey:000001\r\n$3\r\nabc\r\n");
    private readonly byte[] _scripts = Repeat("*5\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n$1\r\n1\r\n$10\r\nkey:000001\r\n$3\r\nabc\r\n");
    private readonly byte[] _replies = Repeat(":1\r\n");
    private readonly byte[] _strings = Repeat("$3\r\nabc\r\n");
    private readonly RespFramer _framer = new();
    private readonly RespReader _reader = new();
    private readonly RespBuffer _buffer = new(64 * 1024);
    private RespWriter _writer = null!;

    [GlobalSetup]
    public void Setup() => _writer = new RespWriter(_buffer);

    [Benchmark(OperationsPerInvoke = Many)]
    public int FrameSet() => Frame(_requests);

    [Benchmark(OperationsPerInvoke = Many)]
    public int FrameEvalsha() => Frame(_scripts);

    [Benchmark(OperationsPerInvoke = Many)]
    public long ReadIntegers() => Read(_replies);

    [Benchmark(OperationsPerInvoke = Many)]
    public long ReadStrings() => Read(_strings);

    [Benchmark(OperationsPerInvoke = Many)]
    public int WriteReplies()
    {
        _buffer.Clear();
        for (var i = 0; i < Many; i++)
        {
            _writer.Bulk("abc"u8);
        }

        return _buffer.Length;
    }

    private int Frame(byte[] bytes)
    {
        var rest = bytes.AsSpan();
        var found = 0;
        while (_framer.Next(rest) == FrameStatus.Request)
        {
            found += _framer.Arguments.Length;
            rest = rest[_framer.Consumed..];
        }

        return found;
    }

    private long Read(byte[] bytes)
    {
        ReadOnlySpan<byte> rest = bytes;
        var found = 0;
        while (!rest.IsEmpty && _reader.TryRead(rest, out var consumed, out _))
        {
            found++;
            rest = rest[consumed..];
        }

        return found;
    }

    private static byte[] Repeat(string text) => Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(text, Many)));
}
