-- A recursive-descent calculator: strings, closures, error positions.
local function lex(s)
  local toks, i = {}, 1
  while i <= #s do
    local a, b = s:find('^%s+', i)
    if a then i = b + 1 end
    if i > #s then break end
    local num = s:match('^%d+%.?%d*', i) or s:match('^%.%d+', i)
    if num then toks[#toks + 1] = {t = 'n', v = tonumber(num)} i = i + #num
    elseif s:match('^[%+%-%*/%^%(%)]', i) then toks[#toks + 1] = {t = s:sub(i, i)} i = i + 1
    else error(('bad character %q at %d'):format(s:sub(i, i), i), 0) end
  end
  return toks
end
local function parse(toks)
  local i = 1
  local expr
  local function peek() return toks[i] and toks[i].t end
  local function take() i = i + 1 return toks[i - 1] end
  local function atom()
    if peek() == 'n' then return take().v end
    if peek() == '-' then take() return -atom() end
    if peek() == '(' then
      take()
      local v = expr()
      if peek() ~= ')' then error('missing )', 0) end
      take()
      return v
    end
    error('unexpected ' .. tostring(peek()), 0)
  end
  local function power() local b = atom() if peek() == '^' then take() return b ^ power() end return b end
  local function term() local v = power() while peek() == '*' or peek() == '/' do local op = take().t local r = power() v = op == '*' and v * r or v / r end return v end
  function expr() local v = term() while peek() == '+' or peek() == '-' do local op = take().t local r = term() v = op == '+' and v + r or v - r end return v end
  local v = expr()
  if toks[i] then error('trailing ' .. toks[i].t, 0) end
  return v
end
for _, s in ipairs({'1+2*3', '(1+2)*3', '2^3^2', '-2^2', '10/4', '1/3', '2*(3+4)*5-6/3', '1+', '(1', '1 2', 'x', '', '3.5*2', '.5+.5', '1/0', '((((7))))'}) do
  print(s, '=', pcall(function() return parse(lex(s)) end))
end
