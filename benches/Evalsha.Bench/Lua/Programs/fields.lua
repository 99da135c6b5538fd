-- Objects: constant string keys read, written and created.
local p = {x = 1, y = 2, z = 3}
for i = 1, 4500000 do p.x = p.x + 1 p.y = p.y + p.x p.z = p.z - p.y end
local n = 0
for i = 1, 450000 do
  local q = {name = 'n', count = i, next = p}
  q.count = q.count + 1
  q.extra = q.count
  n = n + q.extra
end
print(p.x, p.y, p.z, n)
