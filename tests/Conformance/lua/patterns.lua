-- Pattern matching, exhaustively over small inputs.
local patterns = {'a', 'a*', 'a+', 'a-', 'a?', '^a', 'a$', '^a*$', '.', '.*', '.-b', '[ab]', '[^ab]', '[a-c]+', '%a+', '%d', '%w*%s', '(a)', '(a*)(b*)', '()a()', '(a)(b)?', '%1', '((a)b)', '(.)%1', '%b()', '%b<>', '[]]', '[^]]', '[%]]', '[a-]', '[-a]', '%%', '%.', '^', '$', '', '^$', 'a^', '$a', '[%a_][%w_]*', '%f[%w]%w+', '%f[%W]', '[%D]', '%S+', '%u', '%l+', '%p', '%x+', '%c', '%z', '(a', 'a)', '[a', '%', '%b', '%f', 'x*y*z*', '.-', '(.-)%s', '[^%s]+', '%-', 'a.-b', 'a.*b', '[.]', '[%.]', '(()())'}
local subjects = {'', 'a', 'b', 'ab', 'aab', 'aaab', 'ba', 'abc', 'hello world', 'x = 10', '(a(b)c)', '<<>>', '[x]', 'a]b', 'a-b', '100%', 'A1_b2', 'foo.bar', 'a b\tc\n', 'a\0b', 'xyz', 'aXbXc'}
for _, p in ipairs(patterns) do
  local out = {}
  for _, s in ipairs(subjects) do
    local r = {pcall(string.find, s, p)}
    for i = 1, table.maxn(r) do r[i] = tostring(r[i]) end
    out[#out + 1] = table.concat(r, ','):gsub('true', 'T'):gsub('false', 'F')
  end
  print(p, table.concat(out, ' '))
  out = {}
  for _, s in ipairs(subjects) do
    local ok, r, n = pcall(string.gsub, s, p, '<%0>')
    out[#out + 1] = tostring(r) .. '/' .. tostring(n)
    local ok2, m = pcall(function() local c = {} for a, b in s:gmatch(p) do c[#c + 1] = tostring(a) .. tostring(b) if #c > 20 then break end end return table.concat(c, '+') end)
    out[#out + 1] = tostring(m)
  end
  print(table.concat(out, ' '))
end
for c = 0, 255 do local ch = string.char(c) local s = '' for _, k in ipairs({'a', 'c', 'd', 'l', 'p', 's', 'u', 'w', 'x', 'z'}) do if ch:find('%' .. k) then s = s .. k end if not ch:find('%' .. k:upper()) then s = s .. '.' end end io.write(s, c % 16 == 15 and '\n' or ' ') end
