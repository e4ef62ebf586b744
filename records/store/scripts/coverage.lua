-- All counters of one partition, for a candidate.
--
-- KEYS and answer: those of counted.lua
return counted()
