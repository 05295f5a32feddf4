-- Takes the lease of a registry, if nobody has it.
-- KEYS: the lease, and the token of who had it last. ARGV: a token that nobody had before, how long the lease lasts in ms.
-- Reply: 1 if the caller has it now, 0 if somebody else has it.
if redis.call('EXISTS', KEYS[1]) == 1 then return '0' end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[1])
return '1'
