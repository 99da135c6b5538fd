-- Coroutines: a generator, a pipeline of three, and many short ones.
local function numbers(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local function filter(f, source) return coroutine.wrap(function() for x in source do if f(x) then coroutine.yield(x) end end end) end
local s = 0
for x in numbers(2400000) do s = s + x end
for x in filter(function(x) return x % 3 == 0 end, filter(function(x) return x % 2 == 0 end, numbers(1200000))) do s = s + x end
for i = 1, 240000 do
  local co = coroutine.create(function(a) local b = coroutine.yield(a + 1) return b * 2 end)
  local _, a = coroutine.resume(co, i)
  local _, b = coroutine.resume(co, a)
  s = s + b
end
print(s)
