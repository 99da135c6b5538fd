// Numbers to text and back, compared byte for byte with lua5.1 on glibc, and by properties where no judge is needed.
using System.Globalization;
using System.Text;
using Evalsha.Lua.Runtime;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Lua.Tests.Runtime;

public sealed class LuaNumberTests
{
    private static readonly double[] Corners =
    [
        0, -0.0, 1, -1, 0.1, 0.5, 1.5, 2.5, 3.5, 0.25, 1.25, 0.125, 0.375, 1e14, 1e15, 99999999999999, 99999999999999.5, 100000000000000.5,
        12345678901234.5, 12345678901235.5, 123456789012345678, 1e21, 1e22, 1e23, 1e-5, 1e-4, 9.9999e-5, 0.00099999999999999999, 123.456e-10,
        double.MaxValue, double.Epsilon, 2.2250738585072014e-308, 2.2250738585072009e-308, 9007199254740992, 9007199254740993, 9.5, 99.5, 999999.5,
        1.0 / 3, 2.0 / 3, 1e100, 1e300, 5e-324, 1e-300, 4611686018427387904, 9223372036854775807, 18446744073709551615, 1.00000762939453125,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN, -double.NaN, 2147483647.5, -2147483648.5, 4294967295, 65, 255, 256, -255,
    ];

    [Fact]
    public void Tostring_prints_as_lua_does()
    {
        var values = Corners.Concat(Samples(20000, seed: 1)).ToArray();
        var expected = PucLua.Lines("for _, v in ipairs {" + string.Join(",\n", values.Select(v => PucLua.Literal(v))) + "} do print(tostring(v)) end");
        var buffer = new byte[LuaNumber.MaxTextLength];
        for (var i = 0; i < values.Length; i++)
        {
            Encoding.ASCII.GetString(buffer, 0, LuaNumber.Format(values[i], buffer)).ShouldBe(expected[i], $"{values[i]:R}");
        }
    }

    [Fact]
    public void Every_conversion_with_every_flag_prints_as_c_does()
    {
        var random = new Random(2);
        var cases = new List<(string Spec, double Value)>();
        var samples = Samples(400, seed: 3).Concat(Corners).ToArray();
        foreach (var conversion in "eEfgG")
        {
            for (var i = 0; i < 2500; i++)
            {
                cases.Add((RandomSpec(random, conversion), samples[random.Next(samples.Length)]));
            }
        }

        foreach (var conversion in "dioxXuc")
        {
            for (var i = 0; i < 800; i++)
            {
                var value = random.Next(3) switch { 0 => random.Next(-300, 300), 1 => (double)random.NextInt64(), _ => samples[random.Next(samples.Length)] };
                cases.Add((RandomSpec(random, conversion), value));
            }
        }

        var expected = PucLua.Lines("for _, c in ipairs {" + string.Join(",\n", cases.Select(c => $"{{'%{c.Spec}',{PucLua.Literal(c.Value)}}}"))
            + "} do print(hex(string.format(c[1], c[2]))) end");
        for (var i = 0; i < cases.Count; i++)
        {
            PucLua.Hex(Print(cases[i].Spec, cases[i].Value)).ShouldBe(expected[i], $"%{cases[i].Spec} of {cases[i].Value:R}");
        }
    }

