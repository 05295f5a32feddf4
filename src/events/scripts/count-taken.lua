-- Counts events that were taken of a registry, each once.
--
-- KEYS  1 ids of the newest events by when they came last (sorted set)  2 how many events were taken (counter)
-- ARGV  1 now, in ms  2 how many ids to remember  3 how many events have no id  4.. the ids of the others
-- Reply 1

local fresh = tonumber(ARGV[3])
for i = 4, #ARGV do
  if redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i]) == 1 then fresh = fresh + 1 end
end
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -tonumber(ARGV[2]) - 1)
if fresh > 0 then redis.call('INCRBY', KEYS[2], fresh) end
return 1
