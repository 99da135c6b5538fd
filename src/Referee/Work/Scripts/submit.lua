--- Submits one work item: ready, or blocked while dependencies are open.
--- keys    items, index, deps, requests, details, tags, workflows
--- args    request, item, workflow, policy digest, stage number, priority, details JSON, number of dependencies, dependencies…, labels…
--- returns OK, state, version, open blockers     refuses POLICY | DUPLICATE | NOT_FOUND | FORMAT_NEWER | LIMIT
--- Always: an item depends only on items that were there before it, so dependencies make no circle; work is bounded by 32 dependencies and 16 labels.
--- @include record
--- @include requests
local items, index, deps, requests, details, tags, workflows = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7]
local request, id, workflow, policy = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local stage, priority, json, count = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])

local before, counter = recall(requests, request)
if before then
  return before
end

local current = redis.call('HGET', workflows, workflow)
if current ~= policy then
  return { 'POLICY', 'workflow', current or '', policy }
end
if redis.call('HEXISTS', items, 'r:' .. id) == 1 then
  return { 'DUPLICATE', 'item', 'a new name', id }
end

local open_blockers = {}
for i = 9, 8 + count do
  local r, refusal = open(redis.call('HGET', items, 'r:' .. ARGV[i]), ARGV[i])
  if not r then
    refusal[2] = 'dependsOn'
    return refusal
  end
  if r[STATE] ~= DONE then
    open_blockers[#open_blockers + 1] = ARGV[i]
  end
end

local seq = redis.call('HINCRBY', items, 'seq', 1)
if seq > 137438953471 then
  return { 'LIMIT', 'item', 'at most 137438953471 items in a shard', tostring(seq) }
end
local now = now_ms()
local state = #open_blockers > 0 and BLOCKED or READY
redis.call('HSET', items, 'r:' .. id, cmsgpack.pack(FORMAT, 1, 0, stage, state, priority, seq, policy, '', now, '', 0, now, now, '', '',
  #open_blockers, 0, '', '', '', '', '', '', '', ''))
redis.call('ZADD', index, score(stage, state, priority, seq), id)
redis.call('HSET', details, id, json)
for _, blocker in ipairs(open_blockers) do
  redis.call('ZADD', deps, 0, blocker .. '\0' .. id)
end
for i = 9 + count, #ARGV do
  redis.call('ZADD', tags, 0, ARGV[i] .. '\0' .. id)
end

local reply = { 'OK', state, 1, #open_blockers }
keep(requests, request, reply, counter)
return reply
