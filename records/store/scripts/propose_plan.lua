-- One plan of a kind of request: the proposal, where nobody has stored another one than its proposer knew.
--
-- KEYS: plans
-- ARGV: key, what its proposer knew ('' nothing), proposal, how many there may be
-- Answer: what is stored; or the proposal, where there is no room
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if (stored or '') ~= ARGV[2] then return stored or ARGV[3] end
if stored or redis.call('HLEN', KEYS[1]) < tonumber(ARGV[4]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return ARGV[3]
