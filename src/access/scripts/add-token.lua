-- Adds a token, unless one of its name is in force. One of its name that has expired is forgotten.
--
-- KEYS  1 names (hash: name -> hash of the secret)
--       2 tokens (hash: `token <hash>` -> JSON, `used <hash>` -> when it was last used, in epoch ms)
-- ARGV  1 name  2 hash of the secret  3 token (JSON)  4 the time, RFC 3339 in UTC with ms
-- Reply 1 if it was added, or else 0

local NAMES, TOKENS = KEYS[1], KEYS[2]
local name, hash = ARGV[1], ARGV[2]

local earlier = redis.call('HGET', NAMES, name)
if earlier then
  local json = redis.call('HGET', TOKENS, 'token ' .. earlier)
  -- Times of one form compare as texts.
  local ends = json and cjson.decode(json).expiresAt
  if json and (ends == cjson.null or ends > ARGV[4]) then return '0' end
  redis.call('HDEL', TOKENS, 'token ' .. earlier, 'used ' .. earlier)
end
redis.call('HSET', NAMES, name, hash)
redis.call('HSET', TOKENS, 'token ' .. hash, ARGV[3])
return '1'
