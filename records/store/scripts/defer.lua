-- Entries that their owner has read and can't settle yet, by no fault of theirs: however often they change hands
-- meanwhile, no delivery counts against them. What was trimmed stays as it is: some servers would forget it.
--
-- KEYS: stream, lease
-- ARGV: group, consumer, token, lease_ms, how many wait in all, entries
local refused = stale(KEYS[2], ARGV[3])
if refused then return refused end

-- Subtle: see acquire.lua.
redis.call('PERSIST', KEYS[2])
for i = 6, #ARGV do
  if redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'RETRYCOUNT', 0, 'JUSTID')
  end
end
redis.call('HSET', KEYS[2], 'deferred', ARGV[5])
renew(KEYS[2], ARGV[4])
return 1
