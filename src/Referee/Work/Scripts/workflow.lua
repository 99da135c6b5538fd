--- Makes a policy known: its JSON under its digest, its name pointing at it, its stages numbered for the whole project.
--- keys    workflows
--- args    name, digest, canonical JSON, stage names…
--- returns OK, stage names joined by newlines     refuses LIMIT
--- Always: a policy that was pinned stays; a stage's number never changes.
local workflows = KEYS[1]
local POLICIES_MAX, STAGES_MAX = 4096, 63

local joined = redis.call('HGET', workflows, ':stages') or ''
local _, count = string.gsub(joined, '[^\n]+', '%0')
for i = 4, #ARGV do
  if not string.find('\n' .. joined .. '\n', '\n' .. ARGV[i] .. '\n', 1, true) then
    joined = joined .. (joined == '' and '' or '\n') .. ARGV[i]
    count = count + 1
  end
end
if count > STAGES_MAX then
  return { 'LIMIT', 'stages', 'at most ' .. STAGES_MAX .. ' stages in a project', tostring(count) }
end
if redis.call('HEXISTS', workflows, ARGV[2]) == 0 and redis.call('HLEN', workflows) >= POLICIES_MAX then
  return { 'LIMIT', 'workflow', 'at most ' .. POLICIES_MAX .. ' policies in a shard', tostring(redis.call('HLEN', workflows)) }
end
redis.call('HSET', workflows, ARGV[2], ARGV[3], ARGV[1], ARGV[2], ':stages', joined)
return { 'OK', joined }
