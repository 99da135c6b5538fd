--- Puts an item aside for a person, or gives it back to its queue.
--- keys    items, index, leases, details
--- args    request, principal, item, fence ('' for an operator), operator (1|0), unpark (1|0), reason
--- returns OK, state, version     refuses NOT_FOUND | FORMAT_NEWER | DONE | FORBIDDEN | STALE_FENCE | NOT_CLAIMED | NOT_HOLDER
--- Always: parking ends the claim; only an operator gives back; an item with open dependencies comes back blocked, not ready.
--- @include record
local items, index, leases, details = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local request, principal, id, fence = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local operator, unpark, reason = ARGV[5] == '1', ARGV[6] == '1', ARGV[7]

local r, refusal = open(redis.call('HGET', items, 'r:' .. id), id)
if not r then
  return refusal
end
local before = remembered(r, request)
if before then
  return before
end
if r[STATE] == DONE then
  return { 'DONE', 'state', 'not done', 'done' }
end
if not operator then
  if unpark or not fence then
    return { 'FORBIDDEN', 'principal', 'an operator', principal }
  end
  refusal = not_held(r, principal, fence)
  if refusal then
    return refusal
  end
end

local state = PARKED
if unpark then
  state = r[STATE]
  if state == PARKED then
    state = r[BLOCKERS] > 0 and BLOCKED or READY
  end
end
if state ~= r[STATE] then
  r[STATE], r[HOLDER], r[LEASE_UNTIL], r[VERSION] = state, '', 0, r[VERSION] + 1
  redis.call('ZADD', index, score(r[STAGE], state, r[PRIORITY], r[SEQ]), id)
  redis.call('ZREM', leases, id)
end
local reply = { 'OK', state, r[VERSION] }
remember(r, request, reply)
redis.call('HSET', items, 'r:' .. id, pack(r))
if reason ~= '' then
  redis.call('HSET', details, id .. '\0\0note', reason)
end
return reply
