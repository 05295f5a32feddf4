-- Adds a job to the `events` queue as BullMQ's addStandardJob does, for what such a job needs: no parent, id of its own,
-- delay or priority, and no entry in the stream of the queue's events, to which nobody listens.
--
-- KEYS  1 id (counter)  2 meta  3 wait  4 marker
-- ARGV  1 what the key of a job begins with, before its id  2 data  3 opts (both JSON)  4 timestamp, ms

local call = redis.call
local id = call('INCR', KEYS[1])
call('HSET', ARGV[1] .. id, 'name', 'events', 'data', ARGV[2], 'opts', ARGV[3],
  'timestamp', ARGV[4], 'delay', 0, 'priority', 0)
call('LPUSH', KEYS[3], id)
-- Wakes a worker.
if call('HEXISTS', KEYS[2], 'paused') == 0 then call('ZADD', KEYS[4], 0, '0') end
return id
