-- The conditions of one kind of request in an epoch: those that are kept, or these, with the time by this server's clock.
--
-- KEYS: conditions of the epoch: plan -> '<ms> <document>'
-- ARGV: plan, document, how many plans may have one
-- Answer: what is kept, or nil where there is no room
local kept = redis.call('HGET', KEYS[1], ARGV[1])
if not kept and redis.call('HLEN', KEYS[1]) < tonumber(ARGV[3]) then
  local time = redis.call('TIME')
  kept = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)) .. ' ' .. ARGV[2]
  redis.call('HSET', KEYS[1], ARGV[1], kept)
end
return kept
