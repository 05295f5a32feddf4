-- Keeps what is done with the content of a closed box, and counts the messages that tell it. Of several plans the first one is in force.
--
-- KEYS  1 plan (string: JSON)  2 sent (number of messages in this interval)
-- ARGV  1 plan  2 its number of messages  3 how long plans and numbers are kept, in ms
-- Reply the plan in force

local PLAN, SENT = KEYS[1], KEYS[2]
local plan, messages, kept = ARGV[1], ARGV[2], ARGV[3]

local first = redis.call('GET', PLAN)
if first then return first end
redis.call('SET', PLAN, plan, 'PX', kept)
redis.call('INCRBY', SENT, messages)
redis.call('PEXPIRE', SENT, kept)
return plan
