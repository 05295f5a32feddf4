-- Replaces the unfinished reconcile of a registry, if it is still the one with this id.
--
-- KEYS  1 reconcile (hash)
-- ARGV  1 the id of the run  2 the run (JSON)
-- Reply 1; 0 if there is no such run

local run = redis.call('HGET', KEYS[1], 'run')
if not run or cjson.decode(run).id ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'run', ARGV[2])
return 1
