-- Closes a box: its content does not change from here on. What comes later opens another one.
--
-- KEYS  1 open (hash: `box`, the id of the open box; when it was opened, `since`; when it got its `last` alert)
--       2 content (hash: id -> alert) of the open box
--       3 closed (the content, once the box is closed)
--       4 sent (number of messages in this interval)
--       5 subjects (set) of the alerts in the open box: of each, one alert is told at most
-- ARGV  1 id of the box  2 messages in an interval, at most  3 alerts that are told one by one, at most
--       4 how long closed boxes are kept, in ms  5 the time, in epoch ms
--       6 how long after the last alert a box with many is closed, in ms  7 how long such a box is open, in ms, at most
-- Reply full if the box must stay open until the next interval, storm if more alerts are coming, or else closed, also if it was
--   closed before

local OPEN, CONTENT, CLOSED, SENT, SUBJECTS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local box, most, mostSingle, kept = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]

local open = redis.call('HMGET', OPEN, 'box', 'since', 'last')
if open[1] ~= box then return 'closed' end
if tonumber(redis.call('GET', SENT) or 0) >= most then return 'full' end

local count = redis.call('SCARD', SUBJECTS)
local now, pause, longest = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if count > mostSingle and now - open[3] < pause and now - open[2] < longest then return 'storm' end
redis.call('RENAME', CONTENT, CLOSED)
redis.call('PEXPIRE', CLOSED, kept)
redis.call('DEL', OPEN, SUBJECTS)
return 'closed'
