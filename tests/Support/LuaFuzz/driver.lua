-- Runs the programs of one batch, each in globals of its own, and prints what they print without addresses. The same text runs on both engines:
-- RUN(number, source) for each program follows these lines. A line "\1number" stands before each program's output.
local G = _G
arg, package.path, package.cpath = nil, './?.lua', './?.so'
local write, next, type, format, select, concat, pcall, xpcall, gsub, sort = io.write, next, type, string.format, select, table.concat, pcall, xpcall, string.gsub, table.sort
local setfenv, loadstring, collectgarbage, debug, error, setmetatable, tostring, coroutine, traceback = setfenv, loadstring, collectgarbage, debug, error, setmetatable, tostring, coroutine, debug.traceback
local getinfo, sethook = debug.getinfo, debug.sethook
local stringindex, stringmeta = string, debug.getmetatable('')
local budget, lines = 0, 0

local function tick()
  budget = budget - 1
  if budget < 0 then error('budget', 0) end
end

local function TS(x) return (gsub(tostring(x), '0x%x%x%x%x%x%x%x+', 'ADDR')) end

local function escape(c) return format('\\%d', c:byte()) end

local function show(v, depth)
  local t = type(v)
  if t == 'number' then
    if v ~= v then return 'nan' end
    return format('%.17g', v)
  elseif t == 'string' then
    v = gsub(v, '0x%x%x%x%x%x%x%x+', 'ADDR')
    if #v > 600 then v = v:sub(1, 600) .. '...' .. #v end
    return '"' .. gsub(v, '[%c\128-\255]', escape) .. '"'
  elseif t == 'table' and depth < 3 then
    local out, odd = {}, false
    for k, x in next, v do
      local kt = type(k)
      if kt ~= 'number' and kt ~= 'string' and kt ~= 'boolean' then odd = true end
      if #out > 200 then break end
      out[#out + 1] = show(k, 9) .. '=' .. show(x, depth + 1)
    end
    if odd then sort(out) end
    return '{' .. #v .. '|' .. concat(out, ',') .. '}'
  end
  return t
end

local function P(...)
  tick()
  lines = lines + 1
  if lines > 300 then error('too many lines', 0) end
  local out = {}
  for i = 1, select('#', ...) do out[i] = show((select(i, ...)), 0) end
  write(concat(out, ' '), '\n')
end

local function R(...) return P(pcall(...)) end

-- Programs join texts in loops: none grows far.
local sub = string.sub
local function CUT(s, ...)
  if type(s) == 'string' and #s > 200 then s = sub(s, 1, 200) end
  return s, ...
end

local function K(x)
  local t = type(x)
  if t == 'number' or t == 'string' or t == 'boolean' then return x end
  return t
end

local function SORTED(t, f)
  P(pcall(sort, t, f))
  return t
end

local function INFO(i)
  if type(i) ~= 'table' then return i end
  return i.name, i.namewhat, i.what, i.currentline, i.linedefined, i.lastlinedefined, i.short_src, i.nups
end

local function HOOKED(mask, count, f, ...)
  local log = {}
  sethook(function(e, l)
    if #log < 100 then
      local i = getinfo(2, 'nSl')
      log[#log + 1] = e .. ':' .. tostring(l) .. ':' .. tostring(i.name) .. ':' .. i.what .. ':' .. i.currentline
    end
  end, mask, count)
  local ok, e = pcall(f, ...)
  sethook()
  return ok, e, concat(log, ' ')
end

local function RUN(number, source)
  write('\1', number, '\n')
  budget, lines = 4000, 0
  local f, e = loadstring(source, '=p')
  if not f then write('does not compile: ', e, '\n') return end
  local env = {}
  if number % 2 == 0 then for k, v in next, G do env[k] = v end else setmetatable(env, {__index = G}) end
  local up = 3
  env.CUT, env.P, env.R, env.K, env.TS, env.SORTED, env.INFO, env.HOOKED, env.tick, env.print, env._G = CUT, P, R, K, TS, SORTED, INFO, HOOKED, tick, P, env
  env.GF = function(...) return ... end
  env.GV = function(a) up = a or up return up end
  env.GT = {1, 2, 3, nil, 5, x = 1, y = 'why', z = {n = 5}, f = env.GF, [2.5] = 'half', [-1] = 'minus', [true] = 'yes'}
  env.GU = setmetatable({}, {__index = function(t, k) return k end, __call = function(self, ...) return ... end, __concat = function(a, b) return type(a) .. type(b) end})
  env.co = coroutine.create(function(...) while true do coroutine.yield(...) end end)
  setfenv(f, env)
  write(show({xpcall(f, function(m) return gsub(traceback(show(m, 0), 1), '0x%x%x%x%x%x%x%x+', 'ADDR') end)}, 0), '\n')
  sethook()
  collectgarbage('restart')
  setfenv(0, G)
  debug.setmetatable(env.co, nil)
  debug.setmetatable(nil, nil) debug.setmetatable(0, nil) debug.setmetatable(true, nil) debug.setmetatable(f, nil)
  debug.setmetatable('', stringmeta)
  stringmeta.__index = stringindex
  io.output():flush()
end

