-- A page of what is pending in a group: after a take-over (each counts as one more delivery), or when an answer was lost.
-- What was delivered twice already may be what kills its readers: it comes alone, so that the third delivery, should it
-- end like the others, blames no neighbour.
-- What was trimmed meanwhile comes without its record: the owner commits it as expired, unless it still has it.
--
-- KEYS: stream, lease
-- ARGV: group, consumer, token, number of this read, from (an id, exclusive: "(id"), count, max_bytes to read,
--       1 after a take-over
-- Answer: now in µs, where the next page begins ('' after the last), {id, record or '', deliveries} of each entry
local refused = stale(KEYS[2], ARGV[3]) or overtaken(KEYS[2], ARGV[4])
if refused then return refused end

local count, room = tonumber(ARGV[6]), tonumber(ARGV[7])
local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[5], '+', count, ARGV[2])
local entries, last = {}, nil
for _, entry in ipairs(pending) do
  local id, deliveries = entry[1], entry[4]
  local alone = ARGV[8] == '1' and deliveries >= 2
  if alone and last then break end
  local found = redis.call('XRANGE', KEYS[1], id, id)[1]
  if found and ARGV[8] == '1' then
    deliveries = deliveries + 1
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, id, 'RETRYCOUNT', deliveries, 'JUSTID')
  end
  local record = found and found[2][2] or ''
  entries[#entries + 1] = { id, record, deliveries }
  last = id
  room = room - #record
  if alone or room <= 0 then break end
end
-- Subtle: see acquire.lua.
redis.call('PERSIST', KEYS[2])
redis.call('HSET', KEYS[2], 'reads', ARGV[4])
local more = #entries < #pending or #pending == count
return { now_us(), more and last and '(' .. last or '', entries }
