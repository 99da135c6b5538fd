-- A binary heap, shortest paths, permutations, knapsack, edit distance.
local Heap = {}
Heap.__index = Heap
function Heap.new(less) return setmetatable({n = 0, less = less or function(a, b) return a < b end}, Heap) end
function Heap:push(v)
  self.n = self.n + 1
  local i = self.n
  self[i] = v
  while i > 1 do
    local p = (i - i % 2) / 2
    if not self.less(self[i], self[p]) then break end
    self[i], self[p] = self[p], self[i]
    i = p
  end
end
function Heap:pop()
  if self.n == 0 then return nil end
  local top = self[1]
  self[1], self[self.n] = self[self.n], nil
  self.n = self.n - 1
  local i = 1
  while true do
    local s, l, r = i, 2 * i, 2 * i + 1
    if l <= self.n and self.less(self[l], self[s]) then s = l end
    if r <= self.n and self.less(self[r], self[s]) then s = r end
    if s == i then return top end
    self[i], self[s] = self[s], self[i]
    i = s
  end
end
local h = Heap.new()
for _, v in ipairs({5, 3, 8, 1, 9, 2, 7, 3}) do h:push(v) end
while h.n > 0 do io.write(h:pop(), ' ') end
print(h:pop())
local graph = {a = {b = 7, c = 9, f = 14}, b = {a = 7, c = 10, d = 15}, c = {a = 9, b = 10, d = 11, f = 2}, d = {b = 15, c = 11, e = 6}, e = {d = 6, f = 9}, f = {a = 14, c = 2, e = 9}}
local dist, from, q = {a = 0}, {}, Heap.new(function(x, y) return x[1] < y[1] end)
q:push({0, 'a'})
while q.n > 0 do
  local d, u = unpack(q:pop())
  if d <= dist[u] then
    for v, w in pairs(graph[u]) do
      if not dist[v] or d + w < dist[v] then dist[v], from[v] = d + w, u q:push({d + w, v}) end
    end
  end
end
for _, v in ipairs({'a', 'b', 'c', 'd', 'e', 'f'}) do
  local path, n = v, v
  while from[n] do n = from[n] path = n .. '>' .. path end
  print(v, dist[v], path)
end
local function permute(a, n, f) if n == 0 then f(a) else for i = 1, n do a[i], a[n] = a[n], a[i] permute(a, n - 1, f) a[i], a[n] = a[n], a[i] end end end
local seen = {}
permute({1, 2, 3, 4}, 4, function(a) seen[#seen + 1] = table.concat(a) end)
print(#seen, table.concat(seen, ' '))
local function distance(a, b)
  local d = {}
  for i = 0, #a do d[i] = {[0] = i} end
  for j = 0, #b do d[0][j] = j end
  for i = 1, #a do
    for j = 1, #b do
      d[i][j] = math.min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a:byte(i) == b:byte(j) and 0 or 1))
    end
  end
  return d[#a][#b]
end
print(distance('kitten', 'sitting'), distance('', 'abc'), distance('flaw', 'lawn'))
local best = {[0] = 0}
for w = 1, 50 do best[w] = 0 for _, it in ipairs({{10, 60}, {20, 100}, {30, 120}}) do if it[1] <= w then best[w] = math.max(best[w], best[w - it[1]] + it[2]) end end end
print(best[50], best[9], best[35])
