--- The replies of the last 1,024 requests that no record can remember: submit, claim and batches.
--- Always: hash fields `n` (counter), `i:SLOT` (request), `q:REQUEST` (reply); a new request takes the slot of the oldest.
local REQUESTS_MAX = 1024

local function recall(requests, request)
  if request ~= '' then
    local raw = redis.call('HGET', requests, 'q:' .. request)
    return raw and cmsgpack.unpack(raw)
  end
end

local function keep(requests, request, reply)
  if request ~= '' then
    local slot = 'i:' .. redis.call('HINCRBY', requests, 'n', 1) % REQUESTS_MAX
    local oldest = redis.call('HGET', requests, slot)
    if oldest then
      redis.call('HDEL', requests, 'q:' .. oldest)
    end
    redis.call('HSET', requests, slot, request, 'q:' .. request, cmsgpack.pack(reply))
  end
end
