-- Schedulers and event buses: closures, coroutines and errors working together.
local Bus = {}
Bus.__index = Bus
function Bus.new() return setmetatable({handlers = {}, log = {}}, Bus) end
function Bus:on(name, f) local l = self.handlers[name] or {} self.handlers[name] = l l[#l + 1] = f return function() for i, g in ipairs(l) do if g == f then table.remove(l, i) return true end end return false end end
function Bus:emit(name, ...)
  local results = {}
  for _, f in ipairs(self.handlers[name] or {}) do
    local r = {pcall(f, ...)}
    results[#results + 1] = tostring(r[1]) .. ':' .. tostring(r[2])
  end
  return table.concat(results, ' ')
end
local bus = Bus.new()
local off = bus:on('x', function(a, b) return a + b end)
bus:on('x', function(...) return select('#', ...) end)
bus:on('x', function(a) return a.field end)
print(bus:emit('x', 1, 2)) print(bus:emit('x', {field = 'f'}, nil)) print(off(), off()) print(bus:emit('x', 5)) print(bus:emit('none'))
local ready, time = {}, 0
local function spawn(name, f) ready[#ready + 1] = {at = time, name = name, co = coroutine.create(f)} end
local function sleep(n) return coroutine.yield(n) end
spawn('a', function() for i = 1, 3 do io.write(time, ':a', i, ' ') sleep(2) end end)
spawn('b', function() for i = 1, 2 do io.write(time, ':b', i, ' ') local late = sleep(3) if late then io.write('late ') end end error('b fails') end)
spawn('c', function() spawn('d', function() io.write(time, ':d ') end) sleep(1) io.write(time, ':c ') return 'c done' end)
while #ready > 0 do
  table.sort(ready, function(x, y) if x.at ~= y.at then return x.at < y.at end return x.name < y.name end)
  local t = table.remove(ready, 1)
  time = t.at
  local ok, wait = coroutine.resume(t.co, time > 5)
  if not ok then print('\n' .. t.name, wait)
  elseif coroutine.status(t.co) == 'suspended' then t.at = time + wait ready[#ready + 1] = t
  else io.write('[', t.name, ' ', tostring(wait), '] ') end
end
print(time)
local function try(f, catch, finally) local r = {pcall(f)} if not r[1] and catch then r = {pcall(catch, r[2])} end if finally then finally() end if not r[1] then error(r[2], 0) end return unpack(r, 2) end
print(try(function() return 1, 2 end, nil, function() io.write('finally ') end)) print(try(function() error('bad', 0) end, function(e) return 'caught ' .. e end)) print(pcall(try, function() error('bad', 0) end, function(e) error('again ' .. e, 0) end, function() io.write('fin ') end))
local function class(name) return function(def) def.__index = def def.__tostring = function(o) return name .. '#' .. o.id end return setmetatable(def, {__call = function(c, id) return setmetatable({id = id}, c) end}) end end
local Point = class 'Point' {greet = function(self) return 'I am ' .. tostring(self) end}
print(Point(7):greet(), tostring(Point 'x'), Point{}.id ~= nil)
