-- Raises a project's counters and times to the given values. A field that is higher already stays.
--
-- Included after write-changes.lua.
-- KEYS  1 the project's base, 2 its meta
-- ARGV  a field name and its value, for each field
-- Reply 'OK'

beginChanges(KEYS[1])
for i = 1, #ARGV, 2 do
  local field, value = ARGV[i], ARGV[i + 1]
  if tonumber(value) > tonumber(call('HGET', META, field) or 0) then call('HSET', META, field, value) end
end
return 'OK'
