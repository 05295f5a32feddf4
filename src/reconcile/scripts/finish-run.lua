-- Ends the unfinished reconcile of a registry, if it is still the one with this id.
--
-- KEYS  1 reconcile (hash)  2 gaps (sorted set)
-- ARGV  1 the id of the run  2 its report (JSON), or '' for a dry run  3 how many requests it answers
--       4 since when the index is exact (JSON), or '' if it is not  5 the same time in epoch µs: gaps until then are closed
-- Reply 1; 0 if there is no such run

local run = redis.call('HGET', KEYS[1], 'run')
if not run or cjson.decode(run).id ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'run')
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'last', ARGV[2], 'covered', ARGV[3]) end
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[1], 'exact', ARGV[4])
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[5])
end
return 1