    [Fact]
    public void Tonumber_reads_what_strtod_reads()
    {
        var random = new Random(4);
        var texts = new List<string>
        {
            "", " ", "0", "-0", "+0", "00", "1", " 1 ", "\t\n1\v\f\r", "1e", "1e+", "1e1", "1E1", ".", ".5", "5.", "-.5", "+.5e1", "1..2", "1 2", "0x", "0x1", "0X1F", "-0x10",
            "0x.8", "0x1.8", "0x1p4", "0x1p", "0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x.p1", "0xg", "0x1p99999999999", "0x1p-99999999999", "inf", "INF", "-inf", "infinity",
            "Infinit", "infinityx", "nan", "-nan", "NaN", "nan(", "nan()", "nan(12_a)", "nan(-)", "1e400", "1e-400", "1e99999999999999999999", "0e99999999999999999999", "1\0junk", "\0",
            "9007199254740993", "18446744073709551616", "18446744073709551615", "123456789012345678901234567890", "0x1fffffffffffff8", "0x3fffffffffffffc", "0x20000000000001",
            "0x1fffffffffffff80000000000000001", "2.2250738585072011e-308", "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623158e308", "1.7976931348623159e308",
            "0." + new string('0', 10000) + "1e10001", new string('9', 400) + "e-390", "1" + new string('0', 20000) + "e-20000", "9007199254740993." + new string('0', 2000) + "1",
            "9007199254740993." + new string('0', 2000), "--1", "+-1", "1-", "1f", "1d", "0b1", "1_000", "０",
        };
        const string Alphabet = "0123456789abcdefABCDEFxXpPeE.+- \tin(f)_";
        for (var i = 0; i < 20000; i++)
        {
            texts.Add(random.Next(3) switch
            {
                0 => new string([.. Enumerable.Range(0, random.Next(1, 12)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]),
                1 => BitConverter.Int64BitsToDouble(random.NextInt64()).ToString("E" + random.Next(0, 30), CultureInfo.InvariantCulture),
                _ => (random.Next(2) == 0 ? "0x" : "") + random.NextInt64().ToString(random.Next(2) == 0 ? "x" : "d", CultureInfo.InvariantCulture) + (random.Next(2) == 0 ? "" : "." + random.Next()),
            });
        }

        var bytes = texts.Select(Encoding.Latin1.GetBytes).ToArray();
        var expected = PucLua.Lines("for _, s in ipairs {" + string.Join(",\n", bytes.Select(b => PucLua.Literal(b)))
            + "} do local n = tonumber(s) print(n and string.format('%.17g', n) or 'nil') end");
        Span<byte> buffer = stackalloc byte[64];
        for (var i = 0; i < bytes.Length; i++)
        {
            var ours = LuaNumber.TryParse(bytes[i], out var value) ? Encoding.ASCII.GetString(buffer[..LuaNumber.FormatG(value, 17, buffer)]) : "nil";
            ours.ShouldBe(expected[i], texts[i]);
        }
    }

    [Fact]
    public void Tonumber_with_a_base_reads_what_strtoul_reads()
    {
        var random = new Random(5);
        var cases = new List<(string Text, int Base)> { ("", 2), ("-ff", 16), ("0x", 16), ("0xff", 16), ("0xg", 16), ("-0xff", 16), ("7fffffffffffffff", 16), ("ffffffffffffffff", 16), ("10000000000000000", 16), ("-10000000000000000", 16), ("z", 36), ("Z", 36), ("8", 8), (" 7 ", 8), ("7 7", 8), ("+7", 8), ("1\x001", 2), ("- 1", 2) };
        const string Alphabet = "0123456789abcxzXYZ-+ ";
        for (var i = 0; i < 5000; i++)
        {
            var @base = random.Next(2, 37);
            cases.Add((new string([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]), @base == 10 ? 11 : @base));
        }

        var expected = PucLua.Lines("for _, c in ipairs {" + string.Join(",\n", cases.Select(c => $"{{{PucLua.Literal(Encoding.Latin1.GetBytes(c.Text))},{c.Base}}}"))
            + "} do print(tostring(tonumber(c[1], c[2]))) end");
        for (var i = 0; i < cases.Count; i++)
        {
            var ours = LuaNumber.TryParseInBase(Encoding.Latin1.GetBytes(cases[i].Text), cases[i].Base, out var value) ? LuaNumber.ToText(value) : "nil";
            ours.ShouldBe(expected[i], $"{cases[i].Text} in base {cases[i].Base}");
        }
    }

    [Theory]
    [InlineData(3.0, "3")]
    [InlineData(3.3, "3.3")]
    [InlineData(0.1, "0.1")]
    [InlineData(1.0 / 3, "0.3333333333333333")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(1e18, "1000000000000000000")]
    [InlineData(9e18, "9e+18")]
    [InlineData(1e21, "1e+21")]
    [InlineData(9007199254740992, "9007199254740992")]
    [InlineData(9223372036854775808.0, "9223372036854776000")]
    [InlineData(12345678901234567890.0, "12345678901234567000")]
    [InlineData(-0.0, "0")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    [InlineData(double.NaN, "-nan")]
    [InlineData(1e-6, "0.000001")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(1.5e-7, "1.5e-7")]
    [InlineData(-1.5e300, "-1.5e+300")]
    [InlineData(5e-324, "5e-324")]
    public void A_redis_argument_is_an_integer_or_the_shortest_text(double value, string expected)
    {
        Span<byte> buffer = stackalloc byte[LuaNumber.MaxTextLength];
        Encoding.ASCII.GetString(buffer[..LuaNumber.FormatRedisArgument(value, buffer)]).ShouldBe(expected);
    }

    [Fact]
    public void A_redis_argument_reads_back_as_the_same_number_and_is_nearly_always_the_shortest()
    {
        var buffer = new byte[LuaNumber.MaxTextLength];
        var longer = 0;
        foreach (var value in Samples(50000, seed: 6).Where(double.IsFinite))
        {
            var text = buffer.AsSpan(0, LuaNumber.FormatRedisArgument(value, buffer));
            LuaNumber.TryParse(text, out var back).ShouldBeTrue();
            back.ShouldBe(value);
            longer += Digits(Encoding.ASCII.GetString(text)) > Digits(value.ToString("R", CultureInfo.InvariantCulture)) ? 1 : 0;
        }

        longer.ShouldBeLessThan(250);

        static int Digits(string text) => text.Split('e', 'E')[0].Trim('-').Replace(".", "", StringComparison.Ordinal).Trim('0').Length;
    }

    [Fact]
    public void Seventeen_digits_read_back_as_the_same_number()
        => Prop.ForAll(ArbMap.Default.ArbFor<double>(), value =>
        {
            var buffer = new byte[64];
            var read = LuaNumber.TryParse(buffer.AsSpan(0, LuaNumber.FormatG(value, 17, buffer)), out var back);
            return read && (back.Equals(value) && double.IsNegative(back) == double.IsNegative(value));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_parse_to_a_number_or_to_nothing()
        => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
        {
            LuaNumber.TryParse(bytes, out _);
            LuaNumber.TryParseInBase(bytes, 16, out _);
            return LuaNumber.ParsePrefix(bytes, out _) <= bytes.Length;
        }).QuickCheckThrowOnFailure();

    internal static IEnumerable<double> Samples(int count, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            yield return (i % 8) switch
            {
                0 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
                1 => random.Next(-100000, 100000) / 8.0,
                2 => random.NextInt64(-1L << 54, 1L << 54),
                3 => random.NextDouble(),
                4 => random.Next(-1000000, 1000000) / 1000.0,
                5 => (random.NextInt64(0, 1_000_000_000_000_000) / 10.0) + 0.05,
                6 => Math.Pow(10, random.Next(-30, 40)) * random.Next(1, 10),
                _ => Math.ScaleB(random.Next(1, 1 << 20), random.Next(-140, 140)),
            };
        }
    }

    private static string RandomSpec(Random random, char conversion)
    {
        var spec = new StringBuilder();
        for (var flags = random.Next(4); flags > 0; flags--)
        {
            spec.Append("-+ #0"[random.Next(5)]);
        }

        if (random.Next(2) == 0)
        {
            spec.Append(random.Next(1, 100));
        }

        if (random.Next(3) > 0)
        {
            spec.Append('.');
            if (random.Next(5) > 0)
            {
                spec.Append(random.Next(0, random.Next(2) == 0 ? 100 : 22));
            }
        }

        return spec.Append(conversion).ToString();
    }

    private static byte[] Print(string text, double value)
    {
        var at = 0;
        bool left = false, plus = false, space = false, alternate = false, zero = false;
        for (; "-+ #0".Contains(text[at], StringComparison.Ordinal); at++)
        {
            left |= text[at] == '-';
            plus |= text[at] == '+';
            space |= text[at] == ' ';
            alternate |= text[at] == '#';
            zero |= text[at] == '0';
        }

        var width = 0;
        for (; char.IsDigit(text[at]); at++)
        {
            width = (width * 10) + text[at] - '0';
        }

        var precision = -1;
        if (text[at] == '.')
        {
            precision = 0;
            for (at++; char.IsDigit(text[at]); at++)
            {
                precision = (precision * 10) + text[at] - '0';
            }
        }

        var spec = new PrintfSpec { Left = left, Plus = plus, Space = space, Alternate = alternate, Zero = zero, Width = width, Precision = precision };
        var buffer = new byte[PrintfSpec.MaxLength];
        var length = text[at] switch
        {
            'd' or 'i' => spec.WriteSigned(LuaNumber.ToInt64(value), buffer),
            'o' or 'u' or 'x' or 'X' => spec.WriteUnsigned((byte)text[at], LuaNumber.ToUInt64(value), buffer),
            'c' => spec.WriteCharacter(value >= int.MinValue && value <= int.MaxValue ? (byte)(int)value : (byte)0, buffer),
            _ => spec.WriteDouble((byte)text[at], value, buffer),
        };
        return buffer[..length];
    }
}
