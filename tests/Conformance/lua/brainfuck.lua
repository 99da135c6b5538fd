-- Two small machines: one interpreted, one compiled to Lua source and loaded.
local hello = '++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++.'
local function run(src)
  local jump, stack = {}, {}
  for i = 1, #src do
    local c = src:sub(i, i)
    if c == '[' then stack[#stack + 1] = i elseif c == ']' then local j = table.remove(stack) jump[i], jump[j] = j, i end
  end
  local mem, p, i, out = setmetatable({}, {__index = function() return 0 end}), 0, 1, {}
  while i <= #src do
    local c = src:sub(i, i)
    if c == '>' then p = p + 1 elseif c == '<' then p = p - 1
    elseif c == '+' then mem[p] = (mem[p] + 1) % 256 elseif c == '-' then mem[p] = (mem[p] - 1) % 256
    elseif c == '.' then out[#out + 1] = string.char(mem[p])
    elseif c == '[' and mem[p] == 0 then i = jump[i] elseif c == ']' and mem[p] ~= 0 then i = jump[i] end
    i = i + 1
  end
  return table.concat(out)
end
io.write(run(hello))
local ops = {['>'] = 'p=p+1', ['<'] = 'p=p-1', ['+'] = 'm[p]=(m[p]+1)%256', ['-'] = 'm[p]=(m[p]-1)%256', ['.'] = 'o[#o+1]=string.char(m[p])', ['['] = 'while m[p]~=0 do', [']'] = 'end'}
local code = 'local m,p,o=setmetatable({},{__index=function() return 0 end}),0,{} ' .. hello:gsub('.', function(c) return ops[c] .. ' ' end) .. ' return table.concat(o)'
io.write(assert(loadstring(code))())
print(#code, select(2, code:gsub('while', '')))
