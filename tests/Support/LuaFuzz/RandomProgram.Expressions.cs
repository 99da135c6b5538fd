// The expressions of a random program, by the type they should have; about one in twenty has another.
using System.Globalization;

namespace Evalsha.Tests.Support.LuaFuzz;

internal sealed partial class RandomProgram
{
    private const int WrongTypeOneIn = 22;

    private string? Find(Kind kind)
    {
        var fitting = _locals.Where(local => local.Kind == kind || kind == Kind.Any).ToList();
        // Later locals more often: they are near.
        return fitting.Count == 0 ? null : fitting[Math.Max(_random.Next(fitting.Count), _random.Next(fitting.Count))].Name;
    }

    private string Expression(Kind kind, int depth) => kind switch
    {
        Kind.Number => Number(depth),
        Kind.String => String(depth),
        Kind.Table => Table(depth),
        Kind.Boolean => Boolean(depth),
        Kind.Function => Function(depth),
        _ => Any(depth),
    };

    private string Any(int depth)
    {
        if (Chance(8)) return Pick("nil", "true", "false", _isVararg ? "(...)" : "nil", "G1", "G2", "G3", "arg", "io.stdout", "co");
        if (Find(Kind.Any) is { } name && Chance(3)) return name;
        if (depth > 0 && Chance(8)) return $"({Any(depth - 1)} {Pick("and", "or")} {Any(depth - 1)})";
        if (depth > 0 && Chance(6)) return LibraryCall();
        return Expression((Kind)_random.Next(5), depth);
    }

    /// <summary>An expression for the inside of a function without varargs.</summary>
    private string Fixed(int depth)
    {
        var vararg = _isVararg;
        _isVararg = false;
        var made = Any(depth);
        _isVararg = vararg;
        return made;
    }

    private string List(int most)
    {
        var count = _random.Next(1, most + 1);
        var items = Enumerable.Range(0, count).Select(_ => Any(1)).ToList();
        if (_isVararg && Chance(5)) items.Add("...");
        else if (Chance(8)) items.Add(LibraryCall());
        return string.Join(", ", items);
    }

    private static readonly string[] Numbers =
    [
        "0", "1", "2", "3", "4", "5", "10", "-1", "-2", "0.5", "-0.5", "2.5", "1e15", "1e14", "123456789012345", "0x1F", "2^31", "-2^31", "2^31-1", "2^32", "2^53", "1e308", "-1e308", "1e-320",
        "1/0", "-1/0", "0/0", "-0", "255", "256", "127", "0.1", "1/3", "3.14159", "1e100", "99999999999999", "100", "7", "-7", "16", "36",
    ];

    private string Number(int depth)
    {
        if (Chance(WrongTypeOneIn)) return depth > 0 ? Any(depth - 1) : Pick("nil", "{}", "'x'", "'10'", "'0x10'", "' 5 '", "true");
        if (Find(Kind.Number) is { } name && Chance(2)) return name;
        if (depth <= 0 || Chance(3)) return Numbers[_random.Next(Numbers.Length)];
        return _random.Next(10) switch
        {
            0 or 1 or 2 or 3 => $"({Number(depth - 1)} {Pick("+", "-", "*", "/", "%", "^")} {Number(depth - 1)})",
            4 => $"-({Number(depth - 1)})",
            5 => $"#{String(depth - 1)}",
            6 => $"#{Table(depth - 1)}",
            7 => $"math.{Pick("floor", "abs", "ceil", "sqrt")}({Number(depth - 1)})",
            8 => $"select('#', {List(2)})",
            _ => $"(tonumber({String(depth - 1)}) or {Number(0)})",
        };
    }

    private static readonly string[] Texts =
    [
        "''", "'a'", "'abc'", "'hello world'", "'10'", "'0x1p4'", "'%d'", "'a,b,,c'", "'x=1, y=2'", "\"it's\"", " [[long\ntext]]", "'\\0z'", "'\\255\\128'", "'ABC def'", "'  trim  '", "'[x]'", "'f(a(b)c)d'", "'1e5'", "'nan'", "'inf'", "'k'",
        "'\\n\\t\\r'", "'key:1'", "'THE (quick) fox'",
    ];

    private string String(int depth)
    {
        if (Chance(WrongTypeOneIn)) return depth > 0 ? Any(depth - 1) : Pick("nil", "{}", "5", "1.5", "true");
        if (Find(Kind.String) is { } name && Chance(2)) return name;
        if (depth <= 0 || Chance(3)) return Texts[_random.Next(Texts.Length)];
        return _random.Next(8) switch
        {
            0 or 1 => $"CUT({String(depth - 1)} .. {String(depth - 1)})",
            2 => $"CUT({String(depth - 1)} .. {Number(depth - 1)})",
            3 => $"CUT({Number(0)} .. {String(depth - 1)} .. {String(depth - 1)})",
            4 => $"({String(depth - 1)}):{Pick("upper", "lower", "reverse")}()",
            5 => $"({String(depth - 1)}):sub({Number(depth - 1)}, {Number(depth - 1)})",
            6 => $"type({Any(depth - 1)})",
            _ => $"TS({Any(depth - 1)})",
        };
    }

