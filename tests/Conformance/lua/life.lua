-- Conway's game of life on a torus.
local W, H = 16, 8
local function new() local g = {} for y = 1, H do g[y] = {} for x = 1, W do g[y][x] = 0 end end return g end
local g = new()
for _, c in ipairs({{2, 1}, {3, 2}, {1, 3}, {2, 3}, {3, 3}, {10, 4}, {11, 4}, {12, 4}}) do g[c[2]][c[1]] = 1 end
local function step(g)
  local n = new()
  for y = 1, H do
    for x = 1, W do
      local s = 0
      for dy = -1, 1 do
        for dx = -1, 1 do
          if not (dx == 0 and dy == 0) then s = s + g[(y + dy - 1) % H + 1][(x + dx - 1) % W + 1] end
        end
      end
      n[y][x] = (s == 3 or s == 2 and g[y][x] == 1) and 1 or 0
    end
  end
  return n
end
for gen = 1, 4 do
  print('generation ' .. gen)
  for y = 1, H do print((table.concat(g[y]):gsub('0', '.'):gsub('1', '#'))) end
  g = step(g)
end
