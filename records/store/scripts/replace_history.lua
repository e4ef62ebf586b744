-- Puts other links in place of a route's history, if nobody else changed it since.
--
-- KEYS: history
-- ARGV: its last link as it was read ('' where there was none), how many there were, the links from now on
-- Answer: 1, or 0
if (redis.call('LINDEX', KEYS[1], -1) or '') ~= ARGV[1] then return 0 end
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
for i = 3, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[i]) end
return 1
