-- Shaped like a Redis script: a sliding-window rate limiter over a stand-in for redis.call, many short runs of one function.
local store, now = {}, 1000000
local commands = {}
function commands.ZREMRANGEBYSCORE(key, from, to)
  local set = store[key]
  if not set then return 0 end
  local kept, removed = {}, 0
  for i = 1, #set do if set[i] > to then kept[#kept + 1] = set[i] else removed = removed + 1 end end
  store[key] = kept
  return removed
end
function commands.ZCARD(key) local set = store[key] return set and #set or 0 end
function commands.ZADD(key, score) local set = store[key] if not set then set = {} store[key] = set end set[#set + 1] = score return 1 end
function commands.PEXPIRE(key, ms) return store[key] and 1 or 0 end
local redis = {}
function redis.call(name, ...) return commands[name](...) end
local function script(KEYS, ARGV)
  local key, limit, window = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
  local time = tonumber(ARGV[3])
  redis.call('ZREMRANGEBYSCORE', key, 0, time - window)
  local used = redis.call('ZCARD', key)
  if used >= limit then return {0, limit - used, 'limited'} end
  redis.call('ZADD', key, time, time .. ':' .. used)
  redis.call('PEXPIRE', key, window)
  return {1, limit - used - 1, 'ok'}
end
local allowed = 0
for i = 1, 170000 do
  now = now + 7
  local reply = script({'rate:{user' .. i % 50 .. '}'}, {'10', '5000', tostring(now)})
  allowed = allowed + reply[1]
end
print(allowed)
