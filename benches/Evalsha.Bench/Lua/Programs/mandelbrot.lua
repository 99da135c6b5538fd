-- Mandelbrot: a tight loop of floating point in local variables.
local n, total = 480, 0
for y = 0, n - 1 do
  local ci = 2 * y / n - 1
  for x = 0, n - 1 do
    local cr = 2 * x / n - 1.5
    local zr, zi, zr2, zi2, k = 0, 0, 0, 0, 0
    while k < 100 and zr2 + zi2 < 4 do
      zi = 2 * zr * zi + ci
      zr = zr2 - zi2 + cr
      zr2, zi2 = zr * zr, zi * zi
      k = k + 1
    end
    total = total + k
  end
end
print(total)
