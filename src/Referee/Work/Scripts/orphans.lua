--- Decides about a result that came after its claim was lost: into its slot as evidence, or away. Both are logged with who decided.
--- keys    items, details, orphans, refusals
--- args    operator, item, orphan id, accept (1|0), reason, policy digest, slot, slots (the last three only to accept)
--- returns OK, version (0 for a rejection)     refuses MISSING | NOT_FOUND | FORMAT_NEWER | POLICY | LIMIT | TIER
--- Always: accepted evidence keeps its issuer, roles, tier and subject; its time is that of the acceptance, because a person vouches for it now.
--- @include record
--- @include slot
local items, details, orphans, refusals = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local operator, id, orphan, accept, reason = ARGV[1], ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[5]
local policy, slot, slots = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])

local entry = redis.call('XRANGE', orphans, orphan, orphan)[1]
local kept = {}
for i = 1, entry and #entry[2] or 0, 2 do
  kept[entry[2][i]] = entry[2][i + 1]
end
if kept.item ~= id then
  return { 'MISSING', 'orphan', 'a kept result of ' .. id, orphan }
end

local version = 0
if accept then
  local texts = redis.call('HMGET', items, 'r:' .. id, 'e:' .. id)
  local r, refusal = open(texts[1], id)
  if not r then
    return refusal
  end
  if r[POLICY] ~= policy or kept.policy ~= policy then
    return { 'POLICY', 'policy', r[POLICY], kept.policy }
  end
  if kept.keepable ~= '1' then
    return { 'LIMIT', 'orphan', 'a value of at most 4096 bytes', 'only its digest was kept' }
  end
  local field
  field, refusal = put_slot(texts[2], slot, slots, kept.head, now_ms(), kept.tail, tonumber(kept.tier), kept.subject)
  if not field then
    return refusal
  end
  r[VERSION] = r[VERSION] + 1
  version = r[VERSION]
  redis.call('HSET', items, 'r:' .. id, pack(r), 'e:' .. id, field)
  if kept.large ~= '' then
    redis.call('HSET', details, id .. '\0' .. kept.kind, kept.large)
  else
    redis.call('HDEL', details, id .. '\0' .. kept.kind)
  end
end

redis.call('XDEL', orphans, orphan)
redis.call('XADD', refusals, 'MAXLEN', '~', 10000, '*', 'kind', accept and 'orphan_accepted' or 'orphan_rejected',
  'item', id, 'principal', operator, 'fence', kept.fence, 'evidence', kept.kind, 'issuer', kept.principal, 'orphan', orphan, 'reason', reason)
return { 'OK', version }
