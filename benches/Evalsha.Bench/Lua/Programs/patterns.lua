-- Patterns: gmatch, gsub with text, table and function, match with captures, anchors and classes.
local line = 'GET /index.html?user=42&lang=en HTTP/1.1 host=example.org agent=lua-5.1 time=2026-11-20T12:30:00Z '
local text = line:rep(20)
local n = 0
for round = 1, 430 do
  for word in text:gmatch('%a+') do n = n + #word end
  for key, value in text:gmatch('(%w+)=([%w%-%.:]+)') do n = n + #key + #value end
  local _, count = text:gsub('%d+', function(d) return '<' .. d .. '>' end)
  n = n + count
  _, count = text:gsub('(%w+)=', {user = 'USER=', lang = false})
  n = n + count
  _, count = text:gsub('%s+', '_')
  n = n + count
end
for i = 1, 430000 do
  local y, m, d = ('2026-11-%02d'):format(i % 28 + 1):match('^(%d+)-(%d+)-(%d+)$')
  n = n + y + m + d
  if ('  trim me  '):match('^%s*(.-)%s*$') == 'trim me' then n = n + 1 end
end
print(n)
