-- Notes the newest alert about a subject that was settled for a channel, unless a newer one is noted.
--
-- KEYS  1 newest (string: when it happened, in epoch ms, and its state, with a space between)
-- ARGV  1 when it happened, in epoch ms  2 state  3 how long it is kept, in ms
-- Reply 1, or 0 if a newer one is noted

local NEWEST = KEYS[1]
local ms, state, kept = ARGV[1], ARGV[2], ARGV[3]

local before = redis.call('GET', NEWEST)
if before and tonumber(string.match(before, '^%d+')) > tonumber(ms) then return 0 end
redis.call('SET', NEWEST, ms .. ' ' .. state, 'PX', kept)
return 1
