-- One piece of what a host's share of a run came to, as long as that is waited for.
--
-- KEYS: state, results
-- ARGV: id of the run, number of the host, ms until it expires, "<host>:<number of the piece>", piece
local state = KEYS[1]
if is_other(state, ARGV[1]) or redis.call('HEXISTS', state, 'taken') == 1 then return redis.error_reply(OTHER) end
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
heard(state, ARGV[2])
redis.call('PEXPIRE', state, ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
