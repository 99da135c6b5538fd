// A whole random Lua 5.1 program from a seed: statements over locals of known types, now and then of a wrong one, so that a program both gets far
// and meets every message. What it finds it prints with P; loops and functions call tick, which ends a program that would run too long.
// Always: the same seed gives the same statements; each stands alone, so that a failing program can be made smaller by leaving some out.
using System.Globalization;
using System.Text;

namespace Evalsha.Tests.Support.LuaFuzz;

internal sealed partial class RandomProgram
{
    private enum Kind
    {
        Number,
        String,
        Table,
        Boolean,
        Function,
        Any,
    }

    private readonly record struct Local(string Name, Kind Kind);

    private const int DepthMax = 4;
    private const int StatementsMax = 14;

    private readonly Random _random;
    private readonly StringBuilder _text = new();
    private readonly List<Local> _locals = [];
    private int _names;
    private int _loops;
    private int _functions;
    private int _room;
    private bool _isVararg = true;

    private RandomProgram(int seed) => _random = new Random(seed);

    /// <summary>The top-level statements; joined by line ends they are the program.</summary>
    public static string[] Statements(int seed)
    {
        var made = new RandomProgram(seed);
        return [.. Enumerable.Range(0, made._random.Next(3, StatementsMax)).Select(_ => made.TopStatement())];
    }

    private string TopStatement()
    {
        _text.Clear();
        _room = 60;
        if (Chance(3)) Statement(0);
        else Protected();
        return _text.ToString();
    }

    // Most statements are protected each for itself, so that an error does not hide the rest.
    private void Protected()
    {
        Put("R(function(...)");
        var (locals, functions, vararg, loops) = (_locals.Count, _functions, _isVararg, _loops);
        (_isVararg, _loops) = (true, 0);
        _functions++;
        Block(1);
        if (Chance(2)) Put("return " + List(2));
        (_isVararg, _functions, _loops) = (vararg, functions, loops);
        _locals.RemoveRange(locals, _locals.Count - locals);
        Put(Chance(2) ? "end)" : $"end, {List(2)})");
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    private string Pick(params ReadOnlySpan<string> options) => options[_random.Next(options.Length)];

    private void Put(string line) => _text.Append(line).Append(Chance(4) ? '\n' : ' ');

    private string NewName(Kind kind)
    {
        var prefix = kind switch { Kind.Number => "n", Kind.String => "s", Kind.Table => "t", Kind.Boolean => "b", Kind.Function => "f", _ => "a" };
        return prefix + (++_names).ToString(CultureInfo.InvariantCulture);
    }

    private Kind AnyKind() => (Kind)_random.Next(6);

    private void Block(int depth)
    {
        var locals = _locals.Count;
        for (var n = _random.Next(1, 5); n > 0 && _room > 0; n--) Statement(depth);
        _locals.RemoveRange(locals, _locals.Count - locals);
    }

    private void Statement(int depth)
    {
        _room--;
        switch (_random.Next(depth < DepthMax ? 30 : 9))
        {
            case 0 or 1:
                LocalStatement();
                break;
            case 2:
                Put($"P({List(3)})");
                break;
            case 3 or 4:
                Assignment();
                break;
            case 5:
                Put($"P({LibraryCall()})");
                break;
            case 6:
                Put($"{Callable()}({List(2)})");
                break;
            case 7 when _loops > 0:
                Put($"if {Boolean(1)} then break end");
                break;
            case 7 or 8:
                Put($"{Prefix()}[{Key(1)}] = {Any(1)}");
                break;
            case 9 or 10:
                Put($"if {Boolean(2)} then");
                Block(depth + 1);
                if (Chance(3))
                {
                    Put($"elseif {Boolean(2)} then");
                    Block(depth + 1);
                }
                if (Chance(2))
                {
                    Put("else");
                    Block(depth + 1);
                }
                Put("end");
                break;
            case 11 or 12:
                NumericFor(depth);
                break;
            case 13 or 14:
                GenericFor(depth);
                break;
            case 15:
                Put($"local w{++_names} = 0 while w{_names} < {_random.Next(1, 6)} and {Boolean(1)} do w{_names} = w{_names} + 1 tick()");
                Loop(depth);
                Put("end");
                break;
            case 16:
                var counter = $"w{++_names}";
                Put($"local {counter} = 0 repeat local last = {Number(1)} {counter} = {counter} + 1 tick()");
                Loop(depth);
                Put($"until {counter} > {_random.Next(4)} or {Pick("last == nil", "last", "not last", counter + " > last")}");
                break;
            case 17 or 18:
                FunctionStatement(depth);
                break;
            case 19:
                Put("do");
                Block(depth + 1);
                Put("end");
                break;
            case 20 or 21:
                var isHandled = Chance(2);
                Put(isHandled ? "P(xpcall(function(...)" : "P(pcall(function(...)");
                Body(depth, isVararg: true);
                Put(isHandled ? $"end, {Handler()}))" : $"end, {List(2)}))");
                break;
            case 22:
                Put(Raise());
                break;
            case 23 or 24:
                Metatable(depth);
                break;
            case 25 or 26:
                Coroutine(depth);
                break;
            case 27:
                Closures(depth);
                break;
            case 28:
                Chunk();
                break;
            default:
                Special();
                break;
        }
    }

    private void LocalStatement()
    {
        if (Chance(4))
        {
            var names = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => NewName(Kind.Any)).ToArray();
            Put($"local {string.Join(", ", names)} = {List(3)}");
            foreach (var name in names) _locals.Add(new Local(name, Kind.Any));
            return;
        }
        var kind = AnyKind();
        var made = NewName(kind);
        if (kind == Kind.Any && Chance(3)) Put($"local {made}");
        else Put($"local {made} = {Expression(kind, 2)}");
        _locals.Add(new Local(made, kind));
    }

