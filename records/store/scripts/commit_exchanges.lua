-- A writer's group: its exchanges are appended and its counters added, once, however often the group is sent.
--
-- Counters come as the writer's running totals in this partition; what is added is the difference to what is stored of
-- it. So a store that came back empty or older gets its sums back with the next commit, and the records it should have
-- and has not are booked as store_lost.
--
-- KEYS: exchanges, ledger, head, sums, writer, writers
-- ARGV: group, writer, recorded before, bytes, max_bytes, max_age_ms, writers kept, counters (n), records (n),
--       names, totals, records
-- Answer: newest id, the stream's bytes, records that the store had lost
local group, writer, recorded = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local counters, records = tonumber(ARGV[8]), tonumber(ARGV[9])

local state = redis.call('HMGET', KEYS[5], 'group', 'answer', 'recorded', 'closed')
if state[4] then return redis.error_reply('WRITERCLOSED ' .. writer .. ' was settled') end
if state[1] and tonumber(state[1]) == group then return cjson.decode(state[2]) end
if state[1] and tonumber(state[1]) > group then
  return redis.error_reply('OLDGROUP ' .. writer .. ' already committed group ' .. state[1])
end

local last, bytes = append(KEYS[1], KEYS[2], KEYS[3], 10 + 2 * counters, records, tonumber(ARGV[4]),
  tonumber(ARGV[5]), tonumber(ARGV[6]))

local lost = recorded - tonumber(state[3] or 0)
local answer = { last, bytes, lost }
local update = { 'group', group, 'answer', cjson.encode(answer), 'recorded', recorded + records }
if counters > 0 then
  local known = redis.call('HMGET', KEYS[5], unpack(ARGV, 10, 9 + counters))
  for i = 1, counters do
    local name, total = ARGV[9 + i], ARGV[9 + counters + i]
    local more = tonumber(total) - tonumber(known[i] or 0)
    if more ~= 0 then
      redis.call('HINCRBY', KEYS[4], name, string.format('%.0f', more))
      update[#update + 1] = name
      update[#update + 1] = total
    end
  end
end
redis.call('HINCRBY', KEYS[4], 'recorded', records + lost)
if lost > 0 then redis.call('HINCRBY', KEYS[4], 'store_lost', lost) end
redis.call('HSET', KEYS[5], unpack(update))

redis.call('ZADD', KEYS[6], string.sub(last, 1, string.find(last, '-', 1, true) - 1), writer)
if not state[1] and redis.call('ZCARD', KEYS[6]) > tonumber(ARGV[7]) then
  -- The longest silent one. Its sums stay; only its right to repeat a group ends.
  local oldest = redis.call('ZPOPMIN', KEYS[6])[1]
  redis.call('DEL', string.sub(KEYS[5], 1, #KEYS[5] - #writer) .. oldest)
end
return answer
