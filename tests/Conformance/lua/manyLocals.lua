-- Functions at the edge of the machine: 200 locals, 60 upvalues, big constructors, long chains, deep nests.
local src = {'local '} for i = 1, 200 do src[#src + 1] = 'v' .. i .. (i < 200 and ',' or ' = ') end for i = 1, 200 do src[#src + 1] = i .. (i < 200 and ',' or ' ') end src[#src + 1] = 'return v1 + v100 + v200'
print(loadstring(table.concat(src))())
src = {'local '} for i = 1, 60 do src[#src + 1] = 'v' .. i .. (i < 60 and ',' or ' = ') end for i = 1, 60 do src[#src + 1] = i .. (i < 60 and ',' or ' ') end src[#src + 1] = 'return function() return v1' for i = 2, 60 do src[#src + 1] = '+v' .. i end src[#src + 1] = ' end'
print(loadstring(table.concat(src))()())
local parts = {} for i = 1, 1000 do parts[i] = tostring(i) end
local t = loadstring('return {' .. table.concat(parts, ',') .. '}')()
print(#t, t[1000], t[51], t[50]) for i = 1, 1000 do parts[i] = 'k' .. i .. '=' .. i end t = loadstring('return {' .. table.concat(parts, ',') .. '}')()
local n = 0 for _ in pairs(t) do n = n + 1 end
print(n, t.k777, #t)
for i = 1, 600 do parts[i] = '"s' .. i .. '"' end for i = 601, 1000 do parts[i] = nil end t = loadstring('local t = {} t.x = {' .. table.concat(parts, ';') .. '} t.y = "s600" .. "s599" return t')()
print(#t.x, t.x[600], t.y)
print(loadstring('return ' .. ('('):rep(150) .. '7' .. (')'):rep(150))(), loadstring('return ' .. ('1+'):rep(3000) .. '1')(), loadstring('return ' .. ('-'):rep(0) .. ('not '):rep(151) .. 'nil')(), #loadstring('return ' .. ('"a"..'):rep(150) .. '"b"')(), loadstring('return ' .. ('{'):rep(100) .. '5' .. ('}'):rep(100) .. ('[1]'):rep(0)) ~= nil)
local chain = {} chain.c = chain chain.v = 'end'
print(loadstring('return function(x) return x' .. ('.c'):rep(2000) .. '.v end')()(chain))
local calls = 0
local function self(...) calls = calls + 1 return calls > 499 and select('#', ...) or _G.selfref end selfref = self
print(loadstring('return selfref' .. ('()'):rep(500))())
print(select(2, loadstring('local ' .. ('a,'):rep(200) .. 'a')))
print(select(2, loadstring(('do '):rep(201) .. ('end '):rep(201))))
print(select(2, loadstring('x = ' .. ('('):rep(201))))
local deep = loadstring(('do local a = 1 '):rep(100) .. 'return a ' .. ('end '):rep(100))
print(deep())
local fn = 'return 1' for i = 1, 60 do fn = 'return (function() ' .. fn .. ' end)()' end
print(loadstring(fn)())
local elseifs = {} for i = 1, 500 do elseifs[i] = 'elseif x == ' .. i .. ' then return ' .. i * 2 .. ' ' end
local sw = loadstring('local x = ... if x == 0 then return 0 ' .. table.concat(elseifs) .. 'else return "none" end')
print(sw(0), sw(1), sw(500), sw(501))
local many = {} for i = 1, 300 do many[i] = 'local function f' .. i % 90 .. '(x) return x + ' .. i .. ' end' end
print(loadstring('do ' .. table.concat(many, ' end do ') .. ' end return 1')())
local breaks = loadstring('local n = 0 while true do n = n + 1 ' .. ('if n > 100 then break end '):rep(400) .. 'end return n')
print(breaks())
print(loadstring('return ' .. ('a and '):rep(1000) .. 'a or 5')(), loadstring('a = 1 return ' .. ('a and '):rep(1000) .. 'a or 5')()) a = nil
