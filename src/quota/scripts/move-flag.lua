-- Gives the flag of a project to another project, unless that has one.
--
-- KEYS  1 entries (hash: id -> entry, as JSON)
--       2 raised (hash: key of the subject -> its flag that is not ok, as JSON)
--       3 version (string: another one after each change of raised)
-- ARGV  1 id  2 id of the other project  3, 4 the keys of these subjects  5 a version that was never used
-- Reply 1, or 0 if there is no flag, or the other project has one

local ENTRIES, RAISED, VERSION = KEYS[1], KEYS[2], KEYS[3]
local from, to, fromSubject, toSubject, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local entry = redis.call('HGET', ENTRIES, from)
if not entry or redis.call('HSETNX', ENTRIES, to, entry) == 0 then return 0 end
redis.call('HDEL', ENTRIES, from)
local raised = redis.call('HGET', RAISED, fromSubject)
if raised then
  redis.call('HSET', RAISED, toSubject, raised)
  redis.call('HDEL', RAISED, fromSubject)
  redis.call('SET', VERSION, version)
end
return 1
