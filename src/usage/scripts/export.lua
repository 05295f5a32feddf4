-- Reads one page of a repository: its images, links, tags or tombstones.
--
-- KEYS  1 the project's base, 2 its meta
-- ARGV  1 name of the repository; 2 'images', 'links', 'tags' or 'tombstones'; 3 position: the number of a bucket, from -1
--       (the table's long entries)
-- Reply 1 the next position, '' at the end; then each entry's field and value. The value of an image is its manifest's
--       record (records.lua); '' if the page has too many bytes already, so that the reader fetches it by itself. The
--       value of a link is the rest of the blob's digest L, then the link.

local MIN_ENTRIES, MAX_BYTES = 200, 262144

openProject(KEYS[1])
openRecords()
local repository, part, n = findRepository(ARGV[1]), ARGV[2], tonumber(ARGV[3])
if not repository then return { '' } end
local entries, reply, isLast = tableOf(repository, part), { '' }, false
repeat
  local page
  page, isLast = entries:readBucket(n)
  appendEntries(reply, page)
  n = n + 1
until isLast or #reply > 2 * MIN_ENTRIES
if not isLast then reply[1] = tostring(n) end

if part == 'images' then
  local bytes = 0
  for i = 2, #reply, 2 do
    local record = bytes < MAX_BYTES and call('HGET', MANIFESTS, reply[i]) or ''
    bytes = bytes + #record
    reply[i + 1] = record
  end
end
if part == 'links' then
  for i = 2, #reply, 2 do
    local rest = readBlob(reply[i]).digestRest
    reply[i + 1] = pack('>Bc0', #rest, rest) .. reply[i + 1]
  end
end
return reply
