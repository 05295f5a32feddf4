-- Renews a lease. One that has expired is had again if nobody has taken it since.
-- KEYS: the lease, and the token of who had it last. ARGV: the caller's token, how long the lease lasts in ms.
-- Reply: 1 if the caller has it, 0 if not.
local holder = redis.call('GET', KEYS[1]) or redis.call('GET', KEYS[2])
if holder ~= ARGV[1] then return '0' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return '1'
