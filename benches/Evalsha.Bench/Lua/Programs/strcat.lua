-- String building: short and long concatenations, table.concat, rep, reverse, upper.
local n = 0
for i = 1, 200000 do local k = 'user:' .. i % 1000 .. ':name' n = n + #k end
local buffer = {}
for i = 1, 240000 do buffer[#buffer + 1] = 'item ' .. i end
local all = table.concat(buffer, ', ')
local s = ''
for i = 1, 2500 do s = s .. 'x' .. i end
for i = 1, 20000 do n = n + #('ab'):rep(10):upper() + #tostring(i):reverse() end
print(n, #all, #s, s:sub(-10))
