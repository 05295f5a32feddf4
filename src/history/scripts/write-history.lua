-- Writes the history of a project, a registry or a group, unless there is one that is as new: a sample that comes late, or twice,
-- changes nothing. What was forgotten meanwhile gets none.
--
-- KEYS  1 the base of the project, registry or group (src/usage/keys.ts), 2 a key that it has for as long as it is known;
--       absent of a group
-- ARGV  1 the history (src/history/codec.ts): the last hour I4, then the rest; 2 the last hour of the history that it was made
--       from, -1 if there was none: if that is still kept, it is replaced; 3 after how many seconds it is forgotten; absent if it
--       is kept
-- Reply '1' if it was written, '0' if not

local key, history = KEYS[1] .. 'history', ARGV[1]
if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 0 then return '0' end
local hour = redis.call('GETRANGE', key, 0, 3)
if hour ~= '' then
  local kept = struct.unpack('>I4', hour)
  if kept >= struct.unpack('>I4', history) and kept ~= tonumber(ARGV[2]) then return '0' end
end
redis.call('SET', key, history)
if ARGV[3] then redis.call('EXPIRE', key, ARGV[3]) end
return '1'
