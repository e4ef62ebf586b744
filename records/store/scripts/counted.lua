-- All counters of one partition in one moment, for a candidate; they balance, whatever is being written meanwhile.
--
-- KEYS, the first eight: head, sums, mirror lease, compare lease, counts, joined, left, pairs' head
-- Answer: newest seq, newest pair's seq, then each hash, flat: sums, mirror lease, compare lease, counts, joined, left
local function counted()
  return {
    redis.call('HGET', KEYS[1], 'seq') or '0', redis.call('HGET', KEYS[8], 'seq') or '0',
    redis.call('HGETALL', KEYS[2]), redis.call('HGETALL', KEYS[3]), redis.call('HGETALL', KEYS[4]),
    redis.call('HGETALL', KEYS[5]), redis.call('HGETALL', KEYS[6]), redis.call('HGETALL', KEYS[7]),
  }
end
