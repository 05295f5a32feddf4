-- Raises a project's counters and times to the given values. A field that is higher already stays.
--
-- KEYS  1 meta
-- ARGV  1 now (epoch µs), then a field name and its value, for each field
-- Reply 'OK'

local call, META = redis.call, KEYS[1]
if call('HSETNX', META, 'createdAt', ARGV[1]) == 1 then call('HSET', META, 'seenSince', ARGV[1]) end
for i = 2, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  if tonumber(value) > tonumber(call('HGET', META, field) or 0) then call('HSET', META, field, value) end
end
return 'OK'