    private void Assignment()
    {
        switch (_random.Next(6))
        {
            case 0:
                Put($"{Pick("G1", "G2", "G3")} = {Any(2)}");
                break;
            case 1:
                Put($"{Prefix()}.{Field()} = {Any(2)}");
                break;
            case 2:
                Put($"{Target()}, {Target()} = {List(3)}");
                break;
            case 3 when Find(Kind.Number) is { } number:
                Put($"{number} = {Number(2)}");
                break;
            case 4 when Find(Kind.String) is { } text:
                Put($"{text} = ({String(2)}):sub(1, 60)");
                break;
            default:
                Put($"{Target()} = {Any(2)}");
                break;
        }
    }

    private string Target() => _random.Next(4) switch
    {
        0 => Pick("G1", "G2", "G3"),
        1 => $"{Prefix()}.{Field()}",
        2 when Find(Kind.Any) is { } name => name,
        _ => $"{Prefix()}[{Key(1)}]",
    };

    private void NumericFor(int depth)
    {
        var name = NewName(Kind.Number);
        Put(_random.Next(6) switch
        {
            0 => $"for {name} = 1, {_random.Next(7)} do tick()",
            1 => $"for {name} = {_random.Next(4)}, {_random.Next(4)}, {Pick("1", "-1", "0.5", "-0.25", "3", "0.1")} do tick()",
            2 => $"for {name} = {Number(1)}, {Number(1)}, {Pick("1e300", "-1e300", "1/0", "0/0", "7")} do tick()",
            3 => $"for {name} = #{Table(0)}, 1, -1 do tick()",
            4 => $"for {name} = {Pick("'1'", "'0x2'", "1", "{}")}, {Pick("'3'", "2.5", "nil", "3")} do tick()",
            _ => $"for {name} = {Number(0)}, {Number(0)} do tick()",
        });
        _locals.Add(new Local(name, Kind.Number));
        Loop(depth);
        _locals.RemoveAt(_locals.FindLastIndex(local => local.Name == name));
        Put("end");
    }

