-- One host of a run is there, and has something to say: each word once, the first one stands. Of a run whose results
-- were taken nothing is kept for longer.
--
-- KEYS: state, results
-- ARGV: id of the run, number of the host, ms until it expires; word, value of each that it says
-- Answer: as `told`
local state = KEYS[1]
if is_other(state, ARGV[1]) then return redis.error_reply(OTHER) end
if redis.call('HEXISTS', state, 'taken') == 1 then return told(state) end
for at = 4, #ARGV, 2 do
  redis.call('HSETNX', state, ARGV[at], ARGV[at + 1])
end
heard(state, ARGV[2])
redis.call('PEXPIRE', state, ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return told(state)
