-- Replaces the entry of a flag, unless another run has replaced it meanwhile.
--
-- KEYS  1 entries (hash: id -> entry, as JSON)
--       2 raised (hash: key of the subject -> its flag that is not ok, as JSON)
--       3 version (string: another one after each change of raised)
-- ARGV  1 id  2 the entry as it was read; '' if there was none  3 the new entry; '' removes it
--       4 key of the subject  5 its flag for raised; '' if it is ok  6 a version that was never used
-- Reply 1, or 0 if the entry is another one

local ENTRIES, RAISED, VERSION = KEYS[1], KEYS[2], KEYS[3]
local id, before, after, subject, raised, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]

if (redis.call('HGET', ENTRIES, id) or '') ~= before then return 0 end
if after == '' then redis.call('HDEL', ENTRIES, id) else redis.call('HSET', ENTRIES, id, after) end
if (redis.call('HGET', RAISED, subject) or '') ~= raised then
  if raised == '' then redis.call('HDEL', RAISED, subject) else redis.call('HSET', RAISED, subject, raised) end
  redis.call('SET', VERSION, version)
end
return 1
