-- Raises a project's counters and times to the given values. A field that is higher already stays.
--
-- Included after write-changes.lua.
-- KEYS  1 the project's base, 2 its meta
-- ARGV  1 lastPush, 2 lastPushedBy ('': not known), 3 lastPull, 4 pulls, 5 scans
-- Reply 'OK'

beginChanges(KEYS[1])
notePush(tonumber(ARGV[1]), ARGV[2])
latest = { lastPull = tonumber(ARGV[3]), pulls = tonumber(ARGV[4]), scans = tonumber(ARGV[5]) }
writeMeta()
return 'OK'
