-- Writes entries of a month, each unless there is one that is as new: a sample that comes late, or twice, changes nothing.
--
-- KEYS  1 the month of a registry: a hash, path of the project ('' for the registry as a whole) -> entry (src/report/entry.ts)
-- ARGV  1 when the month is forgotten (epoch s); then for each project a path, an entry, and the last hour of the entry that it
--       was made from, '' if there was none: if that is still kept, it is replaced
-- Reply how many were written

-- The last hour of an entry, and how many samples it has. The last hour counts first.
local function ageOf(entry)
  local hour, samples = string.match(entry, '^(%d+) (%d+) ')
  return tonumber(hour), tonumber(samples)
end

local written = 0
for i = 2, #ARGV, 3 do
  local path, entry, madeFrom = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local kept = redis.call('HGET', KEYS[1], path)
  local hour, samples = ageOf(entry)
  local keptHour, keptSamples
  if kept then keptHour, keptSamples = ageOf(kept) end
  local isNewer = not kept or keptHour < hour or keptHour == hour and keptSamples < samples
  if isNewer or keptHour > hour and keptHour == madeFrom then
    redis.call('HSET', KEYS[1], path, entry)
    written = written + 1
  end
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
return tostring(written)
