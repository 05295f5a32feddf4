-- Says again what the project holds of some contents, as an entry of the outbox.
--
-- Included after write-changes.lua.
-- KEYS  as in apply.lua, of one project
-- ARGV  keys of contents
-- Reply 'OK'

openProject(1)
beginChanges(8)
for _, key in ipairs(ARGV) do addHolding(key, readBlob(key)) end
writeOutbox()
return 'OK'
