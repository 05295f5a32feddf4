-- Puts an alert into the open box, and opens one if none is.
--
-- KEYS  1 verdict (string: the box and its end, as in the reply, that got this alert)
--       2 open (hash: `box`, the id of the open box; its `end`; when it was opened, `since`; when it got its `last` alert)
--       3 content (hash: id -> alert) of the open box  4 subjects (set) of these alerts
-- ARGV  1 id of the alert  2 alert (JSON)  3 id of a new box  4 end of a new box, in epoch ms
--       5 how long verdicts are kept, in ms  6 the time, in epoch ms  7 subject of the alert
-- Reply the id of the box, and its end

local VERDICT, OPEN, CONTENT, SUBJECTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]

-- The job of an alert may run twice, the second time when the box is closed.
local before = redis.call('HMGET', VERDICT, 'box', 'end')
if before[1] then return before end

if redis.call('HSETNX', OPEN, 'box', ARGV[3]) == 1 then
  redis.call('HSET', OPEN, 'end', ARGV[4], 'since', ARGV[6])
end
redis.call('HSET', OPEN, 'last', ARGV[6])
local box = redis.call('HMGET', OPEN, 'box', 'end')
redis.call('HSET', CONTENT, ARGV[1], ARGV[2])
redis.call('SADD', SUBJECTS, ARGV[7])
redis.call('HSET', VERDICT, 'box', box[1], 'end', box[2])
redis.call('PEXPIRE', VERDICT, ARGV[5])
return box
