-- Reads one page of a table.
--
-- KEYS  1 the table's root, 2 a base, which never exists (src/usage/keys.ts)
-- ARGV  1 position: 'long:' and a cursor of HSCAN, from 'long:0'; then the number of a bucket
-- Reply 1 the next position, '' at the end; then each entry's field and value

local entries, cursor = openTable(KEYS[1]), string.match(ARGV[1], '^long:(%d+)$')
local page, nextPosition
if cursor then
  local reply = call('HSCAN', KEYS[1], cursor, 'COUNT', 20) -- a value has 3 bytes for each project
  page, nextPosition = reply[2], reply[1] == '0' and '0' or 'long:' .. reply[1]
else
  local isLast
  page, isLast = entries:readBucket(tonumber(ARGV[1]))
  nextPosition = isLast and '' or tostring(tonumber(ARGV[1]) + 1)
end
return appendEntries({ nextPosition }, page)
