-- Revokes the token that has a name now.
--
-- KEYS  1 names  2 tokens (add-token.lua)
-- ARGV  1 name
-- Reply 1, or 0 if there is none

local hash = redis.call('HGET', KEYS[1], ARGV[1])
if not hash then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], 'token ' .. hash, 'used ' .. hash)
return 1
