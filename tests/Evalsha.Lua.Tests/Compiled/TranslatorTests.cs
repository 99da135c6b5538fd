// The compiled form of a program does what its interpreted form does: output, results, messages, tracebacks.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Tests.Bytecode;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Lua.Tests.Compiled;

public sealed class TranslatorTests
{
    [Fact]
    public void Generated_programs_do_the_same_on_both_tiers() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var program = NumericProgram.Make(new Random(seed));
            Outcome(program, LuaTier.Compiled).ShouldBe(Outcome(program, LuaTier.Interpreted), program);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Random_source_does_the_same_on_both_tiers()
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            var program = new RandomSource(seed).Program();
            Outcome(program, LuaTier.Compiled).ShouldBe(Outcome(program, LuaTier.Interpreted), $"seed {seed}");
        }
    }

    [Theory]
    [InlineData("local s = 0 for i = 1, 10 do s = s + i end return s")]
    [InlineData("local s = '1' for i = 1, 3 do s = s + i end return s, type(s)")]
    [InlineData("local t = setmetatable({}, {__add = function(a, b) return 'sum' end}) local s = t for i = 1, 3 do s = t + i end return s")]
    [InlineData("local s for i = 10, 1, -3 do s = (s or 0) + i end return s")]
    [InlineData("local r = {} for i = '1', '3' do r[#r + 1] = i end return r[1], r[2], r[3]")]
    [InlineData("for i = 1, 'x' do end")]
    [InlineData("local x = 0/0 return x == x, x ~= x, x < x, not (x < x), x <= x, not (x >= x)")]
    [InlineData("local best for i = 1, 20 do local v = i * 7 % 11 if not best or v > best then best = v end end return best")]
    [InlineData("local f = {} for i = 1, 3 do f[i] = function() i = i + 1 return i end end return f[1](), f[1](), f[2](), f[3]()")]
    [InlineData("local function f(...) local a, b = ... return select('#', ...), a, b, ... end return f(1, nil, 3)")]
    [InlineData("local function f(n) if n == 0 then return 'end' end return f(n - 1) end return f(1000)")]
    [InlineData("local t = {} for i = 1, 5 do t[i] = i * i end for i, v in ipairs(t) do t[i] = v .. '' end return table.concat(t, ',')")]
    [InlineData("local t = {x = 1} for i = 1, 5 do t.x = t.x + i t.y = (t.y or 0) + t.x end return t.x, t.y")]
    [InlineData("local a = 1 local b = a and a + 1 or 0 local c = b > 1 and 'yes' or 'no' return a, b, c, not a, not not nil")]
    [InlineData("local co = coroutine.wrap(function(a) for i = 1, 3 do a = a + coroutine.yield(a) end return 'over' end) return co(1), co(2), co(3), co(4)")]
    [InlineData("local n = 0 for i = 1, 100 do local ok, e = pcall(function() if i % 2 == 0 then error({i}) end return i end) n = n + (ok and e or e[1]) end return n")]
    [InlineData("local o = {} function o:m(n) return n * 2 end local s = 0 for i = 1, 10 do s = s + o:m(i) end return s, ('x'):rep(3)")]
    [InlineData("local t = setmetatable({}, {__index = function(t, k) return k * 2 end, __newindex = function(t, k, v) rawset(t, k, v + 1) end}) for i = 1, 3 do t[i] = t[i] end return t[1], t[2], t[3]")]
    [InlineData("local t = setmetatable({}, {__lt = function(a, b) return true end, __eq = function() return true end}) local u = setmetatable({}, getmetatable(t)) return t < u, t > u, t == u, t ~= u, not (t < u)")]
    [InlineData("local x = 1 local function get() return x end for i = 1, 3 do x = x + get() end return x")]
    [InlineData("local function f(t) local s = 0 for i = 1, #t do s = s + t[i] end return s end return f({1, 2, 3}), pcall(f, {1, {}, 3}), pcall(f, 5)")]
    [InlineData("local i = 1 while true do i = i * 2 if i > 1000 then break end end local j = 10 repeat local k = j j = j - 3 until k < 4 return i, j")]
    [InlineData("local t = {} t[1.5] = 1 t[-1] = 2 t[0] = 3 local s = 0 for i = -1, 1.5, 0.5 do s = s + (t[i] or 10) end return s")]
    public void A_program_gives_the_same_results_on_both_tiers(string program)
    {
        Outcome(program, LuaTier.Compiled).ShouldBe(Outcome(program, LuaTier.Interpreted));
        // Again and again, so that what was learnt from failed assumptions is used.
        var repeated = $"local r for n = 1, 60 do r = {{(function() {program} end)()}} end return unpack(r)";
        Outcome(repeated, LuaTier.Compiled).ShouldBe(Outcome(repeated, LuaTier.Interpreted));
    }

    [Fact]
    public void Tracebacks_name_compiled_calls_as_interpreted_ones()
    {
        const string Program = """
            local function inner(t) return t.x.y end
            local function middle(t) local v = inner(t) return v end
            function outer(t) for i = 1, 3 do middle(t) end end
            local ok, text = xpcall(function() outer({}) end, debug.traceback)
            print(text)
            """;
        LuaHost.Run(Program, new LuaOptions { Tier = LuaTier.Compiled }).ShouldBe(LuaHost.Run(Program, new LuaOptions { Tier = LuaTier.Interpreted }));
    }

    private static string Outcome(string program, LuaTier tier)
    {
        var output = new MemoryStream();
        var state = new LuaState(new LuaOptions { Tier = tier, Output = output, Limits = new LuaLimits { MaxSteps = 300_000, MaxLiveBytes = 64 << 20 } });
        var text = new StringBuilder();
        if (!state.TryLoad(Encoding.Latin1.GetBytes(program), "=program", out var function, out var error)) return error.Message;
        if (state.TryCallTraced(function, [], out var results, out error)) text.AppendJoin(' ', results.Select(Plain));
        else text.Append(error.Kind).Append(' ').Append(error.Message).Append(error.Traceback);
        state.FlushOutput();
        return text.Append('\n').Append(Encoding.Latin1.GetString(output.ToArray())).ToString();
    }

    private static string Plain(LuaValue value) => value.IsNumber ? BitConverter.DoubleToInt64Bits(value.AsNumber).ToString("x") : value.ToString();
}
