--- Renews leases: one or a batch, each on its own.
--- keys    items, index, leases
--- args    principal, then item, fence, lease ms for each, at most 64
--- returns for each: OK, fence, lease end     refuses, for each: NOT_FOUND | FORMAT_NEWER | STALE_FENCE | NOT_CLAIMED | NOT_HOLDER
--- Always: a renewal changes no version, so a heartbeat never turns the holder's own promotion into a conflict.
--- A lease that ran out but that nobody took is renewed: the fence is the truth.
--- @include record
local items, index, leases = KEYS[1], KEYS[2], KEYS[3]
local principal, now = ARGV[1], now_ms()

local function renew(id, fence, lease_ms)
  local r, refusal = open(redis.call('HGET', items, 'r:' .. id), id)
  refusal = refusal or not_held(r, principal, fence)
  if refusal then
    return refusal
  end
  r[LEASE_UNTIL] = now + lease_ms
  if r[STATE] == READY then
    r[STATE] = CLAIMED
    redis.call('ZADD', index, score(r[STAGE], CLAIMED, r[PRIORITY], r[SEQ]), id)
  end
  redis.call('HSET', items, 'r:' .. id, pack(r))
  redis.call('ZADD', leases, r[LEASE_UNTIL], id)
  return { 'OK', fence, r[LEASE_UNTIL] }
end

local replies = {}
for i = 2, #ARGV, 3 do
  replies[#replies + 1] = renew(ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2]))
end
return replies
