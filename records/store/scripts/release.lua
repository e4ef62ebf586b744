-- Gives a lease up, if it is still the caller's.
--
-- KEYS: lease
-- ARGV: token
if redis.call('HGET', KEYS[1], 'token') == ARGV[1] then redis.call('HDEL', KEYS[1], 'owner') end
return 1
