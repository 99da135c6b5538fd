--- A record by position (src/Referee/Records/WorkItemRecord.cs is the same layout), the index score, server time.
--- Always: position is meaning; a record of a newer format is refused and never written over.
local FORMAT = 1
local VERSION, FENCE, STAGE, STATE, PRIORITY, SEQ, POLICY, SUBJECT = 2, 3, 4, 5, 6, 7, 8, 9
local WORKED_AT, HOLDER, LEASE_UNTIL, ENTERED_AT, CREATED_AT, AUTHORS = 10, 11, 12, 13, 14, 15
local LAST_AUDIT, BLOCKERS, ATTEMPTS, REPLIES, WIDTH = 16, 17, 18, 19, 26
local READY, CLAIMED, BLOCKED, PARKED, DONE = 0, 1, 2, 3, 4
local AUTHORS_MAX = 128

local function score(stage, state, priority, seq)
  local band = state == DONE and 252 or stage * 4 + state
  return band * 35184372088832 + (255 - priority) * 137438953472 + seq
end

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

--- Returns the record as a table, or nil and the refusal.
local function open(raw, id)
  if not raw then
    return nil, { 'NOT_FOUND', 'item', 'an item of this project', id }
  end
  local r = { cmsgpack.unpack(raw) }
  if r[1] > FORMAT then
    return nil, { 'FORMAT_NEWER', 'item', 'format ' .. FORMAT, 'format ' .. r[1] }
  end
  return r
end

local function pack(r)
  return cmsgpack.pack(unpack(r, 1, WIDTH))
end

--- The reply to a request that this record answered before, or nil.
local function remembered(r, request)
  if request ~= '' then
    for i = REPLIES, WIDTH - 1, 2 do
      if r[i] == request then
        return cmsgpack.unpack(r[i + 1])
      end
    end
  end
end

local function remember(r, request, reply)
  if request ~= '' then
    for i = REPLIES, WIDTH - 2 do
      r[i] = r[i + 2]
    end
    r[WIDTH - 1], r[WIDTH] = request, cmsgpack.pack(reply)
  end
end

--- Adds a principal to those who worked on the item; false when there is no room for another.
local function add_author(r, principal)
  local authors = r[AUTHORS]
  if not string.find(authors, '\n' .. principal .. '\n', 1, true) then
    local _, marks = string.gsub(authors, '\n', '\n')
    if marks > AUTHORS_MAX then
      return false
    end
    r[AUTHORS] = (authors == '' and '\n' or authors) .. principal .. '\n'
  end
  return true
end

--- Nil when this principal holds the claim of this number, else the refusal. The lease may have run out: only a new claim ends an old one.
local function not_held(r, principal, fence)
  if fence ~= r[FENCE] then
    return { 'STALE_FENCE', 'fence', 'claim no. ' .. r[FENCE], 'claim no. ' .. fence }
  end
  if r[HOLDER] == '' then
    return { 'NOT_CLAIMED', 'holder', principal, 'nobody' }
  end
  if r[HOLDER] ~= principal then
    return { 'NOT_HOLDER', 'holder', r[HOLDER], principal }
  end
end
