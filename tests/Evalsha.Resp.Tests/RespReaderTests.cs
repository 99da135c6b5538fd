// The reader: what the writer writes comes back, wherever the bytes are cut; hostile headers cost nothing and are refused.
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Resp.Tests;

public sealed class RespReaderTests
{
    private static readonly Gen<byte[]> Bytes = Gen.Choose(0, 255).Select(b => (byte)b).ArrayOf();

    private static readonly Gen<string> Line = Gen.Elements('a', 'Z', ' ', '-', '$', 'é').ArrayOf().Select(chars => new string(chars));

    private static readonly Gen<RespValue> Scalar = Gen.OneOf(
        Gen.Constant(RespValue.Null),
        Bytes.Select(RespValue.BulkString),
        Line.Select(RespValue.SimpleString),
        Line.Select(text => RespValue.Error("ERR " + text)),
        Gen.Choose(int.MinValue, int.MaxValue).Select(n => RespValue.Integer(n * 4_000_000_007L)),
        Gen.Elements(true, false).Select(RespValue.Boolean),
        Gen.Elements(0, 1.5, -3e-7, 1e21, double.MaxValue, double.Epsilon, double.PositiveInfinity, double.NegativeInfinity, 0.1).Select(RespValue.Double));

    private static Gen<RespValue> Value(int depth) => depth == 0 ? Scalar : Gen.OneOf(
        Scalar,
        Value(depth - 1).ArrayOf().Select(RespValue.Array),
        Value(depth - 1).Two().ArrayOf().Select(pairs => RespValue.Map([.. pairs.SelectMany(pair => new[] { pair.Item1, pair.Item2 })])));

