-- Keeps pairs in a sample: of each epoch those whose hashes are smallest, as many as there is room for. Repeating it
-- changes nothing.
--
-- An epoch's bound is the smallest hash of it that was ever dropped for want of room; from there on nothing is taken. So
-- what is below the bound is complete, and no small record takes the place of a large one before it. Room is made in the
-- epoch that has most: one that begins gets its share of the bytes, one that is over leaves with its age.
--
-- KEYS: members ("<epoch>:<hash>:<exchange>", all with score 0, so by name), records of each, ms of each, head
--       ("bytes:<epoch>", "bound:<epoch>")
-- ARGV: max_bytes, max_age_ms, bytes a member costs besides its record, how many of those too old to drop at once,
--       number of pairs; epoch, hash (16 digits), exchange, entry and record of each
-- Answer: epoch and bound ('' where there is none), of each pair's epoch
local max_bytes, max_age_ms, beside, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local sizes, bounds, total = {}, {}, 0
local head = redis.call('HGETALL', KEYS[4])
for i = 1, #head, 2 do
  local name, epoch = string.match(head[i], '^(%a+):(%d+)$')
  if name == 'bytes' then
    sizes[epoch] = tonumber(head[i + 1])
    total = total + sizes[epoch]
  else
    bounds[epoch] = head[i + 1]
  end
end

local function grow(epoch, size)
  sizes[epoch] = (sizes[epoch] or 0) + size
  total = total + size
  redis.call('HSET', KEYS[4], 'bytes:' .. epoch, string.format('%.0f', sizes[epoch]))
end

local function drop(member)
  local size = redis.call('HSTRLEN', KEYS[2], member) + beside
  redis.call('ZREM', KEYS[1], member)
  redis.call('HDEL', KEYS[2], member)
  redis.call('ZREM', KEYS[3], member)
  grow(string.match(member, '^%d+'), 0 - size)
end

local function largest()
  local most
  for epoch, size in pairs(sizes) do
    if not most or size > sizes[most] or (size == sizes[most] and tonumber(epoch) < tonumber(most)) then most = epoch end
  end
  return most
end

local oldest = string.format('(%.0f', now_ms - max_age_ms)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', oldest, 'LIMIT', 0, ARGV[4])) do
  drop(member)
end

local asked, answer = {}, {}
for at = 6, 5 + 5 * count, 5 do
  local epoch, hash, entry, record = ARGV[at], ARGV[at + 1], ARGV[at + 3], ARGV[at + 4]
  local member = epoch .. ':' .. hash .. ':' .. ARGV[at + 2]
  local fits = not bounds[epoch] or tonumber(hash) < tonumber(bounds[epoch])
  if fits and redis.call('ZADD', KEYS[1], 0, member) == 1 then
    redis.call('HSET', KEYS[2], member, entry .. ' ' .. record)
    redis.call('ZADD', KEYS[3], string.match(entry, '^%d+'), member)
    grow(epoch, #entry + 1 + #record + beside)
  end
  asked[epoch] = true
end

while total > max_bytes do
  local epoch = largest()
  local last = redis.call('ZREVRANGEBYLEX', KEYS[1], '(' .. epoch .. ';', '[' .. epoch .. ':', 'LIMIT', 0, 1)[1]
  if last then
    bounds[epoch] = string.match(last, '^%d+:(%d+):')
    redis.call('HSET', KEYS[4], 'bound:' .. epoch, bounds[epoch])
    drop(last)
  else
    grow(epoch, 0 - sizes[epoch])
  end
end

for epoch, size in pairs(sizes) do
  if size <= 0 then redis.call('HDEL', KEYS[4], 'bytes:' .. epoch) end
end
for i = 1, 4 do
  redis.call('PEXPIREAT', KEYS[i], string.format('%.0f', now_ms + max_age_ms))
end
for epoch in pairs(asked) do
  answer[#answer + 1] = epoch
  answer[#answer + 1] = bounds[epoch] or ''
end
return answer
