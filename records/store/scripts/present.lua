-- Who does the same work just now, by this server's clock: announces one, and forgets those that were silent too long.
--
-- KEYS: members by the time of their last word
-- ARGV: member, ms until a silent one is forgotten
-- Answer: the members
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now_ms), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now_ms - tonumber(ARGV[2])))
return redis.call('ZRANGE', KEYS[1], 0, -1)
