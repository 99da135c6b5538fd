// The three forms of a string, and their names.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class StringValueTests
{
    [Fact]
    public void Every_form_has_the_bytes_that_went_in() => Properties.Hold<byte[]>(bytes =>
    {
        var stored = StringValue.Encoded(ByteString.From(bytes));
        var scratch = new byte[StringValue.ScratchBytes];
        StringValue.Bytes(stored, scratch).ToArray().ShouldBe(bytes);
        StringValue.Length(stored).ShouldBe(bytes.Length);
        StringValue.Buffer(stored).Span.ToArray().ShouldBe(bytes);
        StringValue.Text(StringValue.Clone(stored)).Span.ToArray().ShouldBe(bytes);
    });

    [Theory]
    [InlineData("12345", "int")]
    [InlineData("012", "embstr")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "embstr")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "raw")]
    public void The_encoding_has_redis_names(string text, string encoding) =>
        StringValue.Encoding(StringValue.Encoded(ByteString.FromUtf8(text))).ShouldBe(encoding);

    [Fact]
    public void A_buffer_grows_with_zeros_between()
    {
        var buffer = new StringBuffer("ab"u8);
        "z"u8.CopyTo(buffer.Extend(6)[5..]);
        Encoding.Latin1.GetString(buffer.Span).ShouldBe("ab\0\0\0z");
        StringValue.Encoding(buffer).ShouldBe("raw");
    }
}
