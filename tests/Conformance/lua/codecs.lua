-- Base64, run lengths, LZW and a checksum, there and back.
local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
local function b64(s)
  return ((s:gsub('.', function(x)
    local r, b = '', x:byte()
    for i = 8, 1, -1 do r = r .. (b % 2 ^ i - b % 2 ^ (i - 1) > 0 and '1' or '0') end
    return r
  end) .. '0000'):gsub('%d%d%d?%d?%d?%d?', function(x)
    if #x < 6 then return '' end
    local c = 0
    for i = 1, 6 do c = c + (x:sub(i, i) == '1' and 2 ^ (6 - i) or 0) end
    return alphabet:sub(c + 1, c + 1)
  end) .. ({'', '==', '='})[#s % 3 + 1])
end
for _, s in ipairs({'', 'a', 'ab', 'abc', 'Hello, World!', '\0\255\128'}) do print(b64(s)) end
local function rle(s) return (s:gsub('(.)(%1*)', function(c, r) return #r > 0 and (#r + 1) .. c or c end)) end
print(rle('aaabccddddde'), rle(('x'):rep(120)), rle(''))
local function lzw(s)
  local dict, n, w, out = {}, 256, '', {}
  for i = 0, 255 do dict[string.char(i)] = i end
  for c in s:gmatch('.') do
    if dict[w .. c] then w = w .. c
    else out[#out + 1] = dict[w] dict[w .. c] = n n = n + 1 w = c end
  end
  if w ~= '' then out[#out + 1] = dict[w] end
  return out
end
local function unlzw(codes)
  local dict, n = {}, 256
  for i = 0, 255 do dict[i] = string.char(i) end
  local w = dict[codes[1]]
  local out = {w}
  for i = 2, #codes do
    local e = dict[codes[i]] or w .. w:sub(1, 1)
    out[#out + 1] = e
    dict[n] = w .. e:sub(1, 1)
    n = n + 1
    w = e
  end
  return table.concat(out)
end
local text = ('to be or not to be, that is the question '):rep(5)
local codes = lzw(text)
print(#codes, table.concat(codes, ' ', 1, 30), unlzw(codes) == text)
local function adler(s) local a, b = 1, 0 for i = 1, #s do a = (a + s:byte(i)) % 65521 b = (b + a) % 65521 end return b * 65536 + a end
print(adler('Wikipedia'), string.format('%08x', adler(text)))
local function xor(a, b) local r, p = 0, 1 while a > 0 or b > 0 do if a % 2 ~= b % 2 then r = r + p end a, b, p = math.floor(a / 2), math.floor(b / 2), p * 2 end return r end
local function crc(s)
  local c = 0xFFFFFFFF
  for i = 1, #s do
    c = xor(c, s:byte(i))
    for _ = 1, 8 do c = c % 2 == 1 and xor(math.floor(c / 2), 0xEDB88320) or math.floor(c / 2) end
  end
  return xor(c, 0xFFFFFFFF)
end
print(('%08x %08x'):format(crc('123456789'), crc('')))
