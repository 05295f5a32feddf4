-- Reads a part of a project's index, atomically: some manifests with the sizes of what they reference, or one bucket.
--
-- KEYS  as in project.lua
-- ARGV  1 what: 'manifests', 'blobs', 'tags' or 'tombstones'
--       2 where: the cursor of HSCAN for manifests, else the number of a bucket, from -1 (the table's long entries)
-- Reply the next cursor or bucket ('' at the end); then field and value of each entry, for manifests also the sizes of
--       the blobs it references, I6 each

openProject(1)
local what, where = ARGV[1], ARGV[2]
if what == 'manifests' then
  local page = call('HSCAN', MANIFESTS, where, 'COUNT', 100)
  local reply = { page[1] == '0' and '' or page[1] }
  for i = 1, #page[2], 2 do
    local key = page[2][i]
    local m, sizes = manifest(key), {}
    for pos = 1, m.blobs * 16, 16 do sizes[#sizes + 1] = pack('>I6', blob(string.sub(m.refs, pos, pos + 15)).size) end
    reply[#reply + 1] = key
    reply[#reply + 1] = page[2][i + 1]
    reply[#reply + 1] = table.concat(sizes)
  end
  return reply
end

local tables = { blobs = BLOBS, tags = TAGS, tombstones = TOMBS }
local found, last = tables[what]:readBucket(tonumber(where))
local reply = { last and '' or tostring(where + 1) }
for i = 1, #found, 2 do
  if found[i] ~= '' then
    reply[#reply + 1] = found[i]
    reply[#reply + 1] = found[i + 1]
  end
end
return reply