    private void GenericFor(int depth)
    {
        var (key, value) = (NewName(Kind.Any), NewName(Kind.Any));
        Put($"for {key}, {value} in {_random.Next(10) switch
        {
            0 or 1 or 2 => $"pairs({Table(1)})",
            3 => $"ipairs({Table(1)})",
            4 => $"next, {Table(1)}",
            5 => $"string.gmatch({String(1)}, {Pattern()})",
            6 => $"coroutine.wrap(function(...) for i = 1, {_random.Next(4)} do tick() coroutine.yield(i, {Any(0)}) end end)",
            7 => $"(function(s, c) c = c + 1 if c < s then return c, {Fixed(0)} end end), {_random.Next(5)}, 0",
            8 => $"pairs({Any(0)})",
            _ => $"{Callable()}, {List(2)}",
        }} do tick()");
        _locals.Add(new Local(key, Kind.Any));
        _locals.Add(new Local(value, Kind.Any));
        Loop(depth);
        _locals.RemoveAll(local => local.Name == key || local.Name == value);
        Put("end");
    }

    private void Loop(int depth)
    {
        _loops++;
        Block(depth + 1);
        _loops--;
    }

    // The inside of a function whose head is written; its end is the caller's.
    private void Body(int depth, bool isVararg, params ReadOnlySpan<Local> parameters)
    {
        var (locals, functions, vararg, loops) = (_locals.Count, _functions, _isVararg, _loops);
        (_isVararg, _loops) = (isVararg, 0);
        _functions++;
        foreach (var parameter in parameters) _locals.Add(parameter);
        Put("tick()");
        Block(depth + 1);
        switch (_random.Next(4))
        {
            case 0:
                Put($"return {List(2)}");
                break;
            case 1:
                Put($"return {Callable()}({List(1)})");
                break;
            case 2:
                Put($"return {Any(2)}");
                break;
        }
        _locals.RemoveRange(locals, _locals.Count - locals);
        (_isVararg, _functions, _loops) = (vararg, functions, loops);
    }

    private void FunctionStatement(int depth)
    {
        var isVararg = Chance(3);
        var first = new Local(NewName(Kind.Any), Kind.Any);
        var second = new Local(NewName(Kind.Any), Kind.Any);
        var head = isVararg ? Pick("(...)", $"({first.Name}, ...)") : $"({first.Name}, {second.Name})";
        ReadOnlySpan<Local> parameters = !isVararg ? [first, second] : head == "(...)" ? [] : [first];
        switch (_random.Next(4))
        {
            case 0:
                Put($"function {Pick("G1", "G2", "G3")}{head}");
                Body(depth, isVararg, parameters);
                break;
            case 1 when Find(Kind.Table) is { } table:
                Put($"function {table}{Pick(".", ":")}{Field()}{head}");
                Body(depth, isVararg, parameters);
                break;
            default:
                var name = NewName(Kind.Function);
                Put($"local function {name}{head}");
                _locals.Add(new Local(name, Kind.Function));
                Body(depth, isVararg, parameters);
                break;
        }
        Put("end");
    }

