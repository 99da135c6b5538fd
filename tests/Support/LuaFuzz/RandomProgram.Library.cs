// Calls of every library function that a program can call without a word of the outside world in the answer, with ordinary and edge arguments.
using System.Globalization;

namespace Evalsha.Tests.Support.LuaFuzz;

internal sealed partial class RandomProgram
{
    /// <summary>Library functions that programs never call, each with its reason.</summary>
    public static readonly Dictionary<string, string> NeverCalled = new()
    {
        ["os.clock"] = "answers with the time",
        ["os.execute"] = "starts a program",
        ["os.exit"] = "ends the process",
        ["os.tmpname"] = "makes a file",
        ["os.remove"] = "touches files",
        ["os.rename"] = "touches files",
        ["os.setlocale"] = "changes the process",
        ["io.popen"] = "starts a program",
        ["io.tmpfile"] = "makes a file",
        ["io.read"] = "waits for input",
        ["io.input"] = "waits for input",
        ["io.output"] = "would move the answer elsewhere",
        ["io.close"] = "would close the answer",
        ["io.lines"] = "waits for input",
        ["package.loadlib"] = "loads C libraries, which we do not",
        ["debug.debug"] = "waits for input",
        ["print"] = "replaced by one that shows values without addresses",
    };

    private string LibraryCall() => _random.Next(11) switch
    {
        0 or 1 or 2 => StringCall(),
        3 or 4 => TableCall(),
        5 => MathCall(),
        6 or 7 => BaseCall(),
        8 => DebugCall(),
        9 => CoroutineCall(),
        _ => SystemCall(),
    };

    private string S() => String(1);

    private string N() => Number(1);

    private string Small() => Chance(10) ? N() : _random.Next(-3, 12).ToString(CultureInfo.InvariantCulture);

    private string StringCall()
    {
        switch (_random.Next(17))
        {
            case 0: return $"string.byte({S()}, {Small()}, {Small()})";
            case 1: return $"string.char({Pick("65", "0", "255", "256", "-1", N())}, {_random.Next(256)})";
            case 2: return $"string.find({S()}, {Pattern()}{Pick("", ", " + Small(), ", " + Small() + ", " + Boolean(0))})";
            case 3: return $"string.match({S()}, {Pattern()}{Pick("", ", " + Small())})";
            case 4: return $"CUT(string.gsub({S()}, {Pattern()}, {Pick("'%0%0'", "'<%1>'", "'%2'", "'%%'", "'%'", "'%x'", "{a = 1, b = true, c = false, hello = 'HI'}", "function(a, b) tick() return b end", "string.upper", S(), Any(0))}{Pick("", ", " + Small())}))";
            case 5: return $"CUT(string.rep({S()}, {Pick("0", "1", "3", "-1", "'2'", "2.7", Any(0).Replace("1e", "", StringComparison.Ordinal))} % 12))";
            case 6: return $"string.sub({S()}, {N()}, {N()})";
            case 7: return $"string.len({S()})";
            case 8: return $"string.{Pick("upper", "lower", "reverse")}({S()})";
            case 9: return $"string.gmatch({S()}, {Pattern()})()";
            case 10: return $"string.gfind({S()}, {Pattern()})()";
            case 11: return $"#string.dump({Pick("function() return 1 end", "print", Function(0))})";
            default: return Format();
        }
    }

    private string Format()
    {
        var conversion = Pick("d", "i", "u", "c", "x", "X", "o", "e", "E", "f", "g", "G", "q", "s", "s", "d", "g", "%", "y", "a", "");
        var flags = Pick("", "", "-", "0", "+", " ", "#", "-+", "0#", "+ ", "-0", "##", "------", "5", "05", "-10", "10", "99", "100");
        var precision = Pick("", "", ".0", ".1", ".3", ".10", ".20", ".", ".99", ".100", ".-1");
        var argument = conversion switch
        {
            "q" or "s" => Pick(S(), S(), Any(1)),
            "c" => _random.Next(0, 256).ToString(CultureInfo.InvariantCulture),
            "" or "%" => Any(0),
            // Out of the range of the integer that C converts to, C does not say what comes out.
            "u" or "x" or "X" or "o" => _random.Next(0, 100000).ToString(CultureInfo.InvariantCulture),
            "d" or "i" => Pick("0", "-1", "1", "42", "-123456789", "2^31", "2^53", "1e15", "-2^62", "3.99", "-3.99", "'7'"),
            _ => N(),
        };
        return $"CUT(string.format('{Pick("", "[", "<%%")}%{flags}{precision}{conversion}{Pick("", "]", " %s")}', {argument}{Pick("", ", " + S())}))";
    }

