-- How many partitions a route has: as many as it ever had, since records wait in each.
--
-- KEYS: partitions (of one route)
-- ARGV: partitions in the settings
local known = tonumber(redis.call('GET', KEYS[1]) or 0)
if known >= tonumber(ARGV[1]) then return known end
redis.call('SET', KEYS[1], ARGV[1])
return tonumber(ARGV[1])
