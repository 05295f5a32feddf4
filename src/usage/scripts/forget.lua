-- Forgets what can no longer matter: deletions of digests, and tags that name nothing, so old that no event
-- from before them is still to come.
--
-- KEYS  as in project.lua
-- ARGV  1 before: epoch µs; 2 'tags' or 'tombstones'; then fields of that table
-- Reply how many were forgotten

openProject(1)
local before, isTags = tonumber(ARGV[1]), ARGV[2] == 'tags'
local entries = isTags and TAGS or TOMBS
local forgotten = 0

local function isLive(field, record) -- a tag that its manifest has
  local m = manifest(string.sub(record, 9))
  local place = m.places[unpackBytes('>I4', field)]
  return place and place.tags[string.sub(field, 5)]
end

for i = 3, #ARGV do
  local record = entries:get(ARGV[i])
  if record then
    local at = unpackBytes('>I7', record)
    if at < before and not (isTags and isLive(ARGV[i], record)) then
      entries:remove(ARGV[i])
      forgotten = forgotten + 1
    end
  end
end
entries:close()
return tostring(forgotten)
