-- Removes an override that has ended, unless another one has taken its place.
--
-- KEYS  1 overrides (hash: project -> override, as JSON)
-- ARGV  1 project  2 the override as it was read
-- Reply 1, or 0 if it is another one

if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
