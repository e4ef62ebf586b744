-- Takes a group's lease, or renews it. Tokens come from the clock, so that they grow beyond an expired lease, a removed
-- group and a store that came back empty: a token is never given twice.
--
-- KEYS: lease
-- ARGV: owner, token held (0: none), lease_ms
-- Answer: the token, or 0 where another owner has it or the candidate was removed
local lease = redis.call('HMGET', KEYS[1], 'owner', 'token', 'until', 'joined', 'removed')
if not lease[4] then return redis.error_reply('NOTJOINED no group at ' .. KEYS[1]) end
if lease[5] then return 0 end

-- Subtle: a full server refuses HSET as a script's first write, but not after one that frees memory, as PERSIST may.
redis.call('PERSIST', KEYS[1])
local now, token = now_us(), tonumber(lease[2] or 0)
if lease[1] == ARGV[1] and token == tonumber(ARGV[2]) and token > 0 then
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + tonumber(ARGV[3]) * 1000))
  return token
end
if lease[1] and lease[1] ~= ARGV[1] and tonumber(lease[3]) > now then return 0 end
token = math.max(token + 1, now)
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'token', string.format('%.0f', token), 'reads', 0, 'deferred', 0,
  'until', string.format('%.0f', now + tonumber(ARGV[3]) * 1000))
return token
