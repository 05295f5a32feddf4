-- Writes the history of a project, a registry or a group, unless there is one that is as new: a sample that comes late, or twice,
-- changes nothing. What was forgotten meanwhile gets none.
--
-- KEYS  1 the base of the project, registry or group (src/usage/keys.ts), 2 a key that it has for as long as it is known;
--       absent of a group
-- ARGV  1 the history (src/history/codec.ts): the last hour I4, then the rest; 2 after how many seconds it is forgotten; absent
--       if it is kept
-- Reply '1' if it was written, '0' if not

local key, history = KEYS[1] .. 'history', ARGV[1]
if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 0 then return '0' end
local hour = redis.call('GETRANGE', key, 0, 3)
if hour ~= '' and struct.unpack('>I4', hour) >= struct.unpack('>I4', history) then return '0' end
redis.call('SET', key, history)
if ARGV[2] then redis.call('EXPIRE', key, ARGV[2]) end
return '1'
