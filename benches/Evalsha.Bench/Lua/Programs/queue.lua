-- Shaped like a Redis script: claim the next job of a queue, with leases, records as fields and a packed reply.
local hashes, ready = {}, {}
local calls = {
  HGET = function(key, field) local h = hashes[key] return h and h[field] or false end,
  HMGET = function(key, ...)
    local h, r = hashes[key] or {}, {}
    for i = 1, select('#', ...) do r[i] = h[(select(i, ...))] or false end
    return r
  end,
  HSET = function(key, ...)
    local h = hashes[key]
    if not h then h = {} hashes[key] = h end
    for i = 1, select('#', ...), 2 do local f, v = select(i, ...) h[f] = tostring(v) end
    return 1
  end,
  RPUSH = function(key, v) ready[#ready + 1] = v return #ready end,
  LPOP = function(key) return table.remove(ready) or false end,
}
local redis = {call = function(name, ...) return calls[name](...) end}
local function enqueue(KEYS, ARGV)
  redis.call('HSET', KEYS[2] .. ARGV[1], 'state', 'ready', 'payload', ARGV[2], 'attempts', 0)
  return redis.call('RPUSH', KEYS[1], ARGV[1])
end
local function claim(KEYS, ARGV)
  local worker, now, lease = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
  local id = redis.call('LPOP', KEYS[1])
  if not id then return {err = 'EMPTY'} end
  local key = KEYS[2] .. id
  local record = redis.call('HMGET', key, 'state', 'payload', 'attempts')
  if record[1] ~= 'ready' then return {err = 'STATE ' .. tostring(record[1])} end
  local attempts = tonumber(record[3]) + 1
  redis.call('HSET', key, 'state', 'claimed', 'worker', worker, 'until', now + lease, 'attempts', attempts)
  return {id, record[2], attempts, string.format('%s:%d', worker, now)}
end
local KEYS, n = {'q:ready', 'q:job:'}, 0
for i = 1, 75000 do
  enqueue(KEYS, {tostring(i % 500), 'payload ' .. i})
  local reply = claim(KEYS, {'worker' .. i % 7, tostring(i), '30000'})
  n = n + #reply[2] + reply[3] + #reply[4]
end
print(n)
