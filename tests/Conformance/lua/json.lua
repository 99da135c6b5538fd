-- A JSON printer and reader in plain Lua.
local function encode(v, indent)
  local t = type(v)
  if t == 'table' then
    if #v > 0 or next(v) == nil then
      local parts = {}
      for i, x in ipairs(v) do parts[i] = encode(x) end
      return '[' .. table.concat(parts, ',') .. ']'
    end
    local keys, parts = {}, {}
    for k in pairs(v) do keys[#keys + 1] = k end
    table.sort(keys)
    for i, k in ipairs(keys) do parts[i] = encode(k) .. ':' .. encode(v[k]) end
    return '{' .. table.concat(parts, ',') .. '}'
  elseif t == 'string' then
    return '"' .. v:gsub('[%c"\\]', function(c) return ({['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n'})[c] or ('\\u%04x'):format(c:byte()) end) .. '"'
  end
  return tostring(v)
end
local decode
do
  local value
  local function skip(s, i) return s:find('%S', i) or #s + 1 end
  local function list(s, i, close, item)
    local r = {}
    i = skip(s, i + 1)
    if s:sub(i, i) == close then return r, i + 1 end
    while true do
      i = item(s, i, r)
      i = skip(s, i)
      local c = s:sub(i, i)
      if c == close then return r, i + 1 end
      if c ~= ',' then error('expected , or ' .. close .. ' at ' .. i, 0) end
      i = skip(s, i + 1)
    end
  end
  local function str(s, i)
    local e = i + 1
    while true do
      local c = s:sub(e, e)
      if c == '' then error('unterminated string', 0) end
      if c == '"' then break end
      e = e + (c == '\\' and 2 or 1)
    end
    return (s:sub(i + 1, e - 1):gsub('\\(.)', {n = '\n', t = '\t', ['"'] = '"', ['\\'] = '\\'})), e + 1
  end
  function value(s, i)
    i = skip(s, i)
    local c = s:sub(i, i)
    if c == '[' then return list(s, i, ']', function(s, i, r) local v v, i = value(s, i) r[#r + 1] = v return i end)
    elseif c == '{' then return list(s, i, '}', function(s, i, r) local k k, i = str(s, i) i = skip(s, i) assert(s:sub(i, i) == ':', 'colon') r[k], i = value(s, i + 1) return i end)
    elseif c == '"' then return str(s, i) end
    for word, v in pairs({['true'] = true, ['false'] = false}) do if s:sub(i, i + #word - 1) == word then return v, i + #word end end
    if s:sub(i, i + 3) == 'null' then return nil, i + 4 end
    local n = s:match('^-?%d+%.?%d*[eE]?[+-]?%d*', i)
    if not n then error('bad value at ' .. i, 0) end
    return tonumber(n), i + #n
  end
  function decode(s) return (value(s, 1)) end
end
print(encode({1, 2, {a = 'x"y\n', b = {true, false}, c = 1.5}, {}, 'z\1'}))
for _, s in ipairs({'[1,2,[3]]', '{"a":1,"b":[true,false,"q\\"\\n"],"c":{}}', ' [ ] ', '"x', '[1 2]', '{"a" 1}', '-1.5e3', 'nope', '[1,2', '[null,1]'}) do
  local ok, v = pcall(decode, s)
  print(s, ok, ok and encode(v) or v)
end
