--- Frees what waited for an item that is now done: at most 64 children in one call. Needs record.lua.
--- Always: while children remain, deps holds the marker "\0blocker", which the next claim works off.
local UNBLOCK_MAX = 64

local function unblock(items, index, deps, blocker)
  local waiting = redis.call('ZRANGEBYLEX', deps, '[' .. blocker .. '\0', '(' .. blocker .. '\1', 'LIMIT', 0, UNBLOCK_MAX + 1)
  local settled = {}
  for i = 1, math.min(#waiting, UNBLOCK_MAX) do
    local id = string.sub(waiting[i], #blocker + 2)
    local r, newer = open(redis.call('HGET', items, 'r:' .. id), id)
    if r then
      r[BLOCKERS] = math.max(r[BLOCKERS] - 1, 0)
      r[VERSION] = r[VERSION] + 1
      if r[BLOCKERS] == 0 and r[STATE] == BLOCKED then
        r[STATE] = READY
        redis.call('ZADD', index, score(r[STAGE], READY, r[PRIORITY], r[SEQ]), id)
      end
      redis.call('HSET', items, 'r:' .. id, pack(r))
    end
    if r or newer[1] == 'NOT_FOUND' then
      settled[#settled + 1] = waiting[i]
    end
  end
  if #settled > 0 then
    redis.call('ZREM', deps, unpack(settled))
  end
  if #settled < #waiting then
    redis.call('ZADD', deps, 0, '\0' .. blocker)
  else
    redis.call('ZREM', deps, '\0' .. blocker)
  end
end
