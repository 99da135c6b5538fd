// Random programs that run: every statement is a protected call whose results or message are printed, on lua5.1 and on ours.
// Values of all types stand behind locals, upvalues, globals, fields and methods, so that messages name their variables in every way.
using System.Text;

namespace Evalsha.Lua.Tests;

public sealed class RandomExecutionTests
{
    private const int Programs = 60;
    private const int StatementsPerProgram = 60;

    private const string Prelude = """
        local function show(...)
          local r = {}
          for i = 1, select('#', ...) do
            local v = select(i, ...)
            local t = type(v)
            if t == 'table' or t == 'function' or t == 'userdata' or t == 'thread' then r[i] = t elseif v ~= v then r[i] = 'nan' else r[i] = tostring(v) end
          end
          print(table.concat(r, ' '))
        end
        local count = 0
        local function run(...) count = count + 1 io.write(count, ' ') return show(pcall(...)) end
        local meta = {}
        for _, e in ipairs({'add', 'sub', 'mul', 'div', 'mod', 'pow', 'concat', 'unm', 'lt', 'le', 'eq', 'call'}) do meta['__' .. e] = function(a, b) return e .. type(a) .. type(b) end end
        meta.__index = function(t, k) return type(k) == 'string' and k or nil end
        gn, gs, gt, gf, gm, gb, gx = 7, '8', {x = 1, y = 'why', z = {n = 5}, f = function(self, v) return v end, 10, 20, 30}, function(...) return ... end, setmetatable({}, meta), false, setmetatable({}, {__index = function(t, k) error('no ' .. tostring(k), 2) end})
        local n, s, t, f, m, b, u = 3, 'text', {x = 2, s = 'field', t = {t = {}}, f = gf, 5, 6}, gf, gm, true, nil

        """;

    private static readonly string[] Atoms = ["n", "s", "t", "f", "m", "b", "u", "gn", "gs", "gt", "gf", "gm", "gb", "gx", "gu", "p", "q", "1", "0", "-1", "2.5", "'5'", "'x'", "nil", "true", "false", "{}", "...", "1e300", "(1/0)", "'0x10'"];
    private static readonly string[] Suffixes = [".x", ".y", ".z", ".n", ".t", ".f", ".s", "[1]", "[2]", "['x']", "[n]", "[u]", "[s]", "()", "(n)", "(...)", ":f(1)", ":x()", ":upper()", "'lit'", "{1}", ".t.t", "(s, n)"];
    private static readonly string[] Binary = ["+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or"];
    private static readonly string[] Functions = ["tonumber", "type", "#", "-", "not ", "math.floor", "math.max", "string.reverse", "string.sub", "string.format", "select", "rawget", "rawequal", "unpack", "next", "ipairs", "setmetatable", "getmetatable", "assert", "error", "string.byte", "table.concat", "string.find", "loadstring"];

    [Theory]
    [InlineData(LuaTier.Interpreted)]
    [InlineData(LuaTier.Compiled)]
    public void Random_statements_give_the_same_results_and_messages(LuaTier tier)
    {
        for (var seed = 1; seed <= Programs; seed++)
        {
            var source = Program(new Random(seed));
            var real = Encoding.Latin1.GetString(PucLua.Run(source));
            var ours = Run(PucLua.Prelude + source, tier);
            if (ours != real) throw new ShouldAssertException($"seed {seed}\n{FirstDifference(real, ours, source)}");
        }
    }

    private static string FirstDifference(string real, string ours, string source)
    {
        var statements = source.Split('\n').Where(line => line.StartsWith("run(", StringComparison.Ordinal)).ToArray();
        var (realLines, ourLines) = (real.Split('\n'), ours.Split('\n'));
        var at = realLines.Zip(ourLines).TakeWhile(pair => pair.First == pair.Second).Count();
        var number = int.TryParse(realLines[at].Split(' ')[0], out var n) ? n : 0;
        return $"{(number > 0 ? statements[number - 1] : "")}\nlua5.1: {realLines[at]}\nours:   {ourLines.ElementAtOrDefault(at)}";
    }

