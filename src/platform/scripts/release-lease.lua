-- Gives a lease back. KEYS: the lease, and the token of who had it last. ARGV: the caller's token.
-- Reply: 1 if the caller had it, 0 if not.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return '0' end
redis.call('DEL', KEYS[1], KEYS[2])
return '1'
