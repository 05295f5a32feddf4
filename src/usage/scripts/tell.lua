-- Puts into the outbox, for each of the given contents, whether the project holds it.
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
