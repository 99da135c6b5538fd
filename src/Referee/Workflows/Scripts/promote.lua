--- Decides one move of one work item: refuses with every unmet condition, or moves it and links the decision into the chain.
--- keys    items, index, audit, refusals, deps
--- args    mode (promote | explain | override), item, to, fence, version, principal, verified (1 | 0), roles, request, note
--- returns PASS now version fence stage audit kind | OPEN … (explain) | REPLAY packed | POLICY digest | REFUSED … rows of number, code, got, other
--- Always: source stage, policy and claim come from the record, never from the caller; explain runs the same lines and writes nothing.
--- This is a template: PolicyCompiler puts a policy's digest, stages and gates at the marked lines. As it stands it knows no edge.
local DIGEST = '' --@digest
local OVERRIDE_ROLE = '' --@override
local items, index, audit = KEYS[1], KEYS[2], KEYS[3]
local call, packed, stretch = redis.call, struct.pack, cmsgpack.unpack_limit
local find, sub, byte = string.find, string.sub, string.byte
local mode, id, to, claim, expected, who, verified, roles, request, note = unpack(ARGV)
local key = 'r:' .. id
local stored = call('HMGET', items, key, 'chain', 'e:' .. id) --@read
local record = stored[1]
if not record then return {'NOT_FOUND'} end
-- Read in stretches, because what a pass leaves as it is goes back as the bytes it came in: o1 … o4 are the offsets behind 5, 10, 15, 18.
local o1, format, version, fence, stage, state = stretch(record, 5)
if format ~= 1 then return {'FORMAT_NEWER', format} end
local o2, priority, sequence, digest, subject, worked = stretch(record, 5, o1)
local o3, holder, lease, entered, created, authors = stretch(record, 5, o2)
local o4, last, blockers, attempts = stretch(record, 3, o3)
-- Behind o4 lie the answered requests. A new one's text does not occur there, and then none of them is made a string.
if request ~= '' and mode ~= 'explain' and find(record, request, o4 + 1, true) then
  local answered = {stretch(record, 8, o4)}
  for i = 2, 8, 2 do
    if request == answered[i] then return {'REPLAY', answered[i + 1]} end
  end
end
if digest ~= DIGEST then return {'POLICY', digest} end
local time = call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000

-- Refusals are collected flat: number of the question (0 is asked of every move), code, what was got, what it was compared with.
-- The last two carry their type in front: missing, null, false, 0 and "false" are five different things.
local rows
local function no(number, code, ...)
  rows = rows or {}
  local at = #rows
  rows[at + 1], rows[at + 2] = number, code
  for i = 1, 2 do
    local value = select(i, ...)
    local kind = type(value)
    if select('#', ...) < i or kind == 'nil' then rows[at + 2 + i] = 'm'
    elseif kind == 'string' then rows[at + 2 + i] = 's' .. value
    elseif kind == 'number' then rows[at + 2 + i] = 'n' .. string.format('%.17g', value)
    elseif kind == 'boolean' then rows[at + 2 + i] = value and 'bt' or 'bf'
    else rows[at + 2 + i] = 'z' end
  end
end

if expected ~= '' and tonumber(expected) ~= version then no(0, 'CONFLICT', expected, version) end
if state == 2 then no(0, 'BLOCKED', blockers) elseif state == 3 then no(0, 'PARKED') end
-- The heads of the digests' MessagePack: a string of 40, or the empty one.
local evidence, evidence_head, approvals, approvals_head = '', '\160', '', '\160'
local target, route, done, claimed
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
if rows then
  local hard = mode ~= 'override'
  if mode == 'override' then
    if OVERRIDE_ROLE == '' or not find(roles, '\n' .. OVERRIDE_ROLE .. '\n', 1, true) then no(0, 'FORBIDDEN', roles, OVERRIDE_ROLE) end
    kind = 'override'
    for i = 1, #rows, 4 do hard = hard or rows[i] == 0 end
  end
  if hard then
    if mode ~= 'explain' then
      call('XADD', KEYS[4], 'MAXLEN', '~', 10000, '*', 'kind', 'refused', 'item', id, 'principal', who, 'fence', fence, 'at', now,
        'd', cmsgpack.pack(1, stage, to, verified, version, digest, request, unpack(rows)))
    end
    return {'REFUSED', now, version, fence, stage, state, holder, lease, subject, unpack(rows)}
  end
  -- What the override stepped over stays in the chain: the numbers and codes of all questions that were not met.
  local over = {}
  for i = 1, #rows, 4 do over[#over + 1] = rows[i] .. ' ' .. rows[i + 1] end
  note = note .. '\n' .. table.concat(over, '\n')
end
if mode == 'explain' then return {'OPEN', now, version, fence, stage, state, holder, lease, subject} end

local number, link = 0, '0000000000000000000000000000000000000000'
if stored[2] then number, link = cmsgpack.unpack(stored[2]) end
number = number + 1
version = version + 1
-- MessagePack again, but by struct: cmsgpack.pack makes one Lua string of every value and joins them, a fifth of the whole call.
-- 207 opens an integer of 8 bytes, 206 one of 4; 218 a string with a length of 2 bytes, 217 one of 1; 160 + n is a string of n < 32 bytes.
-- A number below 10^14 prints as it is.
local pass, name = kind == 'pass', number .. '-0'
local entry = packed('>c0c0BI8c0BI2c0c0BI2c0c0I8BI8BI8c0c0BI2c0c0c0c0c0BI2c0Bc0BI2c0',
  '\1\217\40', link, 207, number, pass and '\164pass' or '\168override', 218, #id, id, route, 218, #who, who,
  verified == '1' and '\1611\207' or '\1610\207', now, 207, version, 207, fence, '\217\40', DIGEST, 218, #subject, subject,
  evidence_head, evidence, approvals_head, approvals, 218, #request, request, 160 + #last, last, 218, #note, note)
-- The stream refuses a number that is not the next: then nothing was written yet.
call('XADD', audit, name, 'd', entry)
if request == '' then
  record = packed('>c0I8BI8BBc0c0I8BI8BI2c0Bc0BI4BI8c0',
    '\1\207', version, 207, fence, target, done and 4 or 0, sub(record, o1 + 1, o2), '\160\0\207', now, 207, created, 218, #authors, authors,
    160 + #name, name, 206, blockers, 207, attempts, sub(record, o4 + 1))
else
  -- The answer goes behind the three newest ones, and the oldest goes: P, the kind, now, version, fence, stage, number in the chain.
  record = packed('>c0I8BI8BBc0c0I8BI8BI2c0Bc0BI4BI8c0BI2c0c0I8BI8BI8BBI8',
    '\1\207', version, 207, fence, target, done and 4 or 0, sub(record, o1 + 1, o2), '\160\0\207', now, 207, created, 218, #authors, authors,
    160 + #name, name, 206, blockers, 207, attempts, sub(record, stretch(record, 2, o4) + 1),
    218, #request, request, pass and '\217\44\161P\164pass\207' or '\217\48\161P\168override\207', now, 207, version, 207, fence, target, 207, number)
end
call('HSET', items, key, record, 'chain', packed('>BI8c0c0', 207, number, '\217\40', redis.sha1hex(entry)))
-- A band is 2^45 wide; a score has up to 16 digits, which %d prints exactly and faster than the %.17g of redis.call.
call('ZADD', index, string.format('%d', (done and 252 or target * 4) * 35184372088832 + (255 - priority) * 137438953472 + sequence), id)
if done then
--- @include record
--- @include unblock
  unblock(items, index, KEYS[5], id)
end
return {'PASS', now, version, fence, target, number, kind}
