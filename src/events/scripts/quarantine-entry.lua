-- Shared by both quarantine scripts. KEYS as in quarantine-add.lua.

-- Removes an entry, its mark and its bytes. Gives the bytes left, or nil if there was no such entry.
local function remove(id)
  local found = redis.call('XRANGE', KEYS[1], id, id)[1]
  if not found then return nil end
  local entry, mark = found[2][2], found[2][4]
  redis.call('XDEL', KEYS[1], id)
  if redis.call('HGET', KEYS[2], mark) == id then redis.call('HDEL', KEYS[2], mark) end
  return redis.call('HINCRBY', KEYS[3], 'bytes', -#entry)
end
