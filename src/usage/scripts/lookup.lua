-- Reads entries of a table.
--
-- KEYS  1 the table's root, 2 a base, which never exists (src/usage/keys.ts)
-- ARGV  fields
-- Reply the value of each field, '' for a field that is not there

local entries, reply = openTable(KEYS[1]), {}
for i, field in ipairs(ARGV) do reply[i] = entries:get(field) or '' end
return reply
