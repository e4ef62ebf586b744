-- Books, in the route's first partition, what a closed writer had counted and not committed; once.
--
-- KEYS: sums, writer
-- ARGV: exchanges lost with it, then name and amount of each counter
-- Answer: exchanges lost, as booked the first time
local settled = redis.call('HGET', KEYS[2], 'settled')
if settled then return tonumber(settled) end
for i = 2, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('HSET', KEYS[2], 'settled', ARGV[1])
return tonumber(ARGV[1])
