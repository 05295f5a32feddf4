-- How many jobs of a queue are not done, and about how much memory they and their logs take: of each state's jobs some,
-- evenly spread, are measured.
--
-- KEYS  1 wait  2 paused  3 active (lists)  4 delayed  5 failed (sorted sets)  6 inbox: each two
--       of its elements count as a job
-- ARGV  1 what the key of a job begins with, before its id  2 jobs measured in each state
-- Reply jobs, bytes

local call, MEASURED = redis.call, tonumber(ARGV[2])
local jobs, bytes = call('LLEN', KEYS[6]) / 2, call('MEMORY', 'USAGE', KEYS[6]) or 0
for i = 1, 5 do
  local key = KEYS[i]
  local isList = i <= 3
  local count = call(isList and 'LLEN' or 'ZCARD', key)
  local measured, sum = math.min(count, MEASURED), 0
  for n = 1, measured do
    local at = math.floor((n - 1) * count / measured)
    local id = isList and call('LINDEX', key, at) or call('ZRANGE', key, at, at)[1]
    local job = ARGV[1] .. id
    sum = sum + (call('MEMORY', 'USAGE', job) or 0) + (call('MEMORY', 'USAGE', job .. ':logs') or 0)
  end
  jobs = jobs + count
  if measured > 0 then bytes = bytes + sum / measured * count end
end
return { string.format('%.0f', jobs), string.format('%.0f', bytes) }
