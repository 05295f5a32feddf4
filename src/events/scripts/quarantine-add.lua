-- Adds an event to quarantine. An entry of the same event is replaced: a job that runs twice adds nothing, and a replayed
-- event that is still not understood is there again, whether its old entry is removed before or after.
--
-- KEYS  1 entries (stream: entry, mark)  2 marks (hash: mark -> entry's id)  3 totals (hash: bytes, dropped)
-- ARGV  1 mark, the same for the same event  2 entry (JSON)  3 entries kept  4 bytes kept
-- Reply the number of oldest entries dropped to make room

local ENTRIES, MARKS, TOTALS = KEYS[1], KEYS[2], KEYS[3]
local mark, entry, keptEntries, keptBytes = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])

local before = redis.call('HGET', MARKS, mark)
if before then remove(before) end
local id = redis.call('XADD', ENTRIES, '*', 'entry', entry, 'mark', mark)
redis.call('HSET', MARKS, mark, id)
local bytes = redis.call('HINCRBY', TOTALS, 'bytes', #entry)

local dropped, count = 0, redis.call('XLEN', ENTRIES)
while count > keptEntries or (bytes > keptBytes and count > 1) do
  bytes = remove(redis.call('XRANGE', ENTRIES, '-', '+', 'COUNT', 1)[1][1])
  count, dropped = count - 1, dropped + 1
end
if dropped > 0 then redis.call('HINCRBY', TOTALS, 'dropped', dropped) end
return dropped
