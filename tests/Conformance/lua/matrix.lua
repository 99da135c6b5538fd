-- Floating point work whose last printed digit must agree.
local function new(n, f) local m = {} for i = 1, n do m[i] = {} for j = 1, n do m[i][j] = f(i, j) end end return m end
local function mul(a, b)
  local n = #a
  return new(n, function(i, j) local s = 0 for k = 1, n do s = s + a[i][k] * b[k][j] end return s end)
end
local a = new(4, function(i, j) return 1 / (i + j - 1) end)
local b = mul(a, a)
for i = 1, 4 do print(unpack(b[i])) end
local function det(m)
  local n, d = #m, 1
  for c = 1, n do
    local p = c
    for r = c + 1, n do if math.abs(m[r][c]) > math.abs(m[p][c]) then p = r end end
    if p ~= c then m[c], m[p] = m[p], m[c] d = -d end
    d = d * m[c][c]
    for r = c + 1, n do
      local f = m[r][c] / m[c][c]
      for k = c, n do m[r][k] = m[r][k] - f * m[c][k] end
    end
  end
  return d
end
print(det(a), det(new(3, function(i, j) return (i * j) % 5 + 0.5 end)))
local x = 1 for i = 1, 20 do x = x - (x * x - 2) / (2 * x) end print(x, x * x, string.format('%.17g', x))
local s = 0 for i = 1, 10000 do s = s + 1 / i ^ 2 end print(s, math.sqrt(s * 6))
local e = 0 local f = 1 for i = 0, 20 do if i > 0 then f = f * i end e = e + 1 / f end print(e, math.exp(1) - e)
for i = 0, 6 do io.write(string.format('%.10f ', math.sin(i * math.pi / 6))) end print()
local body = {x = 0, y = 1, vx = 1, vy = 0} for i = 1, 1000 do local r = (body.x ^ 2 + body.y ^ 2) ^ 1.5 body.vx = body.vx - body.x / r * 0.01 body.vy = body.vy - body.y / r * 0.01 body.x = body.x + body.vx * 0.01 body.y = body.y + body.vy * 0.01 end print(body.x, body.y)
local function mandel(cx, cy) local x, y, n = 0, 0, 0 while n < 50 and x * x + y * y < 4 do x, y = x * x - y * y + cx, 2 * x * y + cy n = n + 1 end return n end
for j = -6, 6 do local row = {} for i = -20, 10 do row[#row + 1] = ('.:-=+*#%@'):sub(math.floor(mandel(i / 13, j / 6) / 6) + 1, math.floor(mandel(i / 13, j / 6) / 6) + 1) end print(table.concat(row)) end
