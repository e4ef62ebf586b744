-- One host joins the run of this name. The name is free again when that run's results were taken, or when none of its
-- hosts is there any more: all have gone, or were silent for too long.
--
-- KEYS: state, results
-- ARGV: id of a new run, should it begin one; number of the host, of how many; what it says; ms until it expires; ms
--       until a silent host is lost
-- Answer: why it can't join ('' it has: 'joined', 'of', 'begun'), then as `told`
local state, number = KEYS[1], ARGV[2]

local function is_there(other)
  local beat = redis.call('HGET', state, 'beat:' .. other)
  return beat and redis.call('HEXISTS', state, 'gone:' .. other) == 0 and tonumber(beat) >= now_ms - tonumber(ARGV[6])
end

local function is_in_use()
  if redis.call('HEXISTS', state, 'id') == 0 or redis.call('HEXISTS', state, 'taken') == 1 then return false end
  for other = 1, tonumber(redis.call('HGET', state, 'of')) do
    if is_there(other) then return true end
  end
  return false
end

local function refusal()
  if redis.call('HGET', state, 'of') ~= ARGV[3] then return 'of' end
  if redis.call('HEXISTS', state, 'host:' .. number) == 1 then return 'joined' end
  return redis.call('HEXISTS', state, 'mark') == 1 and 'begun' or ''
end

if not is_in_use() then
  redis.call('DEL', state)
  redis.call('UNLINK', KEYS[2])
  redis.call('HSET', state, 'id', ARGV[1], 'of', ARGV[3])
end
local why = refusal()
if why == '' then
  redis.call('HSET', state, 'host:' .. number, ARGV[4])
  heard(state, number)
  redis.call('PEXPIRE', state, ARGV[5])
end
local answer = told(state)
table.insert(answer, 1, why)
return answer
