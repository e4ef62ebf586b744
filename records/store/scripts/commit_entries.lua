-- What an owner did with entries that it read: acknowledged first, and only if all of them were still pending the pairs,
-- states and counts follow. XACK is group-wide: without the fence a worker that stalled and woke would count twice.
-- Acknowledging first also lets a full server take the rest.
--
-- KEYS: stream, lease, counts, pairs, pairs' ledger, pairs' head, summary names and stamps, then a key for each
--       state
-- ARGV: group, token, lease_ms, counter of what is set aside, bytes, max_bytes and max_age_ms of the pairs,
--       number of entries, pairs, states, counts; what the next owner is to know of where this one stands ('' leaves what
--       was said before); how many entries wait beside these; entries; pairs; name and state of each ('' removes it);
--       name and amount of each
local refused = stale(KEYS[2], ARGV[2])
if refused then return refused end

local entries, pairs_, states, counts = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local at = 14
local acknowledged = redis.call('XACK', KEYS[1], ARGV[1], unpack(ARGV, at, at + entries - 1))
if acknowledged == 0 then return redis.error_reply('NOTPENDING none of the entries at ' .. KEYS[2]) end
if acknowledged < entries then
  -- The store went back in time under this owner. What it did have pending is settled here: nothing brings it again.
  redis.call('HINCRBY', KEYS[3], ARGV[4], acknowledged)
  redis.call('HINCRBY', KEYS[2], 'settled', acknowledged)
  return redis.error_reply('STALETOKEN ' .. KEYS[2] .. ' has forgotten entries: ' .. acknowledged .. ' of ' .. entries
    .. ' were pending')
end
redis.call('HINCRBY', KEYS[2], 'settled', entries)
redis.call('HSET', KEYS[2], 'deferred', ARGV[13])
if ARGV[12] ~= '' then redis.call('HSET', KEYS[2], 'standing', ARGV[12]) end
at = at + entries

if pairs_ > 0 then
  append(KEYS[4], KEYS[5], KEYS[6], at, pairs_, tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]))
end
at = at + pairs_

-- A stamp is never given twice, in whatever past the store may wake up: by it readers know a state that they have read.
local stamp = string.format('%.0f', now_us()) .. ':' .. ARGV[2]
for i = 1, states do
  if ARGV[at + 1] == '' then
    redis.call('DEL', KEYS[8 + i])
    redis.call('HDEL', KEYS[8], ARGV[at])
    redis.call('SREM', KEYS[7], ARGV[at])
  else
    redis.call('SET', KEYS[8 + i], ARGV[at + 1])
    redis.call('HSET', KEYS[8], ARGV[at], stamp)
    redis.call('SADD', KEYS[7], ARGV[at])
  end
  at = at + 2
end
for _ = 1, counts do
  redis.call('HINCRBY', KEYS[3], ARGV[at], ARGV[at + 1])
  at = at + 2
end
renew(KEYS[2], ARGV[3])
return entries
