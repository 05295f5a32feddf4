-- Writes entries of a month, each unless there is one that is as new: a sample that comes late, or twice, changes nothing.
--
-- KEYS  1 the month of a registry: a hash, path of the project ('' for the registry as a whole) -> entry (src/report/entry.ts)
-- ARGV  1 when the month is forgotten (epoch s); then a path and an entry for each project
-- Reply how many were written

-- The last hour of an entry, and how many samples it has. The last hour counts first.
local function ageOf(entry)
  local hour, samples = string.match(entry, '^(%d+) (%d+) ')
  return tonumber(hour), tonumber(samples)
end

local written = 0
for i = 2, #ARGV, 2 do
  local path, entry = ARGV[i], ARGV[i + 1]
  local kept = redis.call('HGET', KEYS[1], path)
  local hour, samples = ageOf(entry)
  local keptHour, keptSamples
  if kept then keptHour, keptSamples = ageOf(kept) end
  if not kept or keptHour < hour or keptHour == hour and keptSamples < samples then
    redis.call('HSET', KEYS[1], path, entry)
    written = written + 1
  end
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
return tostring(written)
