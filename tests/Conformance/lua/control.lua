-- Control flow: conditions, loops, break at every depth, short circuit, precedence.
local function v(x) io.write(tostring(x), ' ') return x end
print(v(1) and v(2), v(nil) and v(3), v(false) or v(4), v(5) or v(6), not v(nil), v(1) and nil or v(7), v(false) == v(nil))
print(1 and 2 or 3, nil and 2 or 3, false or nil, nil or false, not nil == true, not 1 == 2, not (1 == 2), 1 == 1 and 2 == 2, nil == false, 1 < 2 == true, 'a' .. 'b' == 'ab', -2 ^ 2, not -1, #'ab' + 1, 2 + 3 * 4 ^ 2 / 2, (2 + 3) * 4, 1 .. 2 == '12', 5 - 3 - 1, 2 ^ 3 ^ 2, -3 % 5, 7 % 3 * 2)
local function grade(n) if n >= 90 then return 'A' elseif n >= 80 then return 'B' elseif n >= 70 then return 'C' else return 'F' end end
print(grade(95), grade(85), grade(75), grade(5))
if nil then print('never') end if 0 then print('zero is true') end if '' then print('empty is true') end if not {} then print('never') else print('table is true') end
local n = 0 while true do n = n + 1 if n % 2 == 0 then n = n + 1 end if n > 10 then break end end
print(n)
for i = 1, 3 do for j = 1, 3 do if j == 2 then break end io.write(i, ',', j, ' ') end end
print() repeat local done = true n = n - 1 until done or n == 0
print(n) repeat n = n - 1 if n == 5 then break end until n == 0
print(n) while n > 0 do n = n - 1 repeat break until false if n == 2 then break end end
print(n)
local function find(t, x) for i = 1, #t do for j = 1, #t[i] do if t[i][j] == x then return i, j end end end end
print(find({{1, 2}, {3, 4}}, 3))
print(find({{1}}, 9))
local function early(x) do if x then return 'in do' end end while x == nil do return 'in while' end return 'end' end
print(early(1), early(), early(false))
for i = 3, 1 do print('never') end for i = 1, 1 do print('once', i) end for _ in pairs({}) do print('never') end for i = 5, 1, -2 do io.write(i, ' ') end
print() for a, b, c in function(s, i) if i < s then return i + 1, i * i, 'c' end end, 3, 0 do io.write(a, b, c, ' ') end
print()
local function iter(t) local i = 0 return function() i = i + 1 if t[i] then return i, t[i] end end end for i, x in iter({'p', 'q'}) do io.write(i, x, ' ') end
print() for k in setmetatable({}, {__call = function(self, s, c) c = (c or 0) + 1 if c < 4 then return c end end}) do io.write(k, ' ') end
print()
do local a = 1 do local a = 2 end print(a) end
local a = 1;
local a = a + 1;
print(a);
print('x')
local t = {} for i = 1, 3 do local x = i * 2 if x == 4 then t[#t + 1] = 'four' elseif x > 4 then t[#t + 1] = 'more' else t[#t + 1] = 'less' end end
print(table.concat(t, ' '))
local b = a == 2 and 'two' or a == 3 and 'three' or 'other'
print(b)
local c = (a == 2) == (b == 'two')
print(c)
local d = nil == nil and not (nil ~= nil)
print(d)
local e, f = a > 1, a < 1
print(e, f)
print((a > 1) and (a < 5), a > 1 and a or 0, not (a > 1 and a < 5))
local s = 0 for i = 1, 100 do if i % 3 == 0 and i % 5 == 0 then s = s + 15 elseif i % 3 == 0 or i % 5 == 0 then s = s + 1 end end
print(s)
