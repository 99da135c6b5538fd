-- Arithmetic, its edges, and how numbers print and read.
print(1, -1, 0, -0, 1.5, 1e15, 1e14, 123456789012345, 1e100, -1e-100, 0.1, 1/3, 100, 1e300 * 1e10, -1e300 * 1e10, 2^53, 2^63, 2^-1074)
print(1/0, -1/0, 0/0 ~= 0/0, 10 / 2, 7 / 2, -7 / 2, 3 % 2, -3 % 2, 3 % -2, -3 % -2, 5.5 % 2, -5.5 % 2, 5 % 0.3, 1 % 1e300, -1 % 1e300)
local nan = 0/0
print(nan == nan, nan < nan, nan > nan, nan <= 1, 1 <= nan, tostring(nan):gsub('-', ''))
local inf = 1/0
print(inf == inf, inf > 1e308, -inf < inf, inf - inf ~= inf - inf, 5 % inf, -5 % inf == inf, (inf % 5) ~= (inf % 5))
local z = 0
print(1/z, 1/-z, z == -z, -z, 0 * -1)
print(2^10, 2^0.5, (-8)^(1/3) ~= (-8)^(1/3), 2^-1, 0^0, (-2)^3, -2^2, 2^3^2, 10^2, 1e2^2)
print(1e15, 1e16, 123456789012345678, 0.1 + 0.2, 1e-5, 1e-4, 0.00001234, 123456.789e3, 1e21, 12345678901234, 99999999999999, 999999999999999, 3.14159265358979)
print(0x10, 0xff, 0XAB, 0xffffffff, 0x7fffffffffffffff, 1., .5, 5e-1, 5E+1, 3e0)
print('10' + 1, '0x10' + 0, ' 5 ' * '2', '1e1' - 0, -'2', '3' ^ '2', '7' % 4, 10 .. '', 1.5 .. '|', -0 .. '')
print(pcall(function() return '' + 1 end))
print(pcall(function() return 'abc' * 2 end))
print(pcall(function() return '1x' + 1 end))
print(pcall(function() return {} + 1 end))
print(pcall(function() return nil - 1 end))
print(pcall(function() return -{} end))
print(pcall(function() return 1 .. {} end))
print(pcall(function() return nil .. 'x' end))
print(pcall(function() return #5 end))
print(pcall(function() return 2 ^ true end))
print(1 < 2, 1 <= 1, 'a' < 'b', 'a' < 'B', 'Z' < 'a', '' < 'a', 'a' < 'aa', 'a\0b' < 'a\0c', '10' < '9', 1 == '1', '1' == 1, 0 == -0, 1 == 1.0)
for _, s in ipairs({'10', ' 10 ', '10x', '', ' ', '0x', '0x1F', '0x1g', '1e', '1e5', '.5', '5.', '.', '1 2', '+5', '-5', '- 5', '--5', '1_000', 'inf', 'nan', '0b1', '1e+', '1E-2', '\t7\n', '1\0', '1,5', '0x-1', '1e309', '-1e309', '0x1p4', '0x.8', '1.5.5'}) do
  local n = tonumber(s) if n ~= n then n = 'nan' end io.write(string.format('%q', s), '=', tostring(n), ' ')
end
print()
print(tonumber('ff', 16), tonumber('FF', 16), tonumber('zz', 36), tonumber('101', 2), tonumber('8', 8), tonumber('7', 8), tonumber('-ff', 16), tonumber(' 11 ', 2), tonumber('1.5', 10), tonumber('1e1', 16), tonumber(10), tonumber(nil), tonumber({}), tonumber('10', 10), tonumber(''), tonumber('', 16))
print(pcall(tonumber))
print(pcall(tonumber, '1', 1))
print(pcall(tonumber, '1', 37))
print(pcall(tonumber, {}, 10))
print(tonumber(12, 16), tonumber('0x10', 16))
for i = 1, 3 do io.write(i, ' ') end for i = 3, 1, -1 do io.write(i, ' ') end for i = 1, 0 do io.write('never') end for i = 1, 2, 0.5 do io.write(i, ' ') end for i = 0.1, 0.35, 0.1 do io.write(i, ' ') end for i = 10, 1, -4 do io.write(i, ' ') end
print()
for i = '1', '3' do io.write(i, ' ') end for i = 1, '2', '1' do io.write(i, ' ') end
print()
print(pcall(function() for i = 'a', 2 do end end))
print(pcall(function() for i = 1, {} do end end))
print(pcall(function() for i = 1, 2, nil do end end))
print(pcall(function() for i = nil, 1 do end end))
local n = 0 for i = 1, 10, 0 do n = n + 1 if n > 5 then break end end
print(n) for i = 1, -1/0 do n = 'never' end for i = 1/0, 1/0 do n = n + 1 break end
print(n)
for i = 1, 3 do local j = i i = i * 10 io.write(i, ':', j, ' ') end
print()
for i = 2^53 - 1, 2^53 + 1 do n = n + 1 if n > 20 then break end end
print(n)
print(math.floor(-3.5), math.ceil(-3.5), math.fmod(-5, 3), math.fmod(5, -3), math.abs(-0), math.max(1, 2, -3), math.min(3, '2'), math.sqrt(2), math.modf(3.7), math.modf(-3.7), math.pi, math.huge, -math.huge)
print(math.frexp(10), math.frexp(0), math.ldexp(0.5, 4), math.exp(1), math.log(10), math.log10(1000), math.sin(1), math.cos(1), math.tan(1), math.atan2(1, -1), math.deg(math.pi), math.rad(180), math.sinh(1), math.cosh(1), math.tanh(1), math.asin(1), math.acos(0), math.atan(1), math.pow(2, 8))
print(pcall(math.floor, 'x'))
print(pcall(math.max))
print(pcall(math.random, 0))
print(pcall(math.random, 2, 1))
print(pcall(math.random, 1, 2, 3))
print(math.random(1, 1), math.mod == math.fmod)
print(string.format('%d %5d %-5d| %05d %+d %x %X %o %c %e %.3f %g %g %g %i %u', 42, 42, 42, 42, 42, 255, 255, 8, 65, 12345.678, 3.14159, 1e20, 0.0001, 100, -3, 7))
print(string.format('%5.2f|%-10s|%10s|%.2s|%%|%q', 3.14159, 'left', 'right', 'cut', 'a"b\\c\nd\0e\r'), string.format('%s %s', 1, 2.5), string.format('%5s%-5s|', 'a', 'b'), string.format('%.14g %.17g %.3g', 0.1, 0.1, 1234567))
print(-2147483648, 4294967296, 2147483647 + 1, 9007199254740992 + 1, 9007199254740993, 1e15 + 0.5, 123456.7891011121314)
