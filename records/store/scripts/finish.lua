-- The results of a run were taken: they go, and its hosts are told for a while.
--
-- KEYS: state, results
-- ARGV: id of the run, ms until it expires, whose were taken ("2 3")
local state = KEYS[1]
if is_other(state, ARGV[1]) then return redis.error_reply(OTHER) end
redis.call('HSET', state, 'taken', ARGV[3])
redis.call('PEXPIRE', state, ARGV[2])
redis.call('UNLINK', KEYS[2])
return 1
