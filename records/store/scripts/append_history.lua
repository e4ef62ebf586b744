-- Appends to a route's history, if nobody else did since.
--
-- KEYS: history
-- ARGV: its last link as it was read ('' where there was none), the new link
-- Answer: 1, or 0
if (redis.call('LINDEX', KEYS[1], -1) or '') ~= ARGV[1] then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
return 1
