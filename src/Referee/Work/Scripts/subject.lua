--- Says what the work is now, such as the git tree of the last commit. Evidence about another subject no longer counts where the policy asks for the current one.
--- keys    items
--- args    request, principal, item, fence, subject
--- returns OK, version, worked at     refuses NOT_FOUND | FORMAT_NEWER | STALE_FENCE | NOT_CLAIMED | NOT_HOLDER | LIMIT
--- Always: the same subject again changes nothing, so it does not make evidence stale.
--- @include record
local items = KEYS[1]
local request, principal, id, fence, subject = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

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
if r[SUBJECT] ~= subject then
  if not add_author(r, principal) then
    return { 'LIMIT', 'authors', 'at most ' .. AUTHORS_MAX .. ' principals per item', principal }
  end
  r[SUBJECT], r[WORKED_AT], r[VERSION] = subject, now_ms(), r[VERSION] + 1
end
local reply = { 'OK', r[VERSION], r[WORKED_AT] }
remember(r, request, reply)
redis.call('HSET', items, 'r:' .. id, pack(r))
return reply
