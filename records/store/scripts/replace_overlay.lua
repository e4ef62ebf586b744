-- Replaces the overlay if nobody else did since.
--
-- KEYS: overlay
-- ARGV: revision expected, document
-- Answer: the new revision, or 0
local revision = tonumber(redis.call('HGET', KEYS[1], 'revision') or 0)
if revision ~= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'revision', revision + 1, 'document', ARGV[2])
return revision + 1
