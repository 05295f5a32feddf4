-- Gives a field of a hash another name, unless there is a field of that name.
--
-- KEYS  1 hash
-- ARGV  1 field  2 its new name
-- Reply 1, or 0 if there is no such field, or one of the new name

local HASH, from, to = KEYS[1], ARGV[1], ARGV[2]

local value = redis.call('HGET', HASH, from)
if not value or redis.call('HSETNX', HASH, to, value) == 0 then return 0 end
redis.call('HDEL', HASH, from)
return 1
