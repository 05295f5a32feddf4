-- Decides whether an alert is sent to a channel now or held back for the channel's next summary.
--
-- KEYS  1 verdict (string: send or hold, what was decided for this alert)
--       2 last (string: exists while the last alert of this project and flag is younger than the interval)
--       3 sent (number of alerts sent in this interval)
--       4 held (hash: project -> its newest alert that was held back in this interval; '' -> how many were)
-- ARGV  1 alert (JSON)  2 project  3 interval in ms  4 alerts sent to the channel in an interval, at most
--       5 how long verdicts and what was held back are kept, in ms
-- Reply send or hold

local VERDICT, LAST, SENT, HELD = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local alert, project, interval, most, kept = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]

-- The job of an alert may run twice.
local before = redis.call('GET', VERDICT)
if before then return before end

local isSoon = not redis.call('SET', LAST, '', 'NX', 'PX', interval)
local verdict = 'hold'
if not isSoon and tonumber(redis.call('GET', SENT) or 0) < most then
  verdict = 'send'
  redis.call('INCR', SENT)
  redis.call('PEXPIRE', SENT, kept)
  redis.call('HDEL', HELD, project) -- The summary tells only what is newer than what was sent.
else
  local newest = redis.call('HGET', HELD, project)
  if not newest or cjson.decode(newest).at <= cjson.decode(alert).at then
    redis.call('HSET', HELD, project, alert)
  end
  redis.call('HINCRBY', HELD, '', 1)
  redis.call('PEXPIRE', HELD, kept)
end
redis.call('SET', VERDICT, verdict, 'PX', kept)
return verdict
