-- A run of a load test on several hosts, as they see it: what its other scripts build on.
--
-- State, a hash: `id` of the run that has the name, `of` how many hosts, `host:N` what host N said when it joined,
-- `beat:N` when it was last heard (ms), and what was said once: `mark`, `ready:N`, `halt`, `gone:N`, `handed:N`, `taken`.
local time = redis.call('TIME')
local now_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function heard(state, number)
  redis.call('HSET', state, 'beat:' .. number, string.format('%.0f', now_ms))
end

local function told(state)
  return {time[1], time[2], redis.call('HGETALL', state)}
end

local function is_other(state, id)
  return redis.call('HGET', state, 'id') ~= id
end

local OTHER = 'STALETOKEN this run is over, or its name is another one\'s'
