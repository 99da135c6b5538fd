--- The replies of the last 1,024 requests that no record can remember: submit, claim and batches.
--- Always: hash fields `n` (counter), `i:SLOT` (request), `q:REQUEST` (reply); a new request takes the slot of the oldest.
local REQUESTS_MAX = 1024

--- The reply to a request that was answered before, or nil; and the counter that keep wants.
local function recall(requests, request)
  if request ~= '' then
    local there = redis.call('HMGET', requests, 'q:' .. request, 'n')
    return there[1] and cmsgpack.unpack(there[1]) or nil, (tonumber(there[2]) or 0) + 1
  end
end

local function keep(requests, request, reply, counter)
  if request ~= '' then
    local slot = 'i:' .. counter % REQUESTS_MAX
    local oldest = redis.call('HGET', requests, slot)
    if oldest then
      redis.call('HDEL', requests, 'q:' .. oldest)
    end
    redis.call('HSET', requests, 'n', counter, slot, request, 'q:' .. request, cmsgpack.pack(reply))
  end
end