    [Fact]
    public void What_the_writer_writes_comes_back_wherever_the_bytes_are_cut()
    {
        Prop.ForAll(Gen.Sized(size => Value(3).Resize(Math.Min(size, 5))).ListOf().Resize(8).ToArbitrary(), values =>
        {
            var buffer = new RespBuffer();
            var writer = new RespWriter(buffer) { Protocol = 3 };
            foreach (var value in values)
            {
                writer.Value(value);
            }

            var bytes = buffer.Written.ToArray();
            for (var piece = 1; piece <= bytes.Length; piece = piece < 20 ? piece + 1 : piece * 2)
            {
                var back = Feed(bytes, piece);
                back.Count.ShouldBe(values.Count);
                for (var i = 0; i < back.Count; i++)
                {
                    ShouldEqual(back[i], values[i]);
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    [Fact]
    public void Every_kind_of_reply_is_read()
    {
        One("+OK\r\n").ShouldBe((RespKind.SimpleString, "OK"));
        One("-ERR x y\r\n").ShouldBe((RespKind.Error, "ERR x y"));
        One(":-12\r\n").ShouldBe((RespKind.Integer, "-12"));
        One("$-1\r\n").ShouldBe((RespKind.Null, null));
        One("*-1\r\n").ShouldBe((RespKind.Null, null));
        One("_\r\n").ShouldBe((RespKind.Null, null));
        One("#t\r\n").ShouldBe((RespKind.Boolean, "1"));
        One(",1.5\r\n").ShouldBe((RespKind.Double, "1.5"));
        One(",inf\r\n").ShouldBe((RespKind.Double, "inf"));
        One("(12345678901234567890123\r\n").ShouldBe((RespKind.BigNumber, "12345678901234567890123"));
        One("!7\r\nERR a\r\n\r\n").ShouldBe((RespKind.BulkError, "ERR a\r\n"));
        One("=8\r\ntxt:some\r\n").ShouldBe((RespKind.VerbatimString, "some"));
        Read("~2\r\n:1\r\n:2\r\n").Kind.ShouldBe(RespKind.Set);
        Read(">2\r\n+a\r\n+b\r\n").Kind.ShouldBe(RespKind.Push);
        Read("%1\r\n+a\r\n:7\r\n")["a"].AsInteger().ShouldBe(7);
        Read("*2\r\n$1\r\na\r\n:7\r\n")["a"].AsInteger().ShouldBe(7);
    }

    [Fact]
    public void Attributes_are_read_and_dropped_at_any_place()
    {
        Read("|1\r\n+ttl\r\n:3\r\n*2\r\n:1\r\n|1\r\n+a\r\n*1\r\n:9\r\n:2\r\n").ToString().ShouldBe("[1, 2]");
        Read("|0\r\n:5\r\n").AsInteger().ShouldBe(5);
    }

    [Theory]
    [InlineData("$?\r\n", "Streamed")]
    [InlineData("*?\r\n", "Streamed")]
    [InlineData("$536870913\r\n", "limit")]
    [InlineData("*1048577\r\n", "limit")]
    [InlineData("$-2\r\n", "limit")]
    [InlineData("@1\r\n", "no RESP type")]
    [InlineData("\r\n", "empty")]
    [InlineData("+OK\n", "CR LF")]
    [InlineData("$1\r\nab\r\n", "CR LF")]
    [InlineData(":x\r\n", "number")]
    [InlineData("#x\r\n", "no RESP type")]
    public void What_is_not_resp_is_refused(string bytes, string reason) =>
        Should.Throw<RespProtocolException>(() => Read(bytes)).Message.ShouldContain(reason);

    [Fact]
    public void Nesting_has_a_limit()
    {
        Read(string.Concat(Enumerable.Repeat("*1\r\n", 512)) + ":1\r\n").Count.ShouldBe(1);
        Should.Throw<RespProtocolException>(() => Read(string.Concat(Enumerable.Repeat("*1\r\n", 513))));
    }

    [Fact]
    public void A_declared_length_allocates_little()
    {
        foreach (var hostile in (string[])["$536870912\r\nabc", "*1048576\r\n:1\r\n", "%1048576\r\n", string.Concat(Enumerable.Repeat("*1048576\r\n", 100))])
        {
            var bytes = Encoding.ASCII.GetBytes(hostile);
            var reader = new RespReader();
            var before = GC.GetAllocatedBytesForCurrentThread();
            reader.TryRead(bytes, out _, out _).ShouldBeFalse();
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100 * 8 * 1024, hostile[..10]);
        }
    }

    [Fact]
    public void A_long_string_and_a_long_line_survive_small_pieces()
    {
        var text = new string('x', 300_000);
        Feed(Encoding.ASCII.GetBytes($"${text.Length}\r\n{text}\r\n"), 1000).Single().AsText().ShouldBe(text);
        Feed(Encoding.ASCII.GetBytes($"+{text}\r\n"), 1000).Single().AsText().ShouldBe(text);
    }

    private static (RespKind Kind, string? Text) One(string bytes)
    {
        var value = Read(bytes);
        return (value.Kind, value.AsTextOrNull());
    }

    private static RespValue Read(string bytes)
    {
        var reader = new RespReader();
        reader.TryRead(Encoding.Latin1.GetBytes(bytes), out var consumed, out var value).ShouldBeTrue();
        consumed.ShouldBe(bytes.Length);
        reader.AtBoundary.ShouldBeTrue();
        return value;
    }

    private static List<RespValue> Feed(byte[] bytes, int piece)
    {
        var reader = new RespReader();
        var values = new List<RespValue>();
        for (var at = 0; at < bytes.Length; at += piece)
        {
            var rest = bytes.AsSpan(at, Math.Min(piece, bytes.Length - at));
            while (!rest.IsEmpty && reader.TryRead(rest, out var consumed, out var value))
            {
                values.Add(value);
                rest = rest[consumed..];
            }
        }

        reader.AtBoundary.ShouldBeTrue();
        return values;
    }

    private static void ShouldEqual(RespValue one, RespValue other)
    {
        one.Kind.ShouldBe(other.Kind);
        if (one.IsAggregate)
        {
            one.Count.ShouldBe(other.Count);
            for (var i = 0; i < one.Count; i++)
            {
                ShouldEqual(one[i], other[i]);
            }
        }
        else if (!one.IsNull)
        {
            one.AsBytes().ToArray().ShouldBe(other.AsBytes().ToArray());
        }
    }
}
