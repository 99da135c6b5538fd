// The four forms of a string, and their names.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class StringValueTests
{
    [Fact]
    public void Every_form_has_the_bytes_that_went_in() => Properties.Hold<byte[]>(bytes =>
    {
        foreach (var stored in new[] { StringValue.Encoded(bytes), StringValue.Encoded(bytes, shared: ByteString.From(bytes)), new StringBuffer(bytes) })
        {
            var scratch = new byte[StringValue.ScratchBytes];
            StringValue.IsString(stored).ShouldBeTrue();
            StringValue.Bytes(stored, scratch).ToArray().ShouldBe(bytes);
            StringValue.Length(stored).ShouldBe(bytes.Length);
            StringValue.Buffer(stored).Span.ToArray().ShouldBe(bytes);
            StringValue.Text(StringValue.Clone(stored)).Span.ToArray().ShouldBe(bytes);
        }
    });

    [Fact]
    public void Bytes_of_the_same_length_are_written_over_and_what_others_may_hold_is_not()
    {
        var plain = StringValue.Encoded("abc"u8);
        var copy = StringValue.Clone(plain);
        var text = StringValue.Text(plain);
        StringValue.Encoded("xyz"u8, old: plain).ShouldBeSameAs(plain);
        StringValue.Bytes(plain, default).SequenceEqual("xyz"u8).ShouldBeTrue();
        StringValue.Bytes(copy, default).SequenceEqual("abc"u8).ShouldBeTrue();
        text.ShouldBe(ByteString.FromUtf8("abc"));

        StringValue.Encoded("xyz"u8, old: text).ShouldNotBeSameAs(text);
        text.ShouldBe(ByteString.FromUtf8("abc"));
    }

    [Theory]
    [InlineData("12345", "int")]
    [InlineData("012", "embstr")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "embstr")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "raw")]
    public void The_encoding_has_redis_names(string text, string encoding) =>
        StringValue.Encoding(StringValue.Encoded(Encoding.ASCII.GetBytes(text))).ShouldBe(encoding);

    [Fact]
    public void A_buffer_grows_with_zeros_between()
    {
        var buffer = new StringBuffer("ab"u8);
        "z"u8.CopyTo(buffer.Extend(6)[5..]);
        Encoding.Latin1.GetString(buffer.Span).ShouldBe("ab\0\0\0z");
        StringValue.Encoding(buffer).ShouldBe("raw");
    }
}
