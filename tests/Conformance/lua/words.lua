-- Counting, grouping and sorting words of a text.
local text = [[
The quick brown fox jumps over the lazy dog. The dog barks; the fox runs away!
"Quick," said the dog, "run -- or don't."  It's 3.14 o'clock, isn't it?
]]
local count, order = {}, {}
for w in text:lower():gmatch("[%a']+") do
  if not count[w] then order[#order + 1] = w end
  count[w] = (count[w] or 0) + 1
end
table.sort(order, function(a, b) if count[a] ~= count[b] then return count[a] > count[b] end return a < b end)
for _, w in ipairs(order) do io.write(w, '=', count[w], ' ') end
print()
for k, v in pairs(count) do io.write(k, ':', v, ' ') end
print()
local by = {}
for _, w in ipairs(order) do local l = #w by[l] = by[l] or {} table.insert(by[l], w) end
for l = 1, table.maxn(by) do if by[l] then print(l, table.concat(by[l], ',')) end end
for line in text:gmatch('([^\n]*)\n') do print(#line, line:match('^%s*(%S+)'), line:match('(%S+)%s*$')) end
print((text:gsub('%w+', function(w) return w:sub(1, 1):upper() .. w:sub(2) end)))
print(text:find('dog', 1, true), text:find('dog', 50, true), select(2, text:gsub('the', '')), text:len(), #text:gsub('%s+', ' '))
for n in text:gmatch('%d+%.?%d*') do print(n, n + 1) end
print(('x=1&y=two&z='):gsub('(%w+)=(%w*)', '<%1:%2>'))
print(('%20-%41%7e'):gsub('%%(%x%x)', function(h) return string.char(tonumber(h, 16)) end))
local function split(s, sep) local r = {} for f in (s .. sep):gmatch('(.-)' .. sep:gsub('%p', '%%%0')) do r[#r + 1] = f end return r end
print(table.concat(split('a,b,,c', ','), '|'), table.concat(split('1.2.3', '.'), '|'), #split('', ','))
local function wrap(s, n) local out, line = {}, '' for w in s:gmatch('%S+') do if #line + #w + 1 > n and line ~= '' then out[#out + 1] = line line = w else line = line == '' and w or line .. ' ' .. w end end out[#out + 1] = line return out end
for _, l in ipairs(wrap(text, 30)) do print('|' .. ('%-30s'):format(l) .. '|') end
