-- Removes entries from quarantine.
--
-- KEYS  as in quarantine-add.lua
-- ARGV  ids of entries
-- Reply the number of entries removed

local removed = 0
for _, id in ipairs(ARGV) do
  if remove(id) then removed = removed + 1 end
end
return removed
