-- Fences a writer in this partition and answers what the partition has of it. Repeating it answers the same.
--
-- KEYS: writer, writers
-- ARGV: writer, how long the fence stands (ms)
-- Answer: the writer's fields, flat
redis.call('HSET', KEYS[1], 'closed', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('HGETALL', KEYS[1])
