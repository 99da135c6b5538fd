-- Base64 by arithmetic and tables of characters: bytes in, characters out, and back.
local alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
local to, from = {}, {}
for i = 1, 64 do to[i - 1] = alphabet:sub(i, i) from[alphabet:byte(i)] = i - 1 end
local floor, char, concat = math.floor, string.char, table.concat
local function encode(s)
  local out = {}
  for i = 1, #s, 3 do
    local a, b, c = s:byte(i, i + 2)
    local n = a * 65536 + b * 256 + c
    out[#out + 1] = to[floor(n / 262144)] .. to[floor(n / 4096) % 64] .. to[floor(n / 64) % 64] .. to[n % 64]
  end
  return concat(out)
end
local function decode(s)
  local out = {}
  for i = 1, #s, 4 do
    local a, b, c, d = s:byte(i, i + 3)
    local n = from[a] * 262144 + from[b] * 4096 + from[c] * 64 + from[d]
    out[#out + 1] = char(floor(n / 65536), floor(n / 256) % 256, n % 256)
  end
  return concat(out)
end
local text = ('Lua in Redis. '):rep(300)
local total = 0
for round = 1, 650 do
  local coded = encode(text)
  assert(decode(coded) == text)
  total = total + #coded
end
print(total, encode('abc'))
