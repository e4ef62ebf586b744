-- The number of a candidate's epoch: the fingerprint's own, or the next one.
--
-- KEYS: epochs of the candidate: 'of:<fingerprint>' -> number, 'about:<number>', 'count'
-- ARGV: fingerprint, about
local number = redis.call('HGET', KEYS[1], 'of:' .. ARGV[1])
if number then return tonumber(number) end
number = redis.call('HINCRBY', KEYS[1], 'count', 1)
redis.call('HSET', KEYS[1], 'of:' .. ARGV[1], number, 'about:' .. number, ARGV[2])
return number
