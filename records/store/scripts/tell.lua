-- One worker's word of a candidate, beside those of others; who has been silent for too long is forgotten.
--
-- KEYS: words by worker, each "<ms by this server's clock> <word>"
-- ARGV: worker, word ('': it has none), ms until a silent one is forgotten, ms until all of them are
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if ARGV[2] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %s', now_ms, ARGV[2]))
end
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  if tonumber(string.match(flat[i + 1], '^%d+')) < now_ms - tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], flat[i]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