    private string TableCall() => _random.Next(15) switch
    {
        0 => $"CUT(table.concat({Pick(Table(1), "{1, 2, 3}", "{'a', 'b'}")}{Pick("", ", " + S(), ", '-', " + Small(), ", '-', " + Small() + ", " + Small())}))",
        1 => $"table.insert({Table(0)}, {Any(1)})",
        2 => $"table.insert({Table(1)}, {_random.Next(-3, 12)}, {Any(1)})" /* from a far one on, PUC moves every item between: for minutes */,
        3 => $"table.remove({Table(1)}{Pick("", ", " + Small())})",
        4 => $"pcall(table.sort, {Pick("{3, 1, 2}", "{'b', 'a', 'c', 'B'}", "{5, 4, 3, 2, 1, 0, 9, 8, 7}", Table(1))}{Pick("", "", ", function(a, b) tick() return a > b end", ", function(a, b) return true end", ", function(a, b) return nil end", ", " + Any(0))})",
        5 => $"SORTED({{{string.Join(", ", Enumerable.Range(0, _random.Next(12)).Select(_ => Pick(N(), "1", "2")))}}}{Pick("", ", function(a, b) tick() return a > b end", ", function(a, b) return a <= b end", ", function(a, b) error('cmp') end", ", function() return true end")})",
        6 => $"table.maxn({Table(1)})",
        7 => $"table.getn({Table(1)})",
        8 => $"pcall(table.setn, {Table(0)}, {Small()})",
        9 => $"table.foreach({Table(1)}, {Pick("function(k, v) tick() return v end", "function() end", Any(0))})",
        10 => $"table.foreachi({Table(1)}, {Pick("function(i, v) tick() if i > 2 then return v end end", "function() end", Any(0))})",
        11 => $"unpack({Table(1)}{Pick("", ", " + Small(), ", " + Small() + ", " + Small())})",
        12 => $"next({Table(1)}{Pick("", ", " + Key(0))})",
        13 => $"CUT(table.concat({{{List(3)}}}))",
        _ => $"{Pick("ipairs", "pairs")}({Any(0)})",
    };

