-- Puts into the outbox, for each of the given contents, whether the project holds it.
--
-- Included after write-changes.lua.
-- KEYS  1 the project's base, 2 its meta
-- ARGV  keys of contents
-- Reply 'OK'

beginChanges(KEYS[1])
for _, key in ipairs(ARGV) do addHolding(key, readBlob(key)) end
writeOutbox()
return 'OK'
