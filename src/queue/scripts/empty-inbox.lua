-- Makes one job of the `events` queue of what came into the inbox first, as BullMQ's addStandardJob does, for what such a job
-- needs: no parent, id of its own, delay or priority, and no entry in the stream of the queue's events, to which nobody
-- listens.
--
-- KEYS  1 inbox (list: how many events, then their deliveries as a JSON array)  2 id (counter)  3 meta  4 wait  5 marker
-- ARGV  1 what the key of a job begins with, before its id  2 opts (JSON)  3 timestamp, ms  4 events  5 bytes in one job
-- Reply how many are left in the inbox

local call = redis.call
local taken, events, bytes, deliveries = 0, tonumber(ARGV[4]), tonumber(ARGV[5]), {}
while true do
  local entry = call('LINDEX', KEYS[1], taken)
  if not entry then break end
  local from = string.find(entry, '[', 1, true)
  events, bytes = events - tonumber(string.sub(entry, 1, from - 1)), bytes - #entry
  if taken > 0 and (events < 0 or bytes < 0) then break end
  taken = taken + 1
  deliveries[taken] = string.sub(entry, from + 1, -2)
end
if taken == 0 then return 0 end

local id = call('INCR', KEYS[2])
call('HSET', ARGV[1] .. id, 'name', 'events', 'data', '{"deliveries":[' .. table.concat(deliveries, ',') .. ']}',
  'opts', ARGV[2], 'timestamp', ARGV[3], 'delay', 0, 'priority', 0)
call('LPUSH', KEYS[4], id)
-- Only now: what a script has done stays done if it fails.
call('LTRIM', KEYS[1], taken, -1)
-- Wakes a worker.
if call('HEXISTS', KEYS[3], 'paused') == 0 then call('ZADD', KEYS[5], 0, '0') end
return call('LLEN', KEYS[1])
