-- table.sort: numbers, strings, and with a comparator.
local x = 42
local function random(n) x = x * 16807 % 2147483647 return x % n end
local a, b, c = {}, {}, {}
for i = 1, 200000 do a[i] = random(1000000) end
for i = 1, 20000 do b[i] = 'k' .. random(100000) end
for i = 1, 50000 do c[i] = {id = random(100000), at = i} end
table.sort(a)
table.sort(b)
table.sort(c, function(p, q) if p.id ~= q.id then return p.id < q.id end return p.at < q.at end)
table.sort(a, function(p, q) return p > q end)
print(a[1], a[#a], b[1], b[#b], c[1].id, c[#c].at)
