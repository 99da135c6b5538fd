// Iterators of the generic for and calls of next, where the loop answers them itself and where it leaves that way: every number of results,
// errors, yields, keys that are not there, hooks that come and go meanwhile, in both ways of running functions.
namespace Evalsha.Lua.Tests.Runtime;

public class InterpreterIteratorsTests
{
    public static TheoryData<LuaTier> Tiers => new(LuaTier.Interpreted, LuaTier.Compiled);

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Iterators_of_every_kind_step_as_in_puc(LuaTier tier) => OurLua.ShouldPrintWhatPucPrints("""
        local function upto(n) local i = 0 return function() i = i + 1 if i <= n then return i end end end
        for round = 1, 3 do
          local s = '' for i in upto(3) do s = s .. i end print(s)
          for a, b, c in upto(2) do print(a, b, c) end
          for a, b, c, d in function(_, k) k = (k or 0) + 1 if k < 3 then return k, k * 2, k * 3 end return nil, 1 end do print(a, b, c, d) end
          for a, b in function(...) return ... end, nil do print('never', a, b) end
          for a, b in function(t, k) return next(t, k) end, {1, x = 2} do print(a, b) end
          for a, b in next, {10, 20, n = 3} do print(a, b) end
          for a, b in setmetatable({}, {__call = function(self, t, k) return next(t, k) end}), {7} do print(a, b) end
          for x in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, i) end end) do print(x) end
          for x, y, z in coroutine.wrap(function(a, b) print(a, b) coroutine.yield('x', 'y') return nil end), 'state', 'control' do print(x, y, z) end
          for i in (function() local done return function() if not done then done = true return false end end end)() do print('false goes on', i) end
          local function tail(t, k) return next(t, k) end for k, v in tail, {5, 6} do print(k, v) end
        end
        print(pcall(function() for x in nil do end end)) print(pcall(function() for x in {} do end end)) print(pcall(function() for x in 5, 6 do end end))
        print(pcall(function() for x in function() error('inside') end do end end)) print(pcall(function() for x in coroutine.wrap(function() error('in wrap') end) do end end))
        local co = coroutine.create(function() for x in function() return coroutine.yield(1) end do print(x) end end) print(coroutine.resume(co))
        co = coroutine.create(function() for x in coroutine.yield do return x end end) print(coroutine.resume(co)) print(coroutine.status(co))
        local dead = coroutine.wrap(function() end) dead() print(pcall(function() for x in dead do end end))
        local function deep(n) for x in function(_, k) if not k then return deep(n + 1) end end do return x end end print(pcall(deep, 1))
        """, tier);

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Next_answers_or_refuses_as_in_puc(LuaTier tier) => OurLua.ShouldPrintWhatPucPrints("""
        local t = {10, 20, nil, 40, a = 1}
        for round = 1, 3 do
          print(next(t)) print(next(t, 1)) print(next(t, 2)) print(next(t, 'a')) print((next(t))) print(next({})) print(next(t, nil, 1, 2)) print(type(next), next(t, 4) ~= nil)
          local k, v, w = next(t) print(k, v, w) local x = next({}, nil) print(x) print(select('#', next({})), select('#', next(t)))
          for _, bad in ipairs {99, 'none', 1.5} do print(pcall(next, t, bad)) print(pcall(function() return next(t, bad) end)) print(pcall(function() local k = next(t, bad) return k end)) end
          print(pcall(next)) print(pcall(next, 1)) print(pcall(function() return (next(nil)) end)) print(pcall(function() local a, b = next('x') end))
        end
        local n, k, v = 0, next(t) while k do n = n + v t[k] = nil k, v = next(t, k) end print(n, next(t))
        """, tier);

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Hooks_may_come_and_go_in_an_iterator(LuaTier tier) => OurLua.ShouldPrintWhatPucPrints("""
        local seen = 0
        local function on() debug.sethook(function() seen = seen + 1 end, 'crl') end
        for _, how in ipairs {'lua', 'host', 'wrap'} do
          for _, first in ipairs {true, false} do
            local i, last = 0, nil
            local function step() i = i + 1 if i == 2 then if first then on() else debug.sethook() end end if i <= 4 then return i end end
            if not first then on() end
            if how == 'lua' then for x in step do last = x end
            elseif how == 'host' then for x in string.gmatch('abcd', '().') do step() last = x end
            else for x in coroutine.wrap(function() while true do coroutine.yield(step()) end end) do last = x end end
            debug.sethook() print(how, first, i, last, seen > 0)
          end
        end
        for x in (function() local n = 0 return function() n = n + 1 debug.sethook() if n < 3 then return n end end end)() do print(x) on() end debug.sethook()
        for x in coroutine.wrap(function() for i = 1, 3 do on() coroutine.yield(i) debug.sethook() end end) do print(x) end debug.sethook()
        print('done') print('done') print('done')
        """, tier);
}
