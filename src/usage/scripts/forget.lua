-- Forgets entries of `tombstones` or `tags` that can no longer matter: deletions so old that no event from before them
-- will come any more, and tags as old that no manifest has.
--
-- KEYS  as in project.lua
-- ARGV  1 before: older entries are forgotten (epoch µs); 2 'tags' or 'tombstones'; then fields of that table
-- Reply how many were forgotten

openProject(1)
local before, isTags = tonumber(ARGV[1]), ARGV[2] == 'tags'
local entries = isTags and TAGS or TOMBSTONES
local forgotten = 0

local function isOnManifest(field, record)
  local m = readManifest(string.sub(record, 9))
  local image = m.images[unpackBytes('>I4', field)]
  return image and image.tags[string.sub(field, 5)]
end

for i = 3, #ARGV do
  local field = ARGV[i]
  local record = entries:get(field)
  if record then
    local at = unpackBytes('>I7', record)
    if at < before and not (isTags and isOnManifest(field, record)) then
      entries:remove(field)
      forgotten = forgotten + 1
    end
  end
end
entries:saveState()
return tostring(forgotten)
