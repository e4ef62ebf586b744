-- The fence before every read and commit of a group; put before the script's own text.
-- A token that passes renews the lease, by `renew`, after the script's first write.

local function stale(lease, token)
  local held = redis.call('HMGET', lease, 'token', 'joined')
  if not held[2] then return redis.error_reply('NOTJOINED no group at ' .. lease) end
  if held[1] ~= token then return redis.error_reply('STALETOKEN ' .. lease .. ' has another owner') end
end

-- Reads are numbered: one that a stalled server executes after a later one would make entries pending that nobody got.
local function overtaken(lease, read)
  if tonumber(redis.call('HGET', lease, 'reads') or 0) >= tonumber(read) then
    return redis.error_reply('STALETOKEN ' .. lease .. ' was read again since')
  end
end

local function renew(lease, lease_ms)
  redis.call('HSET', lease, 'until', string.format('%.0f', now_us() + tonumber(lease_ms) * 1000))
end
