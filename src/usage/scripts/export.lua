-- Reads one page of a project's index, atomically.
--
-- KEYS  as in project.lua
-- ARGV  1 part: 'manifests', 'blobs', 'tags' or 'tombstones'
--       2 position: for manifests the cursor of HSCAN, from 0; else the number of a bucket, from -1 (the table's long entries)
-- Reply 1 the next position, '' at the end; then each entry's field and value, and for manifests a third item: the
--       sizes of the blobs that it references, I6 each

openProject(1)
local part, position = ARGV[1], ARGV[2]
if part == 'manifests' then
  local page = call('HSCAN', MANIFESTS, position, 'COUNT', 100)
  local reply = { page[1] == '0' and '' or page[1] }
  for i = 1, #page[2], 2 do
    local key, record = page[2][i], page[2][i + 1]
    local m, sizes = readManifest(key), {}
    for pos = 1, m.blobs * 16, 16 do
      sizes[#sizes + 1] = pack('>I6', readBlob(string.sub(m.references, pos, pos + 15)).size)
    end
    reply[#reply + 1] = key
    reply[#reply + 1] = record
    reply[#reply + 1] = table.concat(sizes)
  end
  return reply
end

local tables = { blobs = BLOBS, tags = TAGS, tombstones = TOMBSTONES }
local entries, isLast = tables[part]:readBucket(tonumber(position))
local reply = { isLast and '' or tostring(position + 1) }
for i = 1, #entries, 2 do
  if entries[i] ~= '' then -- the table's state
    reply[#reply + 1] = entries[i]
    reply[#reply + 1] = entries[i + 1]
  end
end
return reply
