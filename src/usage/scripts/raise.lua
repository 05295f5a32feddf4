-- Makes counters and times of a project at least what is given.
--
-- KEYS  1 meta
-- ARGV  1 now (epoch µs), then field and value of each

local call, META = redis.call, KEYS[1]
if call('HSETNX', META, 'createdAt', ARGV[1]) == 1 then call('HSET', META, 'seenSince', ARGV[1]) end
for i = 2, #ARGV, 2 do
  if tonumber(ARGV[i + 1]) > tonumber(call('HGET', META, ARGV[i]) or 0) then call('HSET', META, ARGV[i], ARGV[i + 1]) end
end
return 'OK'
