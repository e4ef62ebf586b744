-- A candidate's groups in one partition, on exchanges and on pairs. Repeating it changes nothing.
--
-- It counts from its first id: `joined` keeps the sums as they were there. What writers held at that moment will be
-- recorded or shed after it, so it counts for the candidate; so does what was recorded since the id it starts from.
--
-- KEYS: exchanges, head, sums, mirror lease, compare lease, counts, joined, left, pairs
-- ARGV: group, where to start: 'now', 'beginning' or ms
-- Answer: 1 joined, 0 had joined before
local lease = redis.call('HMGET', KEYS[4], 'joined', 'removed')
if lease[1] and not lease[2] then return 0 end

local newest = redis.call('HMGET', KEYS[2], 'seq', 'ms')
local seq, ms = tonumber(newest[1] or 0), newest[2] or '0'
local start, before = string.format('%s-%.0f', ms, seq), seq
if ARGV[2] ~= 'now' then
  local from = ARGV[2] == 'beginning' and '-' or ARGV[2]
  local first = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 1)[1]
  if first then
    local first_ms, first_seq = string.match(first[1], '^(%d+)%-(%d+)$')
    before = tonumber(first_seq) - 1
    start = string.format('%s-%.0f', first_ms, before)
  end
end

-- A group without a lease is what an eviction, or a hand, left of a candidate: XGROUP CREATE would refuse for ever.
redis.pcall('XGROUP', 'DESTROY', KEYS[1], ARGV[1])
redis.pcall('XGROUP', 'DESTROY', KEYS[9], ARGV[1])
redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], start, 'MKSTREAM')
redis.call('XGROUP', 'CREATE', KEYS[9], ARGV[1], '0', 'MKSTREAM')
redis.call('DEL', KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8])
-- From the very first record on, everything that was ever counted here is the candidate's.
local sums = redis.call('HGETALL', KEYS[3])
if #sums > 0 and (before > 0 or ARGV[2] == 'now') then
  redis.call('HSET', KEYS[7], unpack(sums))
  local recorded = string.format('%.0f', before - seq)
  local held = redis.call('HGET', KEYS[3], 'held') or '0'
  redis.call('HINCRBY', KEYS[7], 'recorded', recorded)
  redis.call('HINCRBY', KEYS[7], 'requests', recorded)
  redis.call('HINCRBY', KEYS[7], 'requests', string.format('%.0f', 0 - tonumber(held)))
  redis.call('HSET', KEYS[7], 'held', 0)
end
local position = string.format('%.0f', before)
redis.call('HSET', KEYS[4], 'joined', position, 'delivered', position)
redis.call('HSET', KEYS[5], 'joined', 0, 'delivered', 0)
return 1
