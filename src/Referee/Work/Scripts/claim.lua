--- Claims the next ready item of some stages, or one by name, for one principal.
--- keys    items, index, leases, deps, requests, details, refusals, tags
--- args    request, principal, lease ms, item ('' for the next), stage numbers (with commas, in order), labels…
--- returns OK, item, fence, version, lease end, stage, policy, subject, attempts, details JSON, note
--- refuses EMPTY | NOT_FOUND | CLAIMED | BLOCKED | PARKED | DONE | LIMIT | FORMAT_NEWER
--- Always: one item has one holder, and each claim has a larger number (fence) than the one before.
--- Bounded: at most 4 leases that ran out are taken back, 64 children freed, 8 candidates looked at per stage (64 with labels).
--- @include record
--- @include requests
--- @include unblock
local items, index, leases, deps = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local requests, details, refusals, tags = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local request, principal, lease_ms, wanted, stages = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local SWEEP_MAX, CANDIDATES_MAX, LABEL_CANDIDATES_MAX = 4, 8, 64

local function with_details(reply)
  local texts = redis.call('HMGET', details, reply[2], reply[2] .. '\0\0note')
  reply[10], reply[11] = texts[1] or '', texts[2] or ''
  return reply
end

local before, counter = recall(requests, request)
if before then
  return with_details(before)
end

local now = now_ms()

local function log_expiry(id, r)
  redis.call('XADD', refusals, 'MAXLEN', '~', 10000, '*',
    'kind', 'expired', 'item', id, 'principal', r[HOLDER], 'fence', r[FENCE], 'lease_until', r[LEASE_UNTIL])
end

for _, id in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now, 'LIMIT', 0, SWEEP_MAX)) do
  local r, refusal = open(redis.call('HGET', items, 'r:' .. id), id)
  if r and r[STATE] == CLAIMED and r[LEASE_UNTIL] <= now then
    log_expiry(id, r)
    r[STATE], r[VERSION] = READY, r[VERSION] + 1
    redis.call('HSET', items, 'r:' .. id, pack(r))
    redis.call('ZADD', index, score(r[STAGE], READY, r[PRIORITY], r[SEQ]), id)
  end
  if r or refusal[1] == 'NOT_FOUND' then
    redis.call('ZREM', leases, id)
  end
end

local marker = redis.call('ZRANGEBYLEX', deps, '[\0', '(\1', 'LIMIT', 0, 1)[1]
if marker then
  unblock(items, index, deps, string.sub(marker, 2))
end

local function take(id, r)
  if not add_author(r, principal) then
    return { 'LIMIT', 'authors', 'at most ' .. AUTHORS_MAX .. ' principals per item', principal }
  end
  r[FENCE], r[VERSION], r[ATTEMPTS] = r[FENCE] + 1, r[VERSION] + 1, r[ATTEMPTS] + 1
  r[STATE], r[HOLDER], r[LEASE_UNTIL], r[WORKED_AT] = CLAIMED, principal, now + lease_ms, now
  redis.call('HSET', items, 'r:' .. id, pack(r))
  redis.call('ZADD', index, score(r[STAGE], CLAIMED, r[PRIORITY], r[SEQ]), id)
  redis.call('ZADD', leases, r[LEASE_UNTIL], id)
  local reply = { 'OK', id, r[FENCE], r[VERSION], r[LEASE_UNTIL], r[STAGE], r[POLICY], r[SUBJECT], r[ATTEMPTS] }
  keep(requests, request, reply, counter)
  return with_details(reply)
end

local function has_labels(id)
  for i = 6, #ARGV do
    if not redis.call('ZSCORE', tags, ARGV[i] .. '\0' .. id) then
      return false
    end
  end
  return true
end

if wanted ~= '' then
  local r, refusal = open(redis.call('HGET', items, 'r:' .. wanted), wanted)
  if not r then
    return refusal
  elseif r[STATE] == CLAIMED and r[LEASE_UNTIL] > now then
    return { 'CLAIMED', 'holder', 'nobody', r[HOLDER] .. ' until ' .. string.format('%.0f', r[LEASE_UNTIL]) }
  elseif r[STATE] == BLOCKED then
    return { 'BLOCKED', 'dependsOn', 'every dependency done', r[BLOCKERS] .. ' open' }
  elseif r[STATE] == PARKED then
    return { 'PARKED', 'state', 'ready', 'parked' }
  elseif r[STATE] == DONE then
    return { 'DONE', 'state', 'ready', 'done' }
  end
  if r[STATE] == CLAIMED then
    log_expiry(wanted, r)
  end
  return take(wanted, r)
end

local labelled = #ARGV >= 6
for stage in string.gmatch(stages, '%d+') do
  local low = stage * 4 * 35184372088832
  local ready = redis.call('ZRANGEBYSCORE', index, low, low + 35184372088831, 'LIMIT', 0, labelled and LABEL_CANDIDATES_MAX or CANDIDATES_MAX)
  for _, id in ipairs(ready) do
    if not labelled or has_labels(id) then
      local r = open(redis.call('HGET', items, 'r:' .. id), id)
      if r and r[STATE] == READY then
        local reply = take(id, r)
        if reply[1] == 'OK' then
          return reply
        end
      end
    end
  end
end
return { 'EMPTY', 'queue', 'a ready item', 'none' }
