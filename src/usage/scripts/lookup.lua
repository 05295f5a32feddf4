-- Reads entries of a table.
--
-- KEYS  1 the table's root
-- ARGV  1 how the table spreads its fields: 'digest' (blobs, holders) or 'any' (tags, tombstones); then fields
-- Reply the value of each field, '' for a field that is not there

local entries = openTable(KEYS[1], ARGV[1] == 'digest' and hashOfDigest or hashOfAny)
local reply = {}
for i = 2, #ARGV do reply[#reply + 1] = entries:get(ARGV[i]) or '' end
return reply
