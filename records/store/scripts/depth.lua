-- How full one partition's recording is.
--
-- KEYS: head, ledger
-- Answer: ms of the newest record, bytes, and the ledger's oldest line; false where there is none
local newest = redis.call('HMGET', KEYS[1], 'ms', 'bytes')
return {newest[1], newest[2], redis.call('LINDEX', KEYS[2], 0)}
