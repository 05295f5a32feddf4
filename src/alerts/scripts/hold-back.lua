-- Decides whether an alert about a project is sent to a channel now or held back for the summary of the interval at hand.
--
-- KEYS  1 verdict (string: what was decided for this alert, as in the reply)
--       2 last (string: exists while the last alert of this subject and flag is younger than the interval)
--       3 sent (number of alerts of this topic sent in this interval)
--       4 held (hash: subject -> its newest alert that was held back in this interval; '' -> how many were)
-- ARGV  1 alert (JSON)  2 subject  3 interval in ms  4 alerts of a topic sent to the channel in an interval, at most
--       5 how long verdicts and what was held back are kept, in ms  6 the interval at hand (a number)
-- Reply send, or the interval whose summary tells the alert

local VERDICT, LAST, SENT, HELD = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local alert, subject, intervalMs, most, kept = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
local interval = ARGV[6]

-- The job of an alert may run twice, the second time in a later interval.
local before = redis.call('GET', VERDICT)
if before then return before end

local isSoon = not redis.call('SET', LAST, '', 'NX', 'PX', intervalMs)
local newest = redis.call('HGET', HELD, subject)
local isNewest = not newest or cjson.decode(newest).at <= cjson.decode(alert).at
local verdict = interval
if not isSoon and tonumber(redis.call('GET', SENT) or 0) < most then
  verdict = 'send'
  redis.call('INCR', SENT)
  redis.call('PEXPIRE', SENT, kept)
  -- The summary tells only what is newer than what was sent.
  if isNewest then redis.call('HDEL', HELD, subject) end
else
  if isNewest then redis.call('HSET', HELD, subject, alert) end
  redis.call('HINCRBY', HELD, '', 1)
  redis.call('PEXPIRE', HELD, kept)
end
redis.call('SET', VERDICT, verdict, 'PX', kept)
return verdict