    private string Boolean(int depth)
    {
        if (Find(Kind.Boolean) is { } name && Chance(4)) return name;
        if (depth <= 0) return Pick("true", "false", "nil", Any(0));
        return _random.Next(8) switch
        {
            0 or 1 => $"{Number(depth - 1)} {Pick("<", "<=", ">", ">=", "==", "~=")} {Number(depth - 1)}",
            2 => $"{String(depth - 1)} {Pick("<", "<=", ">", ">=", "==", "~=")} {String(depth - 1)}",
            3 => $"{Any(depth - 1)} {Pick("==", "~=")} {Any(depth - 1)}",
            4 => $"not {Any(depth - 1)}",
            5 => $"({Boolean(depth - 1)} {Pick("and", "or")} {Boolean(depth - 1)})",
            6 => $"{Any(depth - 1)} {Pick("<", "<=", ">", ">=")} {Any(depth - 1)}",
            _ => $"rawequal({Any(depth - 1)}, {Any(depth - 1)})",
        };
    }

    private string Field() => Pick("x", "y", "z", "n", "name", "f", "g", "k");

    private string Key(int depth) => _random.Next(9) switch
    {
        0 or 1 or 2 => _random.Next(1, 6).ToString(CultureInfo.InvariantCulture),
        3 => $"'{Field()}'",
        4 => $"K({Any(depth)})",
        5 => $"K({Number(depth)})",
        6 => String(0),
        7 => Pick("nil", "0/0", "0", "-1", "1.5", "true", "false", "2^53", "-0", "'1'"),
        _ => $"#{Table(0)} + 1",
    };

    /// <summary>What a statement may begin with and index.</summary>
    private string Prefix() => Chance(WrongTypeOneIn) ? Pick("G1", Find(Kind.Any) ?? "G2") : Find(Kind.Table) ?? Pick("GT", "GT", "GU");

    private string Table(int depth)
    {
        if (Chance(WrongTypeOneIn)) return Pick("G1", "('x')", Find(Kind.Any) ?? "G2");
        if (Find(Kind.Table) is { } name && (depth <= 0 || Chance(2))) return name;
        if (depth <= 0) return Pick("GT", "GT", "GU", "{}");
        return TableConstructor(depth);
    }

    private string TableConstructor(int depth)
    {
        var items = new List<string>();
        for (var n = _random.Next(0, 6); n > 0; n--)
        {
            items.Add(_random.Next(4) switch
            {
                0 => $"{Field()} = {Any(depth - 1)}",
                1 => $"[{Key(depth - 1)}] = {Any(depth - 1)}",
                _ => Any(depth - 1),
            });
        }
        if (_isVararg && Chance(6)) items.Add("...");
        if (Chance(150)) items.AddRange(Enumerable.Range(1, 60).Select(i => i.ToString(CultureInfo.InvariantCulture)));
        return $"{{{string.Join(Pick(", ", "; "), items)}}}";
    }

    private string Callable()
    {
        if (Find(Kind.Function) is { } name && !Chance(6)) return name;
        return Pick("GF", "GF", "GV", "G1", $"{Prefix()}.{Field()}", "TS", "type");
    }

    private string Function(int depth)
    {
        if (Find(Kind.Function) is { } name && Chance(2)) return name;
        if (depth <= 0) return Pick("GF", "GV", "print", "TS", "string.rep", "next", "error", "pcall", "select", "coroutine.yield");
        var vararg = _isVararg;
        _isVararg = Chance(3);
        var made = _isVararg
            ? $"function(...) tick() return {List(2)} end"
            : Pick("function(a) tick() return ", "function(a, b) tick() return a, ", "function() return ") + Any(depth - 1) + " end";
        _isVararg = vararg;
        return made;
    }

    private string Pattern() => _random.Next(7) switch
    {
        0 => Pick("'%w+'", "'.'", "'(%a)(%d)'", "'^%s*(.-)%s*$'", "'%b()'", "'()'", "'[^,]*'", "'%f[%w]%w+'", "'(.)%1'", "''"),
        1 => Pick("'[a-z]+'", "'[]]'", "'[^]'", "'%'", "'('", "')'", "'[%a-z]'", "'%g'", "'a-'", "'.-b'", "'$'", "'^'"),
        2 => Pick("'%z'", "'[%z\\1-\\255]'", "'(()(%a*)())'", "'%1'", "'(%1)'", "'%f'", "'%f[a'", "'%b('", "'[a-]'", "'[%'"),
        3 => String(0),
        4 => Pick("'%d+%.?%d*'", "'(%w+)=(%w+)'", "'[%w_]+'", "'%p'", "'%c'", "'%x%x'", "'%u%l*'", "'%S+'", "'x*'", "'x?y+'", "'[+-]?%d+'"),
        5 => Literal(Bits(4)),
        _ => Literal("[" + Bits(3) + "]" + Pick("*", "+", "-", "?", "")),
    };

    private string Bits(int most)
    {
        var made = "";
        for (var n = _random.Next(1, most + 1); n > 0; n--) made += Pick("%a", "%s", ".", "a", "b", "(", ")", "[", "]", "*", "-", "+", "?", "^", "$", "%", "%d", "%1", "x", "%b()", "%f", "-z", "\0");
        return made;
    }
}
