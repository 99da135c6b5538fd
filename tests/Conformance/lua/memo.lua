-- Memoising, an LRU list, sets, queues, a trie, deep copies and cycles.
local function memoize(f) local cache = {} return function(n) local v = cache[n] if v == nil then v = f(n) cache[n] = v end return v end end
local fib fib = memoize(function(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end)
print(fib(80), fib(10))
local LRU = {} LRU.__index = LRU
function LRU.new(max) local head = {} head.prev, head.next = head, head return setmetatable({max = max, size = 0, map = {}, head = head}, LRU) end
local function unlink(n) n.prev.next, n.next.prev = n.next, n.prev end
function LRU:front(n) n.next, n.prev = self.head.next, self.head self.head.next.prev = n self.head.next = n end
function LRU:get(k) local n = self.map[k] if n then unlink(n) self:front(n) return n.v end end
function LRU:set(k, v)
  local n = self.map[k]
  if n then n.v = v unlink(n) self:front(n) return end
  if self.size == self.max then local last = self.head.prev unlink(last) self.map[last.k] = nil self.size = self.size - 1 end
  n = {k = k, v = v} self.map[k] = n self:front(n) self.size = self.size + 1
end
function LRU:keys() local r, n = {}, self.head.next while n ~= self.head do r[#r + 1] = n.k n = n.next end return table.concat(r, ' ') end
local c = LRU.new(3) for i, k in ipairs({'a', 'b', 'c', 'a', 'd', 'e', 'a'}) do if not c:get(k) then c:set(k, i) end io.write(c:keys(), '; ') end
print(c:get('b'), c:get('a'), c.size)
local Set = {} Set.__index = Set
function Set.of(...) local s = setmetatable({items = {}}, Set) for i = 1, select('#', ...) do s.items[select(i, ...)] = true end return s end
Set.__add = function(a, b) local r = Set.of() for k in pairs(a.items) do r.items[k] = true end for k in pairs(b.items) do r.items[k] = true end return r end
Set.__mul = function(a, b) local r = Set.of() for k in pairs(a.items) do r.items[k] = b.items[k] end return r end
Set.__le = function(a, b) for k in pairs(a.items) do if not b.items[k] then return false end end return true end
Set.__lt = function(a, b) return a <= b and not (b <= a) end Set.__eq = function(a, b) return a <= b and b <= a end
Set.__tostring = function(s) local l = {} for k in pairs(s.items) do l[#l + 1] = tostring(k) end table.sort(l) return '{' .. table.concat(l, ',') .. '}' end
local s1, s2 = Set.of(1, 2, 3), Set.of(2, 3, 4)
print(tostring(s1 + s2), tostring(s1 * s2), s1 <= s1 + s2, s1 < s1, s1 == Set.of(3, 2, 1), s1 ~= s2)
local trie = {} for w in ('to tea ted ten i in inn'):gmatch('%a+') do local n = trie for ch in w:gmatch('.') do n[ch] = n[ch] or {} n = n[ch] end n.word = w end
local function walk(n, out) local keys = {} for k in pairs(n) do if k ~= 'word' then keys[#keys + 1] = k end end table.sort(keys) if n.word then out[#out + 1] = n.word end for _, k in ipairs(keys) do walk(n[k], out) end return out end
print(table.concat(walk(trie, {}), ' '))
local function copy(t, seen) if type(t) ~= 'table' then return t end seen = seen or {} if seen[t] then return seen[t] end local r = {} seen[t] = r for k, v in pairs(t) do r[copy(k, seen)] = copy(v, seen) end return setmetatable(r, getmetatable(t)) end
local cyc = {1, {2}} cyc.self = cyc cyc[2].up = cyc
local d = copy(cyc)
print(d ~= cyc, d.self == d, d[2].up == d, d[2][1], d[2] ~= cyc[2])
local q = {first = 1, last = 0}
local function push(v) q.last = q.last + 1 q[q.last] = v end
local function pop() local v = q[q.first] q[q.first] = nil q.first = q.first + 1 return v end for i = 1, 5 do push(i * i) end io.write(pop(), ' ', pop(), ' ') push('x') while q.first <= q.last do io.write(pop(), ' ') end
print(pop())
local weak = setmetatable({}, {__mode = 'v'}) weak[1] = {} weak.k = 'string stays' collectgarbage()
print(weak.k)
