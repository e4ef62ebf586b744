-- A bounded stream, for the scripts that append to one or read one; put before their own text.
--
-- A record's id is <ms>-<seq>: ms by this server's clock, never backwards; seq the partition's dense sequence number.
-- So the id alone says how long a record waited and how many are missing before it.
-- head: seq and ms of the newest record, bytes of all. ledger: "<id> <bytes>" of each commit, oldest first.
-- Numbers are written with %.0f: Lua's own conversion turns 15 digits into 1e+15.

local function now_us()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function trim(stream, ledger, head, now_ms, max_bytes, max_age_ms)
  local bytes = tonumber(redis.call('HGET', head, 'bytes') or 0)
  local dropped
  local oldest = redis.call('LINDEX', ledger, 0)
  while oldest do
    local ms, seq, size = string.match(oldest, '^(%d+)%-(%d+) (%d+)$')
    if bytes <= max_bytes and tonumber(ms) >= now_ms - max_age_ms then break end
    redis.call('LPOP', ledger)
    bytes = bytes - tonumber(size)
    dropped = string.format('%s-%.0f', ms, tonumber(seq) + 1)
    oldest = redis.call('LINDEX', ledger, 0)
  end
  if dropped then
    redis.call('XTRIM', stream, 'MINID', dropped)
    redis.call('HSET', head, 'bytes', string.format('%.0f', bytes))
  end
  return bytes
end

-- Appends ARGV[first .. first + count - 1], then trims. Returns the newest id and the stream's bytes.
-- Subtle: XADD is the first write, so that a full server refuses before anything is applied.
local function append(stream, ledger, head, first, count, size, max_bytes, max_age_ms)
  local newest = redis.call('HMGET', head, 'seq', 'ms', 'bytes')
  local seq, bytes = tonumber(newest[1] or 0), tonumber(newest[3] or 0)
  local now_ms = math.floor(now_us() / 1000)
  local ms = math.max(now_ms, tonumber(newest[2] or 0))
  if count > 0 then
    for i = first, first + count - 1 do
      seq = seq + 1
      redis.call('XADD', stream, string.format('%.0f-%.0f', ms, seq), 'r', ARGV[i])
    end
    redis.call('RPUSH', ledger, string.format('%.0f-%.0f %.0f', ms, seq, size))
    redis.call('HSET', head, 'seq', string.format('%.0f', seq), 'ms', string.format('%.0f', ms),
      'bytes', string.format('%.0f', bytes + size))
  end
  bytes = trim(stream, ledger, head, now_ms, max_bytes, max_age_ms)
  return string.format('%.0f-%.0f', ms, seq), bytes
end
