--- Adds a principal under a name that nobody has.
--- keys    principals
--- args    name, JSON with kind, roles and the token's digest, most principals
--- returns OK     refuses DUPLICATE | LIMIT, principals there are
--- Always: a name is given once, and the count and the name are looked at in the same call as the write.
local principals = KEYS[1]
local name, json, most = ARGV[1], ARGV[2], tonumber(ARGV[3])

if redis.call('HEXISTS', principals, name) == 1 then
  return { 'DUPLICATE' }
end
local count = redis.call('HLEN', principals)
if count >= most then
  return { 'LIMIT', count }
end
redis.call('HSET', principals, name, json)
return { 'OK' }
