-- Binary trees: many small tables made and dropped.
local function build(d) if d == 0 then return {} end return {build(d - 1), build(d - 1)} end
local function check(t) if t[1] then return 1 + check(t[1]) + check(t[2]) end return 1 end
local long = build(13)
local n = 0
for d = 4, 12, 2 do
  for i = 1, 2 ^ (13 - d) * 18 do n = n + check(build(d)) end
end
print(n, check(long))
