--- Gives, changes or takes back one principal's word on one move of one work item.
--- keys    items, refusals
--- args    verb (approve | veto | withdraw), item, to, version, principal, verified (1 | 0), roles, request, note
--- returns HEARD now version fence stage approvals vetoes | REPLAY packed | POLICY digest | REFUSED … rows of number, code, got, other
--- Always: one row per principal, at most 16; a row names the move, the subject and the moment, and counts only while all three still fit.
--- Rows are principal, verdict, to, subject, at, roles, note. This is a template: PolicyCompiler puts digest and asked roles at the marked lines.
local DIGEST = '' --@digest
local ASKED = {} --@asked
local items, call = KEYS[1], redis.call
local verb, id, to, expected, who, verified, roles, request, note = unpack(ARGV)
local stored = call('HMGET', items, 'r:' .. id, 'a:' .. id)
if not stored[1] then return {'NOT_FOUND'} end
local r = {cmsgpack.unpack(stored[1])}
if r[1] ~= 1 then return {'FORMAT_NEWER', r[1]} end
for i = 19, 25, 2 do
  if request ~= '' and r[i] == request then return {'REPLAY', r[i + 1]} end
end
if r[8] ~= DIGEST then return {'POLICY', r[8]} end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local refused = {}
local function no(code, got, other)
  local at = #refused
  refused[at + 1], refused[at + 2], refused[at + 3], refused[at + 4] = 0, code, 's' .. tostring(got or ''), 's' .. tostring(other or '')
end

local kept, old = {}, stored[2] and {cmsgpack.unpack(stored[2])} or {}
local mine, approvals, vetoes = false, 0, 0
for i = 1, #old, 7 do
  -- Rows of earlier stays in a stage, or about an earlier subject, can never count again.
  if old[i] == who then
    mine = old[i + 2] == to
  elseif old[i + 4] >= r[13] and old[i + 3] == r[9] then
    for j = i, i + 6 do kept[#kept + 1] = old[j] end
    if old[i + 2] == to then
      if old[i + 1] == 'approve' then approvals = approvals + 1 else vetoes = vetoes + 1 end
    end
  end
end

if expected ~= '' and tonumber(expected) ~= r[2] then no('CONFLICT', expected, r[2]) end
local asked = ASKED[r[4] .. '>' .. to]
if r[5] == 4 then
  no('DONE')
elseif not asked then
  no('NO_EDGE', to)
else
  -- asked: rows of role and whether authors are shut out. Withdrawing needs no role: it takes back only what is one's own.
  local has, outside, wanted = false, false, {}
  for i = 1, #asked, 2 do
    wanted[#wanted + 1] = asked[i]
    if string.find(roles, '\n' .. asked[i] .. '\n', 1, true) then
      has = true
      if verb == 'veto' or not asked[i + 1] or not string.find(r[15], '\n' .. who .. '\n', 1, true) then outside = true end
    end
  end
  if verb == 'withdraw' then
    if not mine then no('MISSING', who) end
  elseif not has then
    no('FORBIDDEN', roles, table.concat(wanted, ' or '))
  elseif not outside then
    no('SELF', who)
  elseif #kept >= 16 * 7 then
    no('LIMIT', '16')
  end
end
if #refused > 0 then
  call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*', 'kind', 'refused', 'item', id, 'principal', who, 'fence', r[3], 'at', now,
    'd', cmsgpack.pack(1, r[4], to, verified, r[2], r[8], request, unpack(refused)))
  return {'REFUSED', now, r[2], r[3], r[4], r[5], r[11], r[12], r[9], unpack(refused)}
end

if verb ~= 'withdraw' then
  for _, value in ipairs({who, verb, to, r[9], now, roles, note}) do kept[#kept + 1] = value end
  if verb == 'approve' then approvals = approvals + 1 else vetoes = vetoes + 1 end
end
r[2] = r[2] + 1
if request ~= '' then
  for i = 19, 24 do r[i] = r[i + 2] end
  r[25], r[26] = request, cmsgpack.pack('A', verb, now, r[2], r[3], r[4], approvals, vetoes)
end
call('HSET', items, 'r:' .. id, cmsgpack.pack(unpack(r, 1, 26)), 'a:' .. id, #kept > 0 and cmsgpack.pack(unpack(kept)) or '')
return {'HEARD', now, r[2], r[3], r[4], approvals, vetoes}
