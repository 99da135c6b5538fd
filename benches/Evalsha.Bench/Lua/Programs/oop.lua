-- Methods: classes by __index, with inheritance, getters and a super call.
local Point = {} Point.__index = Point
function Point.new(x, y) return setmetatable({x = x, y = y}, Point) end
function Point:move(dx, dy) self.x = self.x + dx self.y = self.y + dy return self end
function Point:sum() return self.x + self.y end
local Named = setmetatable({}, {__index = Point}) Named.__index = Named
function Named.new(x, y, name) local o = Point.new(x, y) o.name = name return setmetatable(o, Named) end
function Named:sum() return Point.sum(self) + #self.name end
local s = 0
local p, q = Point.new(0, 0), Named.new(0, 0, 'abc')
for i = 1, 1100000 do
  p:move(1, 2)
  q:move(2, 1)
  s = s + p:sum() - q:sum()
end
for i = 1, 400000 do s = s + Point.new(i, 1):move(1, 1):sum() end
print(s)
