// The table library against lua5.1: same arrays, same errors, and the same sequence of comparisons in sort.
namespace Evalsha.Lua.Tests.Library;

public sealed class TableLibraryTests
{
    [Fact]
    public void Sort_makes_pucs_comparisons_in_pucs_order() => OurLua.ShouldPrintWhatPucPrints(OurLua.Tools + """
        local comparers = {
          false,
          function(a, b) return a < b end,
          function(a, b) return a > b end,
          function(a, b) return a <= b end,
          function(a, b) return true end,
          function(a, b) return false end,
          function(a, b) return rnd(2) == 1 end,
          function(a, b) return (a or 0) % 3 < (b or 0) % 3 end,
          function(a, b) return rnd(3) == 1 or a == nil end,
          function(a, b) if rnd(200) == 1 then error('stop', 0) end return a < b end,
        }
        for i = 1, 6000 do
          local t, n = {}, rnd(rnd(4) == 1 and 80 or 12) - 1
          for j = 1, n do t[j] = rnd(30) end
          local c, trace = pick(comparers), {}
          local r = text(pcall(table.sort, t, c and function(a, b)
            local less = c(a, b)
            if #trace < 400 then trace[#trace + 1] = tostring(a) .. (less and '<' or '-') .. tostring(b) end
            return less
          end or nil))
          local out = {}
          for j = 1, n + 2 do out[j] = tostring(t[j]) end
          print(i, r, table.concat(out, ' '), table.concat(trace, ' '))
        end
        local words = {}
        for j = 1, 500 do words[j] = string.char(rnd(256) - 1, rnd(256) - 1) end
        table.sort(words)
        print(hex(table.concat(words)))
        print(text(pcall(table.sort, {3, 'a', 2})))
        print(text(pcall(table.sort, {{}, {}})))
        print(text(pcall(table.sort, {1, 2}, 3)))
        print(text(pcall(table.sort, 1)))
        print(text(pcall(function() table.sort({3, 2, 1, nil, 5, 'x'}) end)))
        print(text(pcall(table.sort, {1, 2, 3}, function() return coroutine.yield() end)))
        local mt = {__lt = function(a, b) return a.v < b.v end}
        local objects = {}
        for j = 1, 20 do objects[j] = setmetatable({v = rnd(50)}, mt) end
        table.sort(objects)
        for j = 1, 20 do objects[j] = objects[j].v end
        print(table.concat(objects, ','))
        """);

    [Fact]
    public void The_other_functions_do_what_puc_does() => OurLua.ShouldPrintWhatPucPrints(OurLua.Tools + """
        local function list(t) local out = {} for i = -1, 12 do out[#out + 1] = tostring(t[i]) end return #t .. ': ' .. table.concat(out, ' ') end
        for i = 1, 3000 do
          local t = {}
          for j = 1, rnd(8) - 1 do t[j] = j * 10 end
          if rnd(4) == 1 then t[rnd(9)] = nil end
          if rnd(6) == 1 then t[rnd(20)] = 'x' end
          local op = rnd(6)
          local r
          if op == 1 then r = text(pcall(table.insert, t, 99))
          elseif op == 2 then r = text(pcall(table.insert, t, rnd(14) - 3, 99))
          elseif op == 3 then r = text(pcall(table.remove, t))
          elseif op == 4 then r = text(pcall(table.remove, t, rnd(12) - 2))
          elseif op == 5 then r = text(pcall(table.concat, t, pick {'', ',', '--', 1, nil}, rnd(3) == 1 and rnd(6) - 2 or nil, rnd(3) == 1 and rnd(9) - 2 or nil))
          else r = text(pcall(table.maxn, t)) end
          print(i, op, r, list(t))
        end
        for _, f in ipairs {'concat', 'foreach', 'foreachi', 'getn', 'maxn', 'insert', 'remove', 'setn', 'sort'} do
          print(f, text(pcall(table[f])))
          print(f, text(pcall(table[f], 1)))
          print(f, text(pcall(table[f], {})))
          print(f, text(pcall(table[f], {}, 'x')))
          print(f, text(pcall(table[f], {1, 2, 3}, 2, 'x')))
          print(f, text(pcall(table[f], {1, 2, 3}, {}, 'x', {})))
        end
        print(text(pcall(table.insert, {}, 1, 2, 3)))
        print(text(pcall(table.concat, {1, {}, 3})))
        print(text(pcall(table.concat, {1, 2, 3}, ',', 1, 5)))
        print(text(pcall(table.concat, {1.5, 2, 'x'}, '-')))
        print(text(pcall(table.concat, {'a', 'b', 'c'}, ', ', 2)))
        print(text(pcall(table.concat, {}, 'x', 2^31 - 1, 2^31 - 1)))
        table.foreach({10, 20, x = 5}, print)
        print(table.foreach({10, 20, 30}, function(k, v) if v == 20 then return k, v end end))
        print(table.foreachi({10, 20, 30}, function(k, v) if v == 20 then return 'found' end end))
        local t = {1, 2, 3, 4}
        table.foreach(t, function(k) t[k] = nil end)
        print(next(t))
        print(table.maxn {[1.5] = 1, [-3] = 2, x = 1}, table.maxn {}, table.maxn {[2^53] = 1}, table.getn {1, 2, nil, 4})
        print(text(pcall(function() table.foreach({1}, function() error('x') end) end)))
        """);
}
