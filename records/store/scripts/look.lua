-- What a look at a candidate asks of one partition: its counters, and which summaries there are, in one moment.
--
-- KEYS: those of counted.lua, then the summaries' names and their stamps
-- Answer: counted.lua's, the names, the stamps by name, flat
return {counted(), redis.call('SMEMBERS', KEYS[9]), redis.call('HGETALL', KEYS[10])}
