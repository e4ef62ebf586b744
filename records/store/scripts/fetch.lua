-- New entries for a group's owner. Numbers missing before, between or after them were trimmed unread: they are booked.
--
-- KEYS: stream, ledger, head, lease, counts
-- ARGV: group, consumer, token, lease_ms, number of this read, count, max_bytes to read, max_age_ms of the stream,
--       counter of what expired
-- Answer: now in µs, the newest id if all was read (else ''), {id, record} of each entry
local refused = stale(KEYS[4], ARGV[3]) or overtaken(KEYS[4], ARGV[5])
if refused then return refused end

local now = now_us()
trim(KEYS[1], KEYS[2], KEYS[3], math.floor(now / 1000), math.huge, tonumber(ARGV[8]))

local delivered = tonumber(redis.call('HGET', KEYS[4], 'delivered'))
local wanted, room = tonumber(ARGV[6]), tonumber(ARGV[7])
local entries, expired, all = {}, 0, false
while wanted > 0 and room > 0 and not all do
  -- Few at a time: COUNT is the only bound that Redis knows, and one record may have megabytes.
  local batch = math.min(wanted, 8)
  local reply = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', batch, 'STREAMS', KEYS[1], '>')
  local found = reply and reply[1][2] or {}
  for _, entry in ipairs(found) do
    local seq = tonumber(string.match(entry[1], '%-(%d+)$'))
    expired = expired + seq - delivered - 1
    delivered = seq
    room = room - #entry[2][2]
    entries[#entries + 1] = { entry[1], entry[2][2] }
  end
  wanted = wanted - #found
  all = #found < batch
end

local newest = redis.call('HMGET', KEYS[3], 'ms', 'seq')
if all then
  expired = expired + tonumber(newest[2] or 0) - delivered
  delivered = tonumber(newest[2] or 0)
end
if expired > 0 then
  redis.call('HINCRBY', KEYS[5], ARGV[9], string.format('%.0f', expired))
  redis.call('HINCRBY', KEYS[4], 'settled', string.format('%.0f', expired))
end
redis.call('HSET', KEYS[4], 'delivered', string.format('%.0f', delivered), 'reads', ARGV[5])
renew(KEYS[4], ARGV[4])
return { now, all and (newest[1] or '0') .. '-' .. (newest[2] or '0') or '', entries }
