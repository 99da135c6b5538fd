--- Decides one move of one work item: refuses with every unmet condition, or moves it and links the decision into the chain.
--- keys    items, index, audit, refusals, deps
--- args    mode (promote | explain | override), item, to, fence, version, principal, verified (1 | 0), roles, request, note
--- returns PASS now version fence stage audit kind | OPEN … (explain) | REPLAY packed | POLICY digest | REFUSED … rows of number, code, got, other
--- Always: source stage, policy and claim come from the record, never from the caller; explain runs the same lines and writes nothing.
--- This is a template: PolicyCompiler puts a policy's digest, stages and gates at the marked lines. As it stands it knows no edge.
local DIGEST = '' --@digest
local OVERRIDE_ROLE = '' --@override
local items, index, audit = KEYS[1], KEYS[2], KEYS[3]
local call, pack, decode, find, type = redis.call, cmsgpack.pack, cmsgpack.unpack, string.find, type
local mode, id, to, claim, expected, who, verified, roles, request, note = unpack(ARGV)
local stored = call('HMGET', items, 'r:' .. id, 'chain', 'e:' .. id, 'a:' .. id)
if not stored[1] then return {'NOT_FOUND'} end
local format, version, fence, stage, state, priority, sequence, digest, subject, worked, holder, lease, entered, created, authors, last,
  blockers, attempts, id1, reply1, id2, reply2, id3, reply3, id4, reply4 = decode(stored[1])
if format ~= 1 then return {'FORMAT_NEWER', format} end
if request ~= '' and mode ~= 'explain' then
  if request == id1 then return {'REPLAY', reply1} end
  if request == id2 then return {'REPLAY', reply2} end
  if request == id3 then return {'REPLAY', reply3} end
  if request == id4 then return {'REPLAY', reply4} end
end
if digest ~= DIGEST then return {'POLICY', digest} end
local time = call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000

-- Refusals are collected flat: number of the question, code, what was got, what it was compared with.
local unmet, hard, rows = 0, 0, nil
local function no(number, code, got, other)
  if unmet == 0 then rows = {} end
  if number == 0 then hard = hard + 1 end
  local at = unmet * 4
  rows[at + 1], rows[at + 2], rows[at + 3], rows[at + 4] = number, code, got, other
  unmet = unmet + 1
end

if expected ~= '' and tonumber(expected) ~= version then no(0, 'CONFLICT', expected, version) end
if state == 2 then no(0, 'BLOCKED', blockers) elseif state == 3 then no(0, 'PARKED') end
local evidence, approvals = '', ''
local target, from, done, claimed
--@slots
if state == 4 then
  no(0, 'DONE')
--@gates
else
  no(0, 'NO_EDGE', to)
end

if claim ~= '' and tonumber(claim) ~= fence then
  no(0, 'STALE_FENCE', claim, fence)
elseif claimed then
  if holder == '' then
    no(0, 'NOT_CLAIMED', '', fence)
  elseif holder ~= who then
    no(0, 'NOT_HOLDER', who, holder)
  elseif claim == '' then
    no(0, 'STALE_FENCE', claim, fence)
  end
elseif holder ~= '' and holder ~= who and lease > now and target then
  no(0, 'CLAIMED', holder, lease)
end

local kind = 'pass'
if unmet > 0 then
  if mode == 'override' then
    if OVERRIDE_ROLE == '' or not find(roles, '\n' .. OVERRIDE_ROLE .. '\n', 1, true) then no(0, 'FORBIDDEN', roles, OVERRIDE_ROLE) end
    kind = 'override'
  end
  if mode ~= 'override' or hard > 0 then
    -- What was got is told with its type: missing, null, false, 0 and "false" are five different things.
    for i = 1, unmet do
      for at = i * 4 - 1, i * 4 do
        local value = rows[at]
        local kind = type(value)
        if kind == 'nil' then rows[at] = 'm'
        elseif kind == 'string' then rows[at] = 's' .. value
        elseif kind == 'number' then rows[at] = 'n' .. string.format('%.17g', value)
        elseif kind == 'boolean' then rows[at] = value and 'bt' or 'bf'
        else rows[at] = 'z' end
      end
    end
    if mode ~= 'explain' then
      call('XADD', KEYS[4], 'MAXLEN', '~', 10000, '*', 'kind', 'refused', 'item', id, 'principal', who, 'fence', fence, 'at', now,
        'd', pack(1, stage, to, verified, version, digest, request, unpack(rows, 1, unmet * 4)))
    end
    return {'REFUSED', now, version, fence, stage, state, holder, lease, subject, unpack(rows, 1, unmet * 4)}
  end
  -- What the override stepped over stays in the chain: the numbers and codes of all questions that were not met.
  local over = {}
  for i = 1, unmet do over[i] = rows[i * 4 - 3] .. ' ' .. rows[i * 4 - 2] end
  note = note .. '\n' .. table.concat(over, '\n')
end
if mode == 'explain' then return {'OPEN', now, version, fence, stage, state, holder, lease, subject} end

local number, link = 0, '0000000000000000000000000000000000000000'
if stored[2] then number, link = decode(stored[2]) end
number = number + 1
version = version + 1
local entry = pack(1, link, number, kind, id, from, to, who, verified, now, version, fence, digest, subject, evidence, approvals, request, last, note)
local name = string.format('%d-0', number)
-- The stream refuses a number that is not the next: then nothing was written yet.
call('XADD', audit, name, 'd', entry)
if request ~= '' then
  id1, reply1, id2, reply2, id3, reply3, id4, reply4 =
    request, pack('P', kind, now, version, fence, target, number), id1, reply1, id2, reply2, id3, reply3
end
call('HSET', items, 'r:' .. id,
  pack(1, version, fence, target, done and 4 or 0, priority, sequence, digest, subject, worked, '', 0, now, created, authors, name,
    blockers, attempts, id1, reply1, id2, reply2, id3, reply3, id4, reply4),
  'chain', pack(number, redis.sha1hex(entry)))
-- A band is 2^45 wide; a score has up to 16 digits, which %d prints exactly and faster than the %.17g of redis.call.
call('ZADD', index, string.format('%d', (done and 252 or target * 4) * 35184372088832 + (255 - priority) * 137438953472 + sequence), id)
if done then
--- @include record
--- @include unblock
  unblock(items, index, KEYS[5], id)
end
return {'PASS', now, version, fence, target, number, kind}
