-- Varargs, multiple results and how lists are cut or filled.
local function f(...) return ... end
local function count(...) return select('#', ...) end
print(f())
print(f(1))
print(f(1, nil, 3))
print((f(1, 2, 3)))
print(count(), count(nil), count(nil, nil), count(f(1, nil)), count(f(), f()), count(f(), 1))
print(f(1, 2), f(3, 4))
print(f(1, 2), (f(3, 4)))
local t = {f(1, 2, 3)}
print(#t, t[3])
t = {f(1, 2, 3), f(4, 5)}
print(#t, t[1], t[2], t[3])
t = {(f(1, 2, 3))}
print(#t)
t = {f(), f(), 3}
print(#t, t[1], t[2], t[3])
t = {n = count(1, 2), f(7, 8)}
print(t.n, t[1], t[2])
local a, b, c = f(1)
print(a, b, c)
a, b, c = f(1, 2, 3, 4)
print(a, b, c)
a, b, c = 0, f(1, 2)
print(a, b, c)
a, b, c = f(1, 2), 10
print(a, b, c)
print(select(2, 'a', 'b', 'c'))
print(select(-1, 'a', 'b', 'c'))
print(select(-2, 'a', 'b', 'c'))
print(select(4, 1, 2, 3))
print(pcall(select, 0))
print(pcall(select, -5, 1))
print(pcall(select, 'x'))

-- the old 'arg' table: only when the function does not use ... itself
function old(...) return arg.n, arg[1], arg[2], #arg end
print(old())
print(old('x'))
print(old('x', nil, 'z'))
function new(...) local x = ... return arg == _G.arg, x end
print(new(1))
function both(a, b, ...) return a, b, arg.n, arg[1] end
print(both(1))
print(both(1, 2, 3, 4))
function shadow(...) local arg = 5 return arg end
print(shadow(1))
function param(arg, ...) return type(arg) end
print(param(1))
local function nested(...) local function inner(...) return arg.n end return inner(1, 2, 3), ... end
print(nested('a'))

print(unpack({1, 2, 3}))
print(unpack({1, 2, 3}, 2))
print(unpack({1, 2, 3}, 2, 3))
print(unpack({}, 1, 3))
print(unpack({1, nil, 3}, 1, 3))
print(unpack({1, 2}, -1, 1))
print((unpack({1, 2})))
print(pcall(unpack, {}, 1, 1e7))
print(pcall(unpack))
print(count(unpack({}, 1, 200)))
local big = {} for i = 1, 3000 do big[i] = i end
print(count(unpack(big)), (select(3000, unpack(big))))
print(math.max(unpack(big)))
print(count(f(unpack(big))), #{f(unpack(big))})
print(#{unpack(big, 1, 2999), 'end'})
print(string.char(unpack({72, 101, 108, 108, 111})))

-- missing and surplus arguments
local function two(a, b) return a, b end
print(two())
print(two(1))
print(two(1, 2, 3))
local function tail(...) return select('#', ...), ... end
print(tail())
print(tail(nil))
print(tail(tail(tail('x'))))
local function sum(...) local s = 0 for _, v in ipairs({...}) do s = s + v end return s end
print(sum(1, 2, 3), sum(), sum(unpack(big)))
local function rest(first, ...) if first == nil then return 'end' end return first .. ',' .. rest(...) end
print(rest('a', 'b', 'c'))
print((function(...) return ... end)('immediately', 'called'))
print(#(function(...) return {...} end)(1, nil, nil, 4))
local s = 'm'
print(s:rep(3), ('%d-%s'):format(5, 'x'))
print(pcall(f, 1, 2))
print(select('#', pcall(f)))
print(pcall(pcall, f, 1))
