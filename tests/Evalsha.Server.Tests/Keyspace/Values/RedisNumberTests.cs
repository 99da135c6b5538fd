// What Redis takes for an integer and for a double.
using System.Globalization;
using System.Text;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class RedisNumberTests
{
    [Fact]
    public void Only_the_canonical_form_is_an_integer() => Properties.Hold<long>(value =>
    {
        Span<byte> text = stackalloc byte[RedisNumber.IntegerBytesMax];
        var length = RedisNumber.FormatInteger(value, text);
        RedisNumber.TryParseInteger(text[..length], out var back).ShouldBeTrue();
        back.ShouldBe(value);
        RedisNumber.TryParseInteger(Encoding.ASCII.GetBytes($"0{value}"), out _).ShouldBeFalse();
        RedisNumber.TryParseInteger(Encoding.ASCII.GetBytes($" {value}"), out _).ShouldBeFalse();
        RedisNumber.TryParseInteger(Encoding.ASCII.GetBytes($"+{value}"), out _).ShouldBeFalse();
    });

    [Theory]
    [InlineData("9223372036854775807", true)]
    [InlineData("9223372036854775808", false)]
    [InlineData("-9223372036854775808", true)]
    [InlineData("-9223372036854775809", false)]
    [InlineData("99999999999999999999", false)]
    [InlineData("-", false)]
    [InlineData("", false)]
    [InlineData("-0", false)]
    [InlineData("0", true)]
    public void The_borders_of_an_integer(string text, bool isInteger) => RedisNumber.TryParseInteger(Encoding.ASCII.GetBytes(text), out _).ShouldBe(isInteger);

    [Fact]
    public void A_double_is_read_as_it_was_printed() => Properties.Hold<double>(value =>
    {
        if (double.IsNaN(value) || (value != 0 && !double.IsNormal(value) && double.IsFinite(value)))
        {
            return;
        }

        var text = double.IsInfinity(value) ? (value > 0 ? "inf" : "-inf") : value.ToString("R", CultureInfo.InvariantCulture);
        RedisNumber.TryParseDouble(Encoding.ASCII.GetBytes(text), out var back).ShouldBeTrue(text);
        back.ShouldBe(value);
    });

    [Theory]
    [InlineData("0x10", 16)]
    [InlineData("0x1.8p1", 3)]
    [InlineData("-0X.8P+1", -1)]
    [InlineData("+5", 5)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5)]
    [InlineData("1e3", 1000)]
    [InlineData("infinity", double.PositiveInfinity)]
    [InlineData("-INF", double.NegativeInfinity)]
    public void What_strtod_reads(string text, double value)
    {
        RedisNumber.TryParseDouble(Encoding.ASCII.GetBytes(text), out var read).ShouldBeTrue();
        read.ShouldBe(value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("nan")]
    [InlineData("1e400")]
    [InlineData("1e-400")]
    [InlineData("0x")]
    [InlineData("1e")]
    [InlineData("e5")]
    [InlineData(".")]
    [InlineData("--1")]
    [InlineData("1_000")]
    [InlineData("1,5")]
    [InlineData("infinite")]
    public void What_is_no_score(string text) => RedisNumber.TryParseDouble(Encoding.ASCII.GetBytes(text), out _).ShouldBeFalse();
}
