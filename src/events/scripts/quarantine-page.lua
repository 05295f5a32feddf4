-- Reads entries of quarantine in one direction, until there are enough of them or enough bytes.
--
-- KEYS  1 entries (stream: entry, mark)
-- ARGV  1 XRANGE (oldest first) or XREVRANGE (newest first)  2 from  3 to, both as this command takes them
--       4 entries at most  5 bytes after which it ends
-- Reply id, entry (JSON), id, entry …

local command, from, to = ARGV[1], ARGV[2], ARGV[3]
local entriesLeft, bytesLeft = tonumber(ARGV[4]), tonumber(ARGV[5])

local reply = {}
while entriesLeft > 0 and bytesLeft > 0 do
  local found = redis.call(command, KEYS[1], from, to, 'COUNT', 1)[1]
  if not found then break end
  local id, entry = found[1], found[2][2]
  table.insert(reply, id)
  table.insert(reply, entry)
  entriesLeft, bytesLeft = entriesLeft - 1, bytesLeft - #entry
  from = '(' .. id
end
return reply
