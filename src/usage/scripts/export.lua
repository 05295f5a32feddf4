-- Reads one page of a project's index, atomically.
--
-- KEYS  as in project.lua
-- ARGV  1 part: 'manifests', 'blobs', 'tags' or 'tombstones'
--       2 position: for manifests the cursor of HSCAN, from 0; else the number of a bucket, from -1 (the table's long entries)
-- Reply 1 the next position, '' at the end; then each entry's field and value

openProject(1)
local part, position = ARGV[1], ARGV[2]
if part == 'manifests' then
  local page = call('HSCAN', MANIFESTS, position, 'COUNT', 100)
  local reply = { page[1] == '0' and '' or page[1] }
  for _, item in ipairs(page[2]) do reply[#reply + 1] = item end
  return reply
end

local tables = { blobs = BLOBS, tags = TAGS, tombstones = TOMBSTONES }
local entries, isLast = tables[part]:readBucket(tonumber(position))
return appendEntries({ isLast and '' or tostring(position + 1) }, entries)