    private string MathCall() => _random.Next(9) switch
    {
        0 or 7 => $"math.{Pick("abs", "ceil", "floor", "sqrt", "exp", "log", "log10", "deg", "rad", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")}({N()})",
        1 => $"math.{Pick("fmod", "mod", "pow", "atan2")}({N()}, {N()})",
        2 => $"math.{Pick("min", "max")}({N()}, {N()}, {N()})",
        3 => $"math.modf({N()})",
        4 => $"math.frexp({Pick("0", "1", "-0.5", "2^53", "1e-320", "1/3")})",
        5 => $"math.ldexp({N()}, {Small()})",
        6 => $"math.random({Pick("", "10", "3, 5", "0", "1, 0", "-5, 5", Small(), Any(0))})",
        _ => $"math.randomseed({_random.Next(1000)})",
    };

    private string BaseCall() => _random.Next(22) switch
    {
        0 => $"tonumber({Any(1)}{Pick("", "", ", " + Pick("2", "10", "16", "36", "37", "1"))})",
        1 => $"tostring({Pick("nil", "true", N(), S())})",
        2 => $"type({Any(1)})",
        3 => $"select({Pick("1", "2", "-1", "'#'", "0", "-5", "10", Any(0))}, {List(3)})",
        4 => $"rawget({Table(1)}, {Key(1)})",
        5 => $"rawset({Table(1)}, {Key(1)}, {Any(0)})",
        6 => $"rawequal({Any(1)}, {Any(1)})",
        7 => $"getmetatable({Any(1)})",
        8 => $"setmetatable({Table(1)}, {Pick("nil", "{}", Any(0), "{__index = GT}", "{__metatable = 1}")})",
        9 => $"pcall({Pick(Function(1), Any(0))}, {List(2)})",
        10 => $"xpcall({Pick(Function(1), Any(0))}, {Handler()})",
        11 => $"pcall(error, {Any(1)}, {_random.Next(3)})",
        12 => $"getfenv({Pick("", "0", "1", "2", "GF", "print", "50", "-1")}) == _G",
        13 => $"pcall(setfenv, {Pick("function() end", "print", "0.5", "20", "'x'", "nil", "-1")}, {Pick("{}", "GT", "nil")})",
        14 => $"setfenv(function() return G1, P end, {Table(1)})()",
        15 => $"type(newproxy({Pick("true", "false", "nil", "", "1", "newproxy(true)")}))",
        16 => $"{Pick("collectgarbage('collect')", "type(collectgarbage('count'))", "collectgarbage('step', 1e6) ~= nil", "collectgarbage('stop')", "collectgarbage('restart')", "type(gcinfo())", "pcall(collectgarbage, 'x')", "collectgarbage('setpause', 200)", "collectgarbage('setstepmul', 200)")}",
        17 => $"pcall(assert, {List(2)})",
        18 => $"pcall({Pick("dofile", "loadfile", "require")}, '/none/{Field()}.lua')",
        19 => $"pcall(load, {Pick("nil", "'x'", "{}", "print", "function() return {} end", "function() error('r') end", "function() end")})",
        20 => $"#_VERSION, pcall(module, {Pick("nil", "'m1'", "'string.x'", "{}")})",
        _ => $"pcall(unpack, {{}}, {Pick("1, 8000", "1, 1e9", "-1, 3", "1, 7000")})",
    };

    private string CoroutineCall() => _random.Next(8) switch
    {
        0 => $"coroutine.resume(coroutine.create({Function(1)}), {List(2)})",
        1 => $"pcall(coroutine.wrap({Function(1)}), {List(2)})",
        2 => $"coroutine.status({Pick("coroutine.create(GF)", "co", Any(0))})",
        3 => "coroutine.running()",
        4 => $"pcall(coroutine.{Pick("create", "wrap", "resume", "status")}, {Any(0)})",
        5 => $"coroutine.resume(co, {List(2)})",
        6 => $"coroutine.yield({List(2)})",
        _ => $"coroutine.resume(coroutine.create(function(...) return select('#', ...), coroutine.status(co), coroutine.running() ~= nil, pcall(coroutine.resume, coroutine.running()) end), {List(2)})",
    };

    private string DebugCall() => _random.Next(16) switch
    {
        0 => $"TS(debug.traceback({Pick("", "'m'", "'m', 1", "'m', 2", "'m', 0", "nil", "{}", "co", "co, 'x'")}))",
        1 => $"INFO(debug.getinfo({Pick("1", "2", "0", "3", "GF", "print", "50", "-1", "'x'", "GF, '>S'")}{Pick("", ", 'S'", ", 'nl'", ", 'u'", ", 'x'")}))",
        2 => $"debug.getlocal({_random.Next(1, 3)}, 1)",
        3 => $"pcall(debug.getlocal, {Pick("60", "-1", "1")}, {_random.Next(3)})",
        4 => $"debug.setlocal(1, {Pick("1", "0", "-1")}, {Any(0)})",
        5 => $"debug.getupvalue({Pick("GV", "GF", "print", Function(1))}, {_random.Next(3)})",
        6 => $"debug.setupvalue({Pick("GV", Function(1))}, 1, 5)",
        7 => $"type(debug.getregistry())",
        8 => $"debug.getmetatable({Any(1)})",
        9 => $"debug.setmetatable({Pick("{}", "newproxy()", "co")}, {Pick("nil", "{}", "{__index = GT}")}) == nil",
        10 => $"debug.getfenv({Pick("GF", "print", "co", "1")}) == _G",
        11 => $"pcall(debug.setfenv, {Pick("GF", "1", "newproxy()")}, {Pick("getfenv()", "nil")})",
        12 => "debug.gethook()",
        13 => $"HOOKED({Pick("'c'", "'r'", "'l'", "'crl'", "''")}, {Pick("0", "1", "3", "10")}, {Function(1)}, {List(2)})",
        14 => $"pcall(debug.getinfo, {Any(0)})",
        _ => $"pcall(debug.sethook, {Pick("nil", "1", "'x'", "{}", "print")}, {Pick("''", "nil", "{}")})",
    };

    private string SystemCall() => _random.Next(9) switch
    {
        0 => $"os.date({Pick("'!%Y-%m-%d %H:%M:%S'", "'!%c'", "'!%x %X %p'", "'!*t'", "'!%j %U %w %a %A %b %B %d %%'")}, {Pick("0", "86399", "951782400", "1700000000")})",
        1 => $"os.time({{year = {_random.Next(1970, 2037)}, month = {_random.Next(-3, 16)}, day = {_random.Next(-3, 40)}, hour = {_random.Next(-3, 30)}{Pick("", ", min = 70", ", sec = -5", ", isdst = false")}}})",
        2 => $"os.difftime({_random.Next(1000)}, {_random.Next(1000)})",
        3 => "os.getenv('NO_SUCH_VARIABLE')",
        4 => $"io.open('/none/{Field()}'{Pick("", ", 'r'", ", 'w'")})",
        5 => $"io.type({Pick("io.stdout", "5", Any(0))})",
        6 => $"{Pick("io.flush() ~= nil", "io.stdout:write('o ') ~= nil")}, type(io.write({Pick("'w '", "12, ' '", "1.5, 'x '")}))",
        7 => $"package.{Pick("seeall({}) == nil", "preload.x", "loaded.string == string", "path == nil")}",
        _ => $"pcall(os.time, {{year = {Pick("2000", "'x'", "nil")}}})",
    };
}