    private void Metatable(int depth)
    {
        var (name, a, b) = (NewName(Kind.Table), NewName(Kind.Any), NewName(Kind.Any));
        Put($"local {name} = setmetatable({TableConstructor(1)}, {{");
        foreach (var e in Events.OrderBy(_ => _random.Next()).Take(_random.Next(1, 5)))
        {
            if (e is "index" or "newindex" && Chance(2))
            {
                Put($"__{e} = {Table(0)},");
                continue;
            }
            Put($"__{e} = function({a}, {b})");
            Body(Math.Max(depth, DepthMax - 1), isVararg: false, new Local(a, Kind.Any), new Local(b, Kind.Any));
            Put("end,");
        }
        if (Chance(5)) Put($"__metatable = {Any(0)},");
        Put("})");
        _locals.Add(new Local(name, Kind.Table));
        Put($"P({name} {Pick("+", "-", "*", "/", "%", "^", "..", "==", "<", "<=", ">", "~=")} {Pick(name, Any(0), Table(0))})");
        if (Chance(2)) Put($"P({Pick("#", "- ", "not ")}{name}, {name}.{Field()}, {name}({Any(0)}))");
    }

    private static readonly string[] Events = ["index", "newindex", "call", "add", "sub", "mul", "div", "mod", "pow", "unm", "concat", "len", "eq", "lt", "le", "tostring", "mode", "gc"];

    private void Coroutine(int depth)
    {
        var name = $"co{++_names}";
        var parameter = new Local(NewName(Kind.Any), Kind.Any);
        var isWrap = Chance(2);
        Put($"local {name} = coroutine.{(isWrap ? "wrap" : "create")}(function({parameter.Name}, ...)");
        Put($"local {parameter.Name} = {Pick($"coroutine.yield({List(2)})", parameter.Name)}");
        if (Chance(3)) Put($"P(pcall(coroutine.yield, {Any(0)}))");
        Body(depth, isVararg: true, parameter);
        Put("end)");
        for (var n = _random.Next(1, 4); n > 0; n--) Put(isWrap ? $"P(pcall({name}, {List(2)}))" : $"P(coroutine.resume({name}, {List(2)}))");
        if (!isWrap) Put($"P(coroutine.status({name}), TS(debug.traceback({name})))");
    }

    private void Closures(int depth)
    {
        var (list, shared) = (NewName(Kind.Table), NewName(Kind.Number));
        Put($"local {list}, {shared} = {{}}, {Number(0)}");
        Put($"for i = 1, {_random.Next(1, 4)} do tick() local own = i");
        Put($"{list}[i] = function(d) {shared} = {shared} + (d or i) own = own + 1 return {shared}, own{(Chance(3) ? ", " + Fixed(1) : "")} end");
        if (Chance(3) && depth < DepthMax) Put("if i > 2 then break end");
        Put("end");
        _locals.Add(new Local(list, Kind.Table));
        _locals.Add(new Local(shared, Kind.Number));
        Put($"for _, f in ipairs({list}) do P(f({Pick("", "1", Any(0))})) P(f()) end P({shared})");
    }

    private string Handler() => Pick("function(m) return 'H' .. TS(m) end", "function(m) return TS(debug.traceback(m, 1)) end", "debug.traceback", "function(m) error(m) end", "nil", "tostring", "print");

    private string Raise() => _random.Next(6) switch
    {
        0 => $"error({Any(1)})",
        1 => $"error({String(1)}, {_random.Next(5)})",
        2 => $"assert({Boolean(1)}, {Any(1)})",
        3 => $"P(assert({List(2)}))",
        4 => $"if {Boolean(1)} then error({Any(0)}, {_random.Next(3)}) end",
        _ => "error()",
    };

    // Text compiled at run time: whole, broken, or dumped and loaded again.
    private void Chunk()
    {
        switch (_random.Next(5))
        {
            case 0:
                Put($"P(loadstring({Literal("return " + List(2))}, {Pick("'=c'", "'@c.lua'", "'text'", "nil")}))");
                break;
            case 1:
                Put($"local f = loadstring({Literal($"local a, b = ... P(a, b) return {Number(1)}, {String(0)}")}) if f then P(pcall(f, {List(2)})) end");
                break;
            case 2:
                Put($"P(loadstring({Literal(Broken())}, '=x'))");
                break;
            case 3:
                Put($"P(pcall(loadstring(string.dump(function(...) local a, b = ... return {Pick("a", "b", "#...", "a + b", "a .. b", "select('#', ...)")} end)), {List(2)}))");
                break;
            default:
                Put($"local parts, at = {{'return ', {Literal(Number(1))}, ', ', {Literal(String(1))}, {Pick("nil", "''", "' +'", "1")}}}, 0 P(pcall(load(function() at = at + 1 return parts[at] end{Pick("", ", '=l'")})))");
                break;
        }
    }

    private string Broken()
    {
        var text = $"local a = {Any(2)} if a then return {Any(2)} end";
        var at = _random.Next(text.Length);
        return _random.Next(3) switch
        {
            0 => text[..at],
            1 => text[..at] + Pick("(", ")", "end", "}", "=", "'", "[[", "..", "...", "0x", "1e", "\\", "@", "~", "and", "\n") + text[at..],
            _ => text[..at] + text[Math.Min(text.Length, at + _random.Next(1, 6))..],
        };
    }

    /// <summary>A Lua literal of any text of bytes.</summary>
    internal static string Literal(string text)
    {
        var made = new StringBuilder("\"");
        foreach (var c in text)
        {
            if (c is '"' or '\\') made.Append('\\').Append(c);
            else if (c is < ' ' or > '~') made.Append(CultureInfo.InvariantCulture, $"\\{(int)c:d3}");
            else made.Append(c);
        }
        return made.Append('"').ToString();
    }
}
