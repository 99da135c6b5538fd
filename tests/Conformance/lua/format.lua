-- string.format over a grid of directives and values.
local values = {0, 1, -1, 0.5, -0.5, 1.5, 2.5, 123456789, 1e15, 1e16, -1e100, 1e-10, 0.1, 1 / 3, 2 ^ 31, 2 ^ 53, 1 / 0, -1 / 0, 255, -255, 65, 9.995, 1e21}
for _, f in ipairs({'%g', '%.3g', '%10.4g|', '%-12g|', '%+g', '% g', '%#g', '%e', '%.0e', '%.10e', '%E', '%G', '%f', '%.0f', '%.2f', '%10.3f|', '%-10.1f|', '%010.2f', '%+.1f', '%.14g', '%.17g', '%.20f', '%5.1f'}) do
  local out = {}
  for i, v in ipairs(values) do out[i] = f:format(v) end
  print(f, table.concat(out, ' '))
end
for _, f in ipairs({'%d', '%5d|', '%-5d|', '%05d', '%+d', '% d', '%.3d', '%8.3d|', '%i', '%u', '%x', '%X', '%#x', '%o', '%#o', '%08x', '%c'}) do
  local out = {}
  for i, v in ipairs({0, 1, -1, 42, 255, 65, 123456789, 3.9, -3.9, 2 ^ 31, 2 ^ 32, 2 ^ 53}) do if f ~= '%c' or (v >= 0 and v < 256) then out[#out + 1] = f:format(v) end end
  print(f, (table.concat(out, ' '):gsub('%c', function(c) return '\\' .. c:byte() end)))
end
for _, f in ipairs({'%s', '%10s|', '%-10s|', '%.2s|', '%10.2s|', '%q'}) do local out = {} for i, v in ipairs({'', 'a', 'hello', 'a\nb', 'x\0y', '"q"\\', 12, 1.5}) do out[i] = f:format(v) end print(f, table.concat(out, ' ')) end
for _, f in ipairs({'%', '%z', '%10', '%100d', '%.100f', '%-+ #0d', '%--d', '%------d', '%5.5.5d', '%.', '%h', '%ld', '%p', '%n', '%a', '%%', '%5%', '%s %s', '%1$d'}) do print(f, pcall(string.format, f, 1)) end
print(pcall(string.format, '%d', 'abc'))
print(pcall(string.format, '%s', {}) == true, pcall(string.format, '%d', nil))
print(pcall(string.format, '%c', 'x'))
print(pcall(string.format, '%q', nil))
print(pcall(string.format))
print(string.format('%d', '0x10'), string.format('%s', 'a\0b') == 'a\0b' or 'cut', #string.format('%s', 'a\0b'), #string.format('%5s', 'a\0b'))
for _, v in ipairs({1, 1.0, 1e5, 123456, 1234567890123, 1e14, 1e15, 1e16, 0.1, 1e-4, 1e-5, 100000000000000, 123456789.123, 5e-324, 1.7976931348623157e308, 2 ^ 24 + 0.5, 1e100, -0.0}) do io.write(v, ' ', tostring(v), ' ', v .. '', '; ') end
print()
