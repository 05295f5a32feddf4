-- Notes a request on its way to a registry, and tells whether it has to wait.
--
-- KEYS  1 armed         exists while a collection looks for blobs that nobody needs
--       2 held          exists while it takes some away
--       3 repositories  set of the repositories that requests may have changed
--       4 digests       set of the digests that requests asked for or named: 16 bytes of each
-- ARGV  1 the most members that a set may have
--       2 a repository, or ''
--       3 digests, 16 bytes each
-- Reply 1 if the request has to wait, else 0

local call = redis.call
local left = call('PTTL', KEYS[1])
if left < 0 then return call('EXISTS', KEYS[2]) end

local function note(key, member)
  -- One member more than allowed says that some are missing.
  if call('SCARD', key) <= tonumber(ARGV[1]) then call('SADD', key, member) end
  call('PEXPIRE', key, left)
end

if ARGV[2] ~= '' then note(KEYS[3], ARGV[2]) end
for i = 3, #ARGV do note(KEYS[4], ARGV[i]) end
return call('EXISTS', KEYS[2])
