-- Removes a candidate from one partition: what waits is booked as removed; pairs, samples and groups go, counts and
-- summaries stay. Its leases stay as a sign that it was removed, and refuse every token.
--
-- KEYS: exchanges, head, sums, mirror lease, compare lease, counts, left, pairs, pairs' ledger, pairs' head,
--       and all keys of its samples
-- ARGV: group
-- Answer: exchanges that waited
local lease = redis.call('HMGET', KEYS[4], 'joined', 'settled', 'removed')
if not lease[1] or lease[3] then return 0 end
local seq = tonumber(redis.call('HGET', KEYS[2], 'seq') or 0)
local pairs_ = tonumber(redis.call('HGET', KEYS[10], 'seq') or 0)
local waiting = seq - tonumber(lease[1]) - tonumber(lease[2] or 0)
local uncompared = pairs_ - tonumber(redis.call('HGET', KEYS[5], 'settled') or 0)

redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1])
redis.call('UNLINK', unpack(KEYS, 8))
redis.call('HINCRBY', KEYS[6], 'skipped.removed', string.format('%.0f', waiting))
redis.call('HINCRBY', KEYS[6], 'incomparable.removed', string.format('%.0f', uncompared))
for _, key in ipairs({ KEYS[4], KEYS[5] }) do
  redis.call('HDEL', key, 'owner')
  redis.call('HSET', key, 'removed', 1, 'token', '')
end

local sums = redis.call('HGETALL', KEYS[3])
if #sums > 0 then
  redis.call('HSET', KEYS[7], unpack(sums))
  local held = redis.call('HGET', KEYS[3], 'held') or '0'
  redis.call('HINCRBY', KEYS[7], 'requests', string.format('%.0f', 0 - tonumber(held)))
end
redis.call('HSET', KEYS[7], 'held', 0)
return waiting
