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

    // Library functions whose calls are written out: their arguments' edges, other functions in their place, errors, and the steps they count.
    [Theory]
    [InlineData("local floor = math.floor local s = 0 for i = 1, 9 do s = s + floor(i / 2) end return s, floor('3.7'), tostring(pcall(floor)), tostring(pcall(floor, {}))")]
    [InlineData("local r = {} for _, x in ipairs({-0.5, 2.5, -2.5, 1/0, -1/0, 0/0, 1e300, '4.2'}) do r[#r + 1] = tostring(math.floor(x)) .. tostring(math.ceil(x)) .. tostring(1 / math.floor(x)) .. tostring(math.abs(x)) .. tostring(math.sqrt(x)) end return table.concat(r, ' ')")]
    [InlineData("local s, keep = '', math.floor for i = 1, 9 do if i == 5 then math.floor = function(x) return 'f' .. x end end s = s .. tostring(math.floor(i / 2)) end math.floor = keep return s")]
    [InlineData("local s, f = 0, math.floor local function g(x) return f(x) end for i = 1, 9 do if i == 4 then f = math.sqrt elseif i == 6 then f = function(x) return -x end elseif i == 8 then f = math.max end s = s + g(i * 1.5) end return s")]
    [InlineData("local s = 'abc' local r = {} for _, i in ipairs({0, -1, 1.5, 3, 4, 1/0, -1/0, 0/0, 1e300, -1e300, '2'}) do r[#r + 1] = tostring(s:byte(i)) .. s:sub(i, i) .. s:sub(i) .. s:sub(1, i) .. s:sub(i, -2) end return table.concat(r, ' ')")]
    [InlineData("local function f(s, i) return s:byte(i) + #s:sub(i) end local r = {} for _, p in ipairs({{'abc', 2}, {'abc', 9}, {'abc', {}}, {5, 1}, {nil, 1}, {'abc'}, {{}, 1}}) do r[#r + 1] = tostring(f == nil or select(2, pcall(f, p[1], p[2]))) end return table.concat(r, ' ')")]
    [InlineData("local t = {} for i = 1, 40 do t[i] = ('x'):rep(60):sub(1, i + 10) end local n = 0 for i = 1, 40 do n = n + #t[i] end return n, #t[40], t[3]")]
    [InlineData("local max, min, n = math.max, math.min, 0/0 local r = {} for _, p in ipairs({{1, 2}, {2, 1}, {n, 1}, {1, n}, {-0, 0}, {0, -0}, {'3', 2}, {2, '3'}}) do local a, b = max(p[1], p[2]), min(p[1], p[2]) r[#r + 1] = tostring(a) .. '/' .. tostring(b) .. '/' .. tostring(1 / a) .. tostring(1 / b) end return table.concat(r, ' '), tostring(pcall(max)), tostring(pcall(min, 1, {}))")]
    [InlineData("local t = {} for i = 1, 20 do table.insert(t, i) end local s = 0 for i = 1, 25 do s = s * 3 % 1000003 + (table.remove(t) or 1) % 7 end return s, #t, next(t), select('#', table.remove(t)), tostring(pcall(table.insert, t)), tostring(pcall(table.remove, 1))")]
    [InlineData("local t = {1, 2, nil, 4} table.insert(t, 5) local a = #t table.insert(t, 2, 6) local b = #t local x = table.remove(t) local y = table.remove(t, 1) return a, b, x, y, #t, t[1], t[2]")]
    [InlineData("local n = 0 while true do n = n + math.floor(1.5) end")]
    [InlineData("local s, n = 'abcdef', 0 while true do n = n + s:byte(2) + #s:sub(2, 3) end")]
    // Methods: found in classes of classes, replaced, shadowed, removed, of strings, of nothing.
    [InlineData("local A = {} A.__index = A function A.f(self, x) return x + self.n end local B = setmetatable({}, A) B.__index = B local o, s = setmetatable({n = 1}, B), 0 for i = 1, 30 do if i == 8 then function B.f(self, x) return x * 2 end elseif i == 15 then o.f = function() return 100 end elseif i == 22 then o.f = nil B.f = nil end s = s + o:f(i) end return s")]
    [InlineData("local o = setmetatable({}, {__index = function(t, k) return function(self, x) return k .. x end end}) local s = '' for i = 1, 5 do s = s .. o:name(i) .. ('ab'):rep(i):upper():lower():len() end return s")]
    [InlineData("local o, r = {f = function() return 1 end}, {} for i = 1, 6 do if i == 4 then o.f = nil end r[i] = tostring(select(2, pcall(function() return o:f() end))) end return table.concat(r, ' ')")]
    [InlineData("local function call(o) return o:f() end local r = {} for i, o in ipairs({{}, 5, 'x', true, print}) do r[i] = tostring(select(2, pcall(call, o))) end return table.concat(r, ' ')")]
    [InlineData("string.twice = function(s) return s .. s end local s = 'a' for i = 1, 4 do s = s:twice() end string.twice = nil return s, pcall(function() return s:twice() end)")]
    // Small functions whose calls are written out: values of other types on the way, other functions in their place, errors with their names.
    [InlineData("local function add(a, b) return a + b end local s = 0 for i = 1, 20 do s = add(s, i) if i == 10 then s = tostring(s) end end return s, pcall(add, 1, {}), pcall(add, nil, 1)")]
    [InlineData("local function add(a, b) local sum = a + b return sum end local function run(x) local t = {} for i = 1, 20 do t[i] = add(i, x) end return #t end return run(1), pcall(run, {}), select(2, pcall(run, 'z')), run('7')")]
    [InlineData("local function get(t, k) return t.a[k] end local function run(t) local n = 0 for i = 1, 9 do n = n + get(t, i) end return n end return run({a = {1, 2, 3, 4, 5, 6, 7, 8, 9}}), select(2, pcall(run, {a = {1, 2}})), select(2, pcall(run, {})), select(2, pcall(run, nil)), run(setmetatable({}, {__index = function() return setmetatable({}, {__index = function(_, k) return k * 2 end}) end}))")]
    [InlineData("local function two(a) return a, a * 2 end local function none(a) a = a + 1 end local s = 0 for i = 1, 9 do local x, y, z = two(i) s = s + x + y + (z and 1 or 0) local n = none(i) s = s + (n == nil and 1 or 0) none(i) end return s")]
    [InlineData("local function missing(a, b, c) if b == nil then return a end if c == nil then return a + b end return a + b + c end local s = 0 for i = 1, 9 do s = s + missing(i) + missing(i, 1) + missing(i, 2, 3) + missing(i, 1, nil, 5) end return s")]
    [InlineData("local n = 0 local function step(d) n = n + d return n end local function reset() n = 'x' end local s = 0 for i = 1, 9 do s = s + step(i) if i == 5 then n = n .. '' end end reset() return s, n, pcall(step, 1)")]
    [InlineData("local function sum(a, n) local s = 0 for i = 1, n do if a[i] == 5 then return 'five' end s = s + a[i] end return s end local r = {} for i = 1, 12 do r[i] = tostring(sum({1, 2, 3, 4, i, 6}, 6)) end return table.concat(r, ' '), pcall(sum, {1}, 2)")]
    [InlineData("local function f(x) return -x end local r = {} for i = 1, 12 do if i == 5 then f = function(x) return x .. '!' end elseif i == 8 then f = math.abs elseif i == 11 then f = setmetatable({}, {__call = function(_, x) return x + 100 end}) end r[i] = tostring(f(i)) end f = nil return table.concat(r, ' '), pcall(function() return f(1) end)")]
    [InlineData("local P = {} P.__index = P function P.move(self, dx) self.x = self.x + dx return self end function P.sum(self) return self.x + 1 end local p, s = setmetatable({x = 0}, P), 0 for i = 1, 20 do p:move(i) s = s + p:sum() if i == 10 then p.x = tostring(p.x) end end p.x = nil return s, pcall(p.move, p, 1), pcall(function() p:sum() end)")]
    [InlineData("local function f(a) while true do a = a + 1 end end for i = 1, 2 do f(i) end")]
    [InlineData("local function f(a) return a end while true do f(1) end")]
    [InlineData("local function lt(a, b) if a < b then return true end return a == b end local mt = {__lt = function(a, b) return a.v < b.v end, __eq = function(a, b) return a.v == b.v end} local function o(v) return setmetatable({v = v}, mt) end local r = {} for i = 1, 9 do r[i] = tostring(lt(i, 5)) .. tostring(lt(o(i), o(5))) .. tostring(lt('a' .. i, 'a5')) end return table.concat(r, ' '), pcall(lt, 1, 'x'), pcall(lt, {}, {})")]
    [InlineData("local function len(x) return #x end local s = 0 for i = 1, 9 do s = s + len(('x'):rep(i)) + len({1, 2, 3}) end return s, pcall(len, 5), pcall(len, nil)")]
    [InlineData("local g = 1 local function set(v) total = (total or 0) + v return total end local s = 0 for i = 1, 9 do s = s + set(i) end total = nil return s")]
    // Metamethods and iterators that are compiled: results none, one and many, varargs and captured variables in them, tail calls, errors.
    [InlineData("local mt = {} mt.__add = function(a, b) return (a.v or a) + (type(b) == 'table' and b.v or b), 'more' end mt.__sub = function(...) return select('#', ...) end mt.__mul = function(a) end mt.__div = function(a, b) local f = function() return a.v end return f() end mt.__unm = function(a) return -a.v end mt.__concat = function(a, b) return 'cat' end mt.__lt = function(a, b) return a.v < b.v end mt.__le = function(a, b) local x = a.v return (function() return x end)() <= b.v end mt.__eq = function(a, b) return a.v % 3 == b.v % 3 end mt.__call = function(self, x) return self.v + x end local function o(v) return setmetatable({v = v}, mt) end local r = {} for i = 1, 12 do local a, b = o(i), o(6) r[i] = tostring(a + b) .. tostring(a - b) .. tostring(a * b) .. tostring(a / b) .. tostring(-a) .. (a .. b) .. tostring(a < b) .. tostring(a <= b) .. tostring(a == b) .. tostring(a ~= b) .. tostring(a(i)) .. tostring(a == i) end return table.concat(r, ' ')")]
    [InlineData("local log = {} local p = setmetatable({}, {__index = function(t, k) if k == 7 then return end if k == 9 then error('nine') end return k * 2, k end, __newindex = function(t, k, v) log[#log + 1] = k .. '=' .. tostring(v) end}) local r = {} for i = 1, 8 do p[i] = p[i] r[i] = tostring(p[i]) .. tostring(p['k' .. i] == nil) if i == 4 then rawset(p, 5, 50) end end return table.concat(r, ' '), table.concat(log, ' '), select(2, pcall(function() return p[9] end))")]
    [InlineData("local p = setmetatable({}, {__index = function(t, k) return error({code = k}) end}) local n = 0 for i = 1, 9 do local ok, e = pcall(function() return p[i] end) n = n + e.code end return n")]
    [InlineData("local p = setmetatable({}, {__index = function(t, k) if k < 1 then return 'end' end return t[k - 1] end}) return p[50], select(2, pcall(function() return p[300] end))")]
    [InlineData("local function range(n) local i = 0 return function() i = i + 1 if i <= n then return i end end end local function pairs2(n) local i = 0 return function() i = i + 1 if i <= n then return i, i * 2, i * 3 end end end local function var(n) return function(s, c) c = (c or 0) + 1 if c <= n then return c end end end local s = 0 for i in range(9) do s = s + i end for a, b, c, d in pairs2(9) do s = s + a + b + c + (d and 1 or 0) end for i in var(5) do s = s + i end for i in range(3) do for j in range(i) do s = s + j end end return s, pcall(function() for i in range() do end end)")]
    [InlineData("local function gen(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i + 1) end end) end local s = 0 for a, b in gen(9) do s = s + a * b end for a in gen(4) do s = s + a end local it = setmetatable({}, {__call = function(_, s, c) c = c + 1 if c < 6 then return c end end}) for i in it, nil, 0 do s = s + i end return s")]
    [InlineData("local t, s, n = {10, 20, 30, x = 1, y = 2}, 0, 0 for round = 1, 3 do local k, v = next(t) while k do s = s + v n = n + 1 if k == 2 then t[k] = nil end k, v = next(t, k) end end return s, n, next({}), select('#', next({})), pcall(next, t, 'none'), pcall(next), (next(t, 3))")]
    [InlineData("local t = {[0] = 'zero', [-1] = 'minus', [1e300] = 'big', [0.5] = 'half', [100] = 'far'} local r = {} for _, k in ipairs({0, -1, 1e300, 0.5, 100, 101, 1, 0/0, 1/0}) do local key = k + 0 r[#r + 1] = tostring(t[key]) end local m = setmetatable({}, {__index = t}) for i = -1, 1 do local v = m[i] r[#r + 1] = tostring(v) end local n = 0 for i = 0, 3 do local v = ({[0] = 1, 2, 3, 4})[i] n = n + v end return table.concat(r, ' '), n, pcall(function() local x for i = 0, 1 do x = t[i] + 1 end end)")]
    [InlineData("local a, b = {}, setmetatable({}, {__eq = function() return true end}) local c = setmetatable({}, getmetatable(b)) local r = {} for i = 1, 5 do r[i] = tostring(a == {}) .. tostring(a == b) .. tostring(b == a) .. tostring(b == c) .. tostring(b ~= c) end return table.concat(r, ' ')")]
    public void Written_out_calls_do_the_same_on_both_tiers(string program) => A_program_gives_the_same_results_on_both_tiers(program);

    [Fact]
    public void Errors_in_written_out_calls_have_their_traceback()
    {
        const string Program = """
            local function field(t) return t.x.y end
            local Class = {} Class.__index = Class
            function Class.get(self) return self.a + 1 end
            function middle(t) local v = field(t) return v end
            local function outer(t) for i = 1, 3 do middle(t) end end
            local object = setmetatable({}, Class)
            local function method() for i = 1, 3 do local v = object:get() end end
            for i = 1, 3 do
              print(select(2, xpcall(function() outer({}) end, debug.traceback)))
              print(select(2, xpcall(method, debug.traceback)))
            end
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
