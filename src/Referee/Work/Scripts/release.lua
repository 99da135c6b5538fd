--- Gives a claimed item back: ready again, at its old place in the queue.
--- keys    items, index, leases, details
--- args    request, principal, item, fence, note ('' leaves the note that is there)
--- returns OK, version     refuses NOT_FOUND | FORMAT_NEWER | STALE_FENCE | NOT_CLAIMED | NOT_HOLDER
--- @include record
local items, index, leases, details = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local request, principal, id, fence, note = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

local r, refusal = open(redis.call('HGET', items, 'r:' .. id), id)
if not r then
  return refusal
end
local before = remembered(r, request)
if before then
  return before
end
refusal = not_held(r, principal, fence)
if refusal then
  return refusal
end

r[STATE], r[HOLDER], r[LEASE_UNTIL], r[VERSION] = READY, '', 0, r[VERSION] + 1
local reply = { 'OK', r[VERSION] }
remember(r, request, reply)
redis.call('HSET', items, 'r:' .. id, pack(r))
redis.call('ZADD', index, score(r[STAGE], READY, r[PRIORITY], r[SEQ]), id)
redis.call('ZREM', leases, id)
if note ~= '' then
  redis.call('HSET', details, id .. '\0\0note', note)
end
return reply
