--- Keeps one fact about an item, checked against its policy by the caller, stamped with who brought it and the server's time.
--- keys    items, details, orphans
--- args    request, principal, item, fence ('' for none), policy digest, kind, slot, slots, head, tail, tier, subject, set subject (1|0), large value, roles, small value as JSON
--- returns OK, version, at     refuses NOT_FOUND | FORMAT_NEWER | POLICY | STALE_FENCE (with the id of the orphan) | NOT_CLAIMED | NOT_HOLDER | TIER | LIMIT
--- Always: what is reported by the worker itself needs the worker's current claim; an old claim's result is kept as an orphan, never dropped and never used.
--- @include record
--- @include slot
local items, details, orphans = KEYS[1], KEYS[2], KEYS[3]
local request, principal, id, policy, kind = ARGV[1], ARGV[2], ARGV[3], ARGV[5], ARGV[6]
local fence, slot, slots, head, tail = tonumber(ARGV[4]), tonumber(ARGV[7]), tonumber(ARGV[8]), ARGV[9], ARGV[10]
local tier, subject, set_subject, large = tonumber(ARGV[11]), ARGV[12], ARGV[13] == '1', ARGV[14]
local SELF_REPORTED, ORPHANS_MAX, ORPHAN_BYTES_MAX = 1, 10000, 4096

local texts = redis.call('HMGET', items, 'r:' .. id, 'e:' .. id)
local r, refusal = open(texts[1], id)
if not r then
  return refusal
end
local before = remembered(r, request)
if before then
  return before
end
if r[POLICY] ~= policy then
  return { 'POLICY', 'policy', r[POLICY], policy }
end

if fence and fence ~= r[FENCE] then
  local keepable = #large <= ORPHAN_BYTES_MAX and 1 or 0
  local orphan = redis.call('XADD', orphans, 'MAXLEN', '~', ORPHANS_MAX, '*',
    'item', id, 'kind', kind, 'principal', principal, 'roles', ARGV[15], 'tier', tier, 'fence', fence, 'current', r[FENCE], 'subject', subject,
    'policy', policy, 'head', head, 'tail', tail, 'keepable', keepable, 'large', keepable == 1 and large or '', 'json', ARGV[16])
  return { 'STALE_FENCE', 'fence', 'claim no. ' .. r[FENCE], 'claim no. ' .. fence, orphan }
end
if tier == SELF_REPORTED or set_subject then
  refusal = fence and not_held(r, principal, fence) or not fence and { 'NOT_CLAIMED', 'fence', 'the number of your claim', 'none' }
  if refusal then
    return refusal
  end
end

local now = now_ms()
local field
field, refusal = put_slot(texts[2], slot, slots, head, now, tail, tier, subject)
if not field then
  refusal[2] = 'evidence.' .. kind
  return refusal
end
if set_subject and r[SUBJECT] ~= subject then
  if not add_author(r, principal) then
    return { 'LIMIT', 'authors', 'at most ' .. AUTHORS_MAX .. ' principals per item', principal }
  end
  r[SUBJECT], r[WORKED_AT] = subject, now
end
r[VERSION] = r[VERSION] + 1
local reply = { 'OK', r[VERSION], now }
remember(r, request, reply)
redis.call('HSET', items, 'r:' .. id, pack(r), 'e:' .. id, field)
if large ~= '' then
  redis.call('HSET', details, id .. '\0' .. kind, large)
else
  redis.call('HDEL', details, id .. '\0' .. kind)
end
return reply
