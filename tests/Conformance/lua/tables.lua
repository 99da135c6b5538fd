-- Tables: constructors, length, order of traversal, sort, insert, remove, and keys of every kind.
local t = {10, 20, 30, x = 1, ['y z'] = 2, [100] = 3, [2.5] = 4, [true] = 5, [-1] = 6; 40}
print(#t, t[4], t.x, t['y z'], t[100], t[2.5], t[true], t[-1], t.none, t[1.0], t['1'])
local keys = {} for k, v in pairs(t) do keys[#keys + 1] = tostring(k) .. '=' .. tostring(v) end
print(table.concat(keys, ' '))
for i, v in ipairs({1, 2, nil, 4}) do io.write(i, '=', v, ' ') end
print()
for k, v in next, {a = 1} do print(k, v) end
print(next({}), next({5}), next({5}, 1), next({a = 1}, 'a'))
-- order of pairs for many string keys, before and after deletions and growth
local words = {} for w in ('the quick brown fox jumps over the lazy dog and runs away from every other animal in a big dark wood near my house by the sea'):gmatch('%a+') do words[w] = #w end
local order = {} for k in pairs(words) do order[#order + 1] = k end
print(table.concat(order, ' '))
for _, w in ipairs({'the', 'fox', 'sea', 'big'}) do words[w] = nil end words.new = 1 words.other2 = 2 order = {} for k, v in pairs(words) do order[#order + 1] = k .. v end
print(table.concat(order, ' '))
local n = {} for i = 1, 40 do n[i * 7 % 41] = i end order = {} for k in pairs(n) do order[#order + 1] = k end
print(table.concat(order, ' '))
local m = {} for i = 1, 20 do m[i] = i m['k' .. i] = i m[i + 0.5] = i m[-i] = i end order = {} for k in pairs(m) do order[#order + 1] = tostring(k) end
print(table.concat(order, ' '))
for i = 1, 20 do m[i] = nil end order = {} for k in pairs(m) do order[#order + 1] = tostring(k) end
print(table.concat(order, ' '))
-- assignment to existing fields while traversing, clearing while traversing
for k, v in pairs(words) do words[k] = v * 2 end
local s = 0 for _, v in pairs(words) do s = s + v end
print(s)
for k in pairs(words) do words[k] = nil end
print(next(words))
-- length and borders
print(#{}, #{nil}, #{1, nil}, #{1, nil, 3}, #{nil, nil, 3}, #{n = 1}, #{1, 2, 3, nil}, #{1, 2, 3, nil, 5}, #{[1] = 1, [2] = 2, [4] = 4}, #{1, 2, [4] = 4})
local g = {} for i = 1, 10 do g[i] = i end g[5] = nil
print(#g) g[10] = nil
print(#g) g[9] = nil g[8] = nil
print(#g) for i = 10, 1, -1 do g[i] = i end
print(#g) for i = 1, 100 do g[#g + 1] = i end
print(#g)
local h = {} h[3] = 3 h[2] = 2 h[1] = 1
print(#h) h[4] = 4
print(#h)
local b = {} for i = 16, 1, -1 do b[i] = i end
print(#b) for i = 1, 16 do b[i] = nil end
print(#b)
-- insert, remove, concat, maxn, sort
t = {} table.insert(t, 'a') table.insert(t, 1, 'b') table.insert(t, 2, 'c') table.insert(t, #t + 1, 'd') table.insert(t, 10, 'far')
print(table.concat(t, ' '), t[10], #t)
print(table.remove(t), table.remove(t, 1), table.remove(t, 1), table.concat(t, ' '), table.remove({}), table.remove({}, 5), table.remove({1, 2, 3}, 5), #t)
print(table.maxn({1, 2, [10] = 3, [2.5] = 1, x = 1}), table.maxn({}), table.getn({1, 2, 3}))
print(pcall(table.setn, {}, 3))
table.foreach({'a', 'b'}, print) table.foreachi({'x', 'y'}, print)
print(table.foreach({1, 2, 3}, function(k, v) if v == 2 then return 'found' end end))
local function sorted(a, f) table.sort(a, f) return table.concat(a, ' ') end
print(sorted({5, 2, 8, 1, 9, 3}), sorted({'b', 'a', 'C', 'A'}), sorted({3, 1, 2}, function(a, b) return a > b end), sorted({}), sorted({1}), sorted({2, 2, 1, 1, 3, 3}), sorted({'10', '9', '2'}), sorted({0.5, -1, 2e3}))
local recs = {} for i = 1, 30 do recs[i] = {k = i * 7 % 10, i = i} end table.sort(recs, function(a, b) return a.k < b.k or a.k == b.k and a.i < b.i end) for i, r in ipairs(recs) do io.write(r.k, '.', r.i, ' ') end
print()
local calls = 0
local big = {} for i = 1, 200 do big[i] = i * 37 % 101 end table.sort(big, function(a, b) calls = calls + 1 return a < b end)
print(calls, big[1], big[100], big[200])
print(pcall(table.sort, {1, 'x', 2}))
print(pcall(table.sort, {3, 1, 2, 5, 4}, function() return true end))
print(pcall(table.sort, {1, 2}, 5))
print(pcall(table.sort, {1, nil, 3}))
print(pcall(table.sort, {3, 2, 1}, function(a, b) error('cmp') end))
local partial = {3, 2, 1, 5}
print(pcall(table.sort, partial, function(a, b) return a.x < b.x end))
-- keys: NaN, nil, -0, numbers that are equal, big integers, nested tables, functions
t = {} t[0] = 'zero'
print(t[-0], t[0.0]) t[2^53] = 'big'
print(t[9007199254740992]) t[1e300] = 1
print(t[1e300], t[0/0], t[nil])
print(pcall(rawset, t, 0/0, 1))
local f = function() end t[f] = 'f' t[t] = 't'
print(t[f], t[t], t[function() end])
t = setmetatable({}, {__index = function(_, k) return k end})
print(t.x, t[1], rawget(t, 1)) t = {} t[1] = 1 t[1] = nil
print(next(t), #t) t = {{1, 2}, {3, {4, 5}}}
print(t[2][2][1], #t[1]) t = {[1] = 'a', 'b'}
print(t[1]) t = {'a', [1] = 'b'}
print(t[1]) t = {f = function(self) return self.v end, v = 9}
print(t:f(), t.f(t))
local x, y = 1, 2 x, y = y, x
print(x, y)
local a = {1, 2, 3}
local i = 1 i, a[i] = i + 1, 20
print(i, a[1], a[2]) a[i], i = 'q', 9
print(a[2], i)
local p = {} p.a, p.b, p.c = 1, 2
print(p.a, p.b, p.c)
local q = {} q[1], q[2], q[1] = 'x', 'y', 'z'
print(q[1], q[2])
