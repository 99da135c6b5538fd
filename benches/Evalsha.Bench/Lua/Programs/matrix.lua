-- Matrix product: arrays of arrays.
local n = 240
local function make(seed)
  local m = {}
  for i = 1, n do local row = {} for j = 1, n do row[j] = (i * seed + j) % 10 end m[i] = row end
  return m
end
local a, b, c = make(3), make(7), {}
for i = 1, n do
  local row, ai = {}, a[i]
  for j = 1, n do
    local s = 0
    for k = 1, n do s = s + ai[k] * b[k][j] end
    row[j] = s
  end
  c[i] = row
end
local trace = 0
for i = 1, n do trace = trace + c[i][i] end
print(trace)
