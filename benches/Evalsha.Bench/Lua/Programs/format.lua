-- string.format: integers, floats, strings, hexadecimal, padding.
local n = 0
for i = 1, 280000 do
  n = n + #string.format('%d:%5d:%-8s|%s', i, i % 100, 'ab', 'value')
  n = n + #string.format('%.2f %g %x', i / 3, i / 7, i)
  n = n + #string.format('%05.1f%%', i % 1000 / 10)
end
print(n, string.format('%q', 'a "quoted"\n line'))
