--- Moves one work item back to an earlier stage, with a reason, and makes what was proven since then void.
--- keys    items, index, audit, refusals
--- args    item, to, fence, version, principal, verified (1 | 0), roles, request, reason
--- returns SENT now version fence stage audit | REPLAY packed | POLICY digest | REFUSED … rows of number, code, got, other
--- Always: evidence asked by any edge from the target stage onwards is emptied, and approvals given before this moment no longer count.
--- This is a template: PolicyCompiler puts a policy's digest, stages and rules at the marked lines. As it stands it knows no stage.
local DIGEST = '' --@digest
local NAMES, RULES, VOID = {}, nil, {} --@moves
local items, index, audit = KEYS[1], KEYS[2], KEYS[3]
local call = redis.call
local id, to, claim, expected, who, verified, roles, request, reason = unpack(ARGV)
local stored = call('HMGET', items, 'r:' .. id, 'chain', 'e:' .. id)
if not stored[1] then return {'NOT_FOUND'} end
local r = {cmsgpack.unpack(stored[1])}
if r[1] ~= 1 then return {'FORMAT_NEWER', r[1]} end
for i = 19, 25, 2 do
  if request ~= '' and r[i] == request then return {'REPLAY', r[i + 1]} end
end
if r[8] ~= DIGEST then return {'POLICY', r[8]} end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local from, target, source
for position, stage in ipairs(NAMES) do
  if stage[1] == r[4] then from, source = stage[2], position end
  if stage[2] == to then target = position end
end

local rows = {}
local function no(code, got, other)
  local at = #rows
  rows[at + 1], rows[at + 2], rows[at + 3], rows[at + 4] = 0, code, 's' .. tostring(got or ''), 's' .. tostring(other or '')
end
if expected ~= '' and tonumber(expected) ~= r[2] then no('CONFLICT', expected, r[2]) end
if claim ~= '' and tonumber(claim) ~= r[3] then no('STALE_FENCE', claim, r[3]) end
local role = ''
if RULES then
  role = RULES[tostring(from) .. '>' .. to]
elseif r[5] == 4 then
  role = nil
end
if not target or not source or target >= source or not role then
  no('NO_EDGE', to)
elseif role ~= '' and not string.find(roles, '\n' .. role .. '\n', 1, true) then
  no('FORBIDDEN', roles, role)
elseif role == '' and r[11] ~= '' and r[11] ~= who and r[12] > now then
  no('CLAIMED', r[11], r[12])
end
if #rows > 0 then
  call('XADD', KEYS[4], 'MAXLEN', '~', 10000, '*', 'kind', 'refused', 'item', id, 'principal', who, 'fence', r[3], 'at', now,
    'd', cmsgpack.pack(1, r[4], to, verified, r[2], r[8], request, unpack(rows)))
  return {'REFUSED', now, r[2], r[3], r[4], r[5], r[11], r[12], r[9], unpack(rows)}
end

local number, link, evidence = 0, '0000000000000000000000000000000000000000', ''
if stored[2] then number, link = cmsgpack.unpack(stored[2]) end
local fields = {}
if stored[3] then
  local slots = {cmsgpack.unpack(stored[3])}
  evidence = slots[1]
  for _, slot in ipairs(VOID[target]) do
    if slots[slot + 1] then slots[slot + 1] = '' end
  end
  local body = cmsgpack.pack(unpack(slots, 2))
  fields = {'e:' .. id, cmsgpack.pack(redis.sha1hex(body)) .. body}
end
number = number + 1
r[2] = r[2] + 1
local name = string.format('%d-0', number)
local entry = cmsgpack.pack(1, link, number, 'send_back', id, from, to, who, verified, now, r[2], r[3], r[8], r[9], evidence, '', request, r[16], reason)
call('XADD', audit, name, 'd', entry)
-- Worked at this moment: what must be newer than the work has to come again. Still open blockers keep it blocked.
r[4], r[5], r[10], r[11], r[12], r[13], r[16] = NAMES[target][1], r[17] > 0 and 2 or 0, now, '', 0, now, name
if request ~= '' then
  for i = 19, 24 do r[i] = r[i + 2] end
  r[25], r[26] = request, cmsgpack.pack('S', 'send_back', now, r[2], r[3], r[4], number)
end
call('HSET', items, 'r:' .. id, cmsgpack.pack(unpack(r, 1, 26)), 'chain', cmsgpack.pack(number, redis.sha1hex(entry)), unpack(fields))
call('ZADD', index, string.format('%d', (r[4] * 4 + r[5]) * 35184372088832 + (255 - r[6]) * 137438953472 + r[7]), id)
return {'SENT', now, r[2], r[3], r[4], number}
