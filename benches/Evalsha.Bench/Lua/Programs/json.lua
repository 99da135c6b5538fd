-- JSON in pure Lua: an encoder by tables and a decoder by patterns, over records.
local escapes = {['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n'}
local function encode(v, out)
  local t = type(v)
  if t == 'string' then out[#out + 1] = '"' .. v:gsub('[%c"\\]', escapes) .. '"'
  elseif t == 'table' then
    if #v > 0 then
      out[#out + 1] = '['
      for i = 1, #v do if i > 1 then out[#out + 1] = ',' end encode(v[i], out) end
      out[#out + 1] = ']'
    else
      local keys = {}
      for k in pairs(v) do keys[#keys + 1] = k end
      table.sort(keys)
      out[#out + 1] = '{'
      for i, k in ipairs(keys) do
        if i > 1 then out[#out + 1] = ',' end
        out[#out + 1] = '"' .. k .. '":'
        encode(v[k], out)
      end
      out[#out + 1] = '}'
    end
  else out[#out + 1] = tostring(v) end
end
local decode
local function skip(s, i) return s:find('%S', i) end
local function decodeString(s, i)
  local j = s:find('["\\]', i + 1)
  if s:byte(j) == 34 then return s:sub(i + 1, j - 1), j + 1 end
  local parts, from = {}, i + 1
  while s:byte(j) == 92 do
    parts[#parts + 1] = s:sub(from, j - 1)
    local c = s:sub(j + 1, j + 1)
    parts[#parts + 1] = c == 'n' and '\n' or c
    from = j + 2
    j = s:find('["\\]', from)
  end
  parts[#parts + 1] = s:sub(from, j - 1)
  return table.concat(parts), j + 1
end
function decode(s, i)
  i = skip(s, i)
  local c = s:sub(i, i)
  if c == '"' then return decodeString(s, i) end
  if c == '{' then
    local t = {}
    i = skip(s, i + 1)
    while s:sub(i, i) ~= '}' do
      local k
      k, i = decodeString(s, i)
      i = skip(s, i) + 1
      t[k], i = decode(s, i)
      i = skip(s, i)
      if s:sub(i, i) == ',' then i = skip(s, i + 1) end
    end
    return t, i + 1
  end
  if c == '[' then
    local t = {}
    i = skip(s, i + 1)
    while s:sub(i, i) ~= ']' do
      t[#t + 1], i = decode(s, i)
      i = skip(s, i)
      if s:sub(i, i) == ',' then i = skip(s, i + 1) end
    end
    return t, i + 1
  end
  if s:sub(i, i + 3) == 'true' then return true, i + 4 end
  if s:sub(i, i + 4) == 'false' then return false, i + 5 end
  local number = s:match('^-?[%d%.eE+-]+', i)
  return tonumber(number), i + #number
end
local records = {}
for i = 1, 60 do records[i] = {id = i, name = 'item "' .. i .. '"', tags = {'a', 'b', 'c'}, price = i / 4, stock = i % 2 == 0, note = 'line\nbreak'} end
local n = 0
for round = 1, 350 do
  local out = {}
  encode(records, out)
  local text = table.concat(out)
  local back = decode(text, 1)
  n = n + #text + #back + back[7].price
end
print(n)
