-- Takes entries out of quarantine.
--
-- KEYS  as in quarantine-add.lua
-- ARGV  entries' ids
-- Reply how many there were

local removed = 0
for _, id in ipairs(ARGV) do
  if remove(id) then removed = removed + 1 end
end
return removed
