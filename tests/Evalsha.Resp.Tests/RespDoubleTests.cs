// Doubles as Redis 7.2 prints them, and back.
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Resp.Tests;

public sealed class RespDoubleTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(100, "100")]
    [InlineData(0.1, "0.1")]
    [InlineData(-1.5, "-1.5")]
    [InlineData(3.14159, "3.14159")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(4.5e18, "4500000000000000000")]
    [InlineData(1e19, "1e+19")]
    [InlineData(1e21, "1e+21")]
    [InlineData(1.5e300, "1.5e+300")]
    [InlineData(1e-5, "0.00001")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(1.25e-7, "1.25e-7")]
    [InlineData(0.000123, "0.000123")]
    [InlineData(9007199254740993, "9007199254740992")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(double.Epsilon, "5e-324")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NaN, "nan")]
    public void A_double_is_written_with_its_shortest_digits(double value, string text) => RespDouble.ToText(value).ShouldBe(text);

    [Fact]
    public void What_is_written_reads_back_as_the_same_bits()
    {
        Prop.ForAll<double>(value => ReadsBack(value)).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++)
        {
            ReadsBack(BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue))).ShouldBeTrue();
            ReadsBack(random.Next(1_000_000) / 1000.0).ShouldBeTrue();
        }
    }

    private static bool ReadsBack(double value) =>
        RespDouble.TryParse(Encoding.ASCII.GetBytes(RespDouble.ToText(value)), out var back)
        && (double.IsNaN(value) ? double.IsNaN(back) : BitConverter.DoubleToInt64Bits(back) == BitConverter.DoubleToInt64Bits(value));
}
