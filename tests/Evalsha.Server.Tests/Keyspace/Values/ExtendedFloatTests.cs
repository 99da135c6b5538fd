// Sums in 80 bits. The random comparison with a real server is in Commands/CommandFuzzTests.cs.
using System.Text;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class ExtendedFloatTests
{
    [Theory]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("10.50", "0.1", "10.6")]
    [InlineData("5.0e3", "2.0e2", "5200")]
    [InlineData("3", "1.000000000000000005", "4.00000000000000001")]
    [InlineData("-1", "1", "0")]
    [InlineData("0", "1e-18", "0")]
    [InlineData("0", "-1e-18", "0")]
    [InlineData("0", "1e-17", "0.00000000000000001")]
    public void Sums_print_as_long_doubles_do(string a, string b, string sum)
    {
        ExtendedFloat.TryParse(Encoding.ASCII.GetBytes(a), out var left).ShouldBeTrue();
        ExtendedFloat.TryParse(Encoding.ASCII.GetBytes(b), out var right).ShouldBeTrue();
        Encoding.ASCII.GetString((left + right).Format()).ShouldBe(sum);
    }

    [Fact]
    public void Addition_does_not_mind_the_order() => Properties.Hold<(int A, int B)>(pair =>
    {
        ExtendedFloat.TryParse(Encoding.ASCII.GetBytes($"{pair.A}e-3"), out var left).ShouldBeTrue();
        ExtendedFloat.TryParse(Encoding.ASCII.GetBytes($"{pair.B}e-4"), out var right).ShouldBeTrue();
        (left + right).Format().ShouldBe((right + left).Format());
    });

    [Theory]
    [InlineData("1e5000")]
    [InlineData("1e-5000")]
    [InlineData("nan")]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1x")]
    public void What_is_no_number(string text) => ExtendedFloat.TryParse(Encoding.ASCII.GetBytes(text), out _).ShouldBeFalse();

    [Fact]
    public void An_infinity_is_read_and_makes_an_infinite_sum()
    {
        ExtendedFloat.TryParse("inf"u8, out var infinite).ShouldBeTrue();
        ExtendedFloat.TryParse("1"u8, out var one).ShouldBeTrue();
        (infinite + one).IsInfinite.ShouldBeTrue();
    }
}