    private static string Run(string source, LuaTier tier)
    {
        var (output, errors) = (new MemoryStream(), new MemoryStream());
        new LuaProgram(new LuaState(new LuaOptions { Output = output, Tier = tier }), errors).TryRun(Encoding.Latin1.GetBytes(source), "=stdin", []);
        errors.Length.ShouldBe(0, Encoding.Latin1.GetString(errors.ToArray()));
        return Encoding.Latin1.GetString(output.ToArray());
    }

    private static string Program(Random random)
    {
        var text = new StringBuilder(Prelude);
        for (var i = 0; i < StatementsPerProgram; i++)
        {
            text.Append("run(function(p, ...) local q = ").Append(Expression(random, 1)).Append(' ').Append(Statement(random, 2)).Append(" end, ");
            text.Append(Atoms[random.Next(14)]).Append(", ").Append(random.Next(10)).Append(")\n");
        }
        return text.ToString();
    }

    private static string Statement(Random random, int depth)
    {
        string E() => Expression(random, depth);
        string Block() => depth > 0 ? Statement(random, depth - 1) : "return " + E();
        return random.Next(12) switch
        {
            0 or 1 or 2 => $"return {E()}, {E()}",
            3 => $"if {E()} then {Block()} else {Block()} end",
            4 => $"for i = {E()}, {random.Next(5)} do if i > 20 then break end q = i {NoReturn(random, depth)} if i ~= i or i < -20 then break end end return q",
            5 => $"for k, v in pairs({E()}) do q = v {NoReturn(random, depth)} end return q, p",
            6 => $"local a, b, c = {E()}, {E()} return a, b, c",
            7 => $"local t = {{{E()}, x = {E()}, [{E()}] = {E()}, {E()}}} return #t, t.x, t[1], t[2]",
            8 => $"local c = function(...) q = {E()} return {E()} end return c(), q",
            9 => $"p, q = {E()}, {E()} return q, p",
            10 => $"local w = 0 while w < 3 do w = w + 1 {NoReturn(random, depth)} end repeat local z = w w = w - 1 until z < 0 or w < 0 return w, {E()}",
            _ => $"local a = {{}} a.x, a[{E()}] = {E()}, {E()} {NoReturn(random, depth)} return a.x, {E()}",
        };
    }

    private static string NoReturn(Random random, int depth) => random.Next(5) switch
    {
        0 => $"q = {Expression(random, depth)}",
        1 => $"local l = {Expression(random, depth)}",
        2 => $"if {Expression(random, depth)} then q = {Expression(random, depth)} end",
        3 => $"gf({Expression(random, depth)})",
        _ => $"t.s = {Expression(random, depth)}",
    };

    private static string Expression(Random random, int depth)
    {
        if (depth <= 0) return Atoms[random.Next(Atoms.Length)];
        string E() => Expression(random, depth - 1);
        switch (random.Next(9))
        {
            case 0: return Atoms[random.Next(Atoms.Length)];
            case 1 or 2: return $"({E()}) {Binary[random.Next(Binary.Length)]} ({E()})";
            case 3: return $"{E()} {Binary[random.Next(Binary.Length)]} {E()} {Binary[random.Next(Binary.Length)]} {E()}";
            case 4 or 5:
                var head = Atoms[random.Next(17)];
                for (var n = random.Next(1, 4); n > 0; n--) head += Suffixes[random.Next(Suffixes.Length)];
                return head;
            case 6: return $"{Functions[random.Next(Functions.Length)]}({E()}, {E()})".Replace("#(", "# select(2, ", StringComparison.Ordinal).Replace("-(", "- select(1, ", StringComparison.Ordinal).Replace("not (", "not select(1, ", StringComparison.Ordinal);
            case 7: return $"({E()}){Suffixes[random.Next(Suffixes.Length)]}";
            default: return $"(function(...) return {E()} end)({E()})";
        }
    }
}
