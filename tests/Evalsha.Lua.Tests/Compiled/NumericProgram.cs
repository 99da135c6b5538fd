// Programs that run, made of loops over numbers, fields, array elements, calls and captured variables, where now and then a value is of
// another type: so that what the compiler takes for a number is not always one.
using System.Text;

namespace Evalsha.Lua.Tests.Compiled;

internal static class NumericProgram
{
    private static readonly string[] Names = ["a", "b", "c", "d", "t.x", "t.y", "t[1]", "t[2]", "u", "G"];

    public static string Make(Random random)
    {
        var text = new StringBuilder("""
            local mt = {__add = function(a, b) return 1 end, __lt = function() return true end, __index = function(t, k) return 7 end}
            local t = {x = 1, y = 2, 3, 4} G = 5 local u = 6 local function up() u = u + 1 return u end
            local function f(p, q) local a, b, c, d = p, q, 3, 4
            local n = 0

            """);
        Block(text, random, 3);
        text.Append("return a, b, c, d end\n");
        text.Append("local out = {}\nfor i = 1, 40 do local r = {pcall(f, i, ").Append(Atom(random)).Append(")}\n");
        text.Append("for k = 1, 5 do local v = r[k] out[#out + 1] = type(v) == 'table' and 'table' or type(v) == 'function' and 'function' or tostring(v) end end\n");
        text.Append("local function plain(v) if type(v) == 'table' then return 'table' end return v end\n");
        text.Append("print(table.concat(out, ' '), plain(t.x), plain(t.y), plain(u), plain(G))");
        return text.ToString();
    }

    private static void Block(StringBuilder text, Random random, int depth)
    {
        for (var n = random.Next(1, 4); n > 0; n--) Statement(text, random, depth);
    }

    private static void Statement(StringBuilder text, Random random, int depth)
    {
        var kind = random.Next(depth > 0 ? 11 : 6);
        switch (kind)
        {
            case 0 or 1 or 2:
                text.Append(Name(random)).Append(" = ").Append(Expression(random, 2)).Append('\n');
                break;
            case 3:
                text.Append("t[n % 4] = ").Append(Expression(random, 1)).Append('\n');
                break;
            case 4:
                text.Append(Name(random)).Append(", ").Append(Name(random)).Append(" = ").Append(Expression(random, 1)).Append(", ").Append(Expression(random, 1)).Append('\n');
                break;
            case 5:
                text.Append("if n > 100 then return ").Append(Expression(random, 1)).Append(" end\n");
                break;
            case 6:
                text.Append("for i = ").Append(random.Next(-3, 4)).Append(", ").Append(random.Next(8)).Append(random.Next(3) == 0 ? ", 0.5" : "").Append(" do n = n + 1 local z = i ");
                Block(text, random, depth - 1);
                text.Append(random.Next(3) == 0 ? "u = u + i " : "a = z ").Append("end\n");
                break;
            case 7:
                text.Append("while n < ").Append(random.Next(60)).Append(" do n = n + 1 ");
                Block(text, random, depth - 1);
                if (random.Next(3) == 0) text.Append("if ").Append(Expression(random, 1)).Append(" then break end ");
                text.Append("end\n");
                break;
            case 8:
                text.Append("if ").Append(Condition(random)).Append(" then ");
                Block(text, random, depth - 1);
                text.Append("else ");
                Block(text, random, depth - 1);
                text.Append("end\n");
                break;
            case 9:
                text.Append("for k, v in ").Append(random.Next(2) == 0 ? "ipairs" : "pairs").Append("({1, 2, 3}) do c = v ");
                Block(text, random, depth - 1);
                text.Append("end\n");
                break;
            default:
                text.Append("do local w = ").Append(Expression(random, 1)).Append(" local function g() w = ").Append(Expression(random, 1)).Append(" return w end b = g() end\n");
                break;
        }
    }

    private static string Name(Random random) => Names[random.Next(Names.Length)];

    private static string Atom(Random random) => random.Next(24) switch
    {
        0 => "'12'",
        1 => "nil",
        2 => "'x'",
        3 => "true",
        4 => "setmetatable({}, mt)",
        5 => "0/0",
        6 => "#t",
        7 => "up()",
        8 => "math.floor(n / 2)",
        < 14 => random.Next(-5, 10).ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => Name(random),
    };

    private static string Condition(Random random) => random.Next(5) switch
    {
        0 => Expression(random, 1),
        1 => $"not ({Expression(random, 1)} <= {Expression(random, 1)})",
        2 => $"{Expression(random, 1)} == {Expression(random, 1)}",
        _ => $"{Atom(random)} < {Atom(random)}",
    };

    private static string Expression(Random random, int depth)
    {
        if (depth == 0 || random.Next(4) == 0) return Atom(random);
        string E() => Expression(random, depth - 1);
        return random.Next(12) switch
        {
            0 => $"(-({E()}))",
            1 => $"({E()} and {E()})",
            2 => $"({E()} or {E()})",
            3 => $"({E()} % {E()})",
            4 => $"({E()} / {E()})",
            5 => $"({E()} .. '')",
            6 => $"(not {E()})",
            7 => $"({E()} == {E()})",
            8 => $"({E()} - {E()})",
            9 => $"({E()} * {E()})",
            _ => $"({E()} + {E()})",
        };
    }
}
