-- A table: a hash of short binary fields and values, spread over buckets of some 64 entries each. Redis keeps a small hash
-- as a listpack (default limits: 512 entries, 64 bytes a field or value), at a third of the memory of a large hash.
-- Buckets are split one at a time as entries come (Litwin's linear hashing), so no call pays for a whole rehash.
-- An entry longer than 64 bytes stays in the root hash. Fields come from outside, so their hash has a salt: nobody can choose
-- digests that fall into one bucket.
--
-- Included before other scripts; has no KEYS, ARGV or reply of its own. In Redis (big-endian):
--   root      '' -> buckets I4, entries I6, salt c8; field -> value for each long entry
--   root:<n>  field -> value, for n in 0 .. buckets - 1

local call, pack, unpackBytes = redis.call, struct.pack, struct.unpack
local ENTRIES_PER_BUCKET, MAX_SHORT_BYTES = 64, 64

local Table = {}
Table.__index = Table

-- Reads nothing yet: many tables are opened and never used.
local function openTable(root)
  return setmetatable({ root = root, isLoaded = false, isStateDirty = false }, Table)
end

function Table:load()
  local state = call('HGET', self.root, '')
  local buckets, entries, salt, roundStart = 1, 0, '', 1
  if state then
    buckets, entries, salt = unpackBytes('>I4I6c8', state)
  else
    local time = call('TIME')
    salt = string.sub(redis.sha1hex(self.root .. time[1] .. time[2]), 1, 8)
  end
  while roundStart * 2 <= buckets do roundStart = roundStart * 2 end
  self.buckets, self.entries, self.salt = buckets, entries, salt
  self.roundStart = roundStart -- buckets when this round of splits began: the largest power of two not above `buckets`
  self.longEntries = call('HLEN', self.root) - (state and 1 or 0)
  self.isLoaded = true
end

function Table:hashOf(field) return tonumber(string.sub(redis.sha1hex(self.salt .. field), 1, 8), 16) end

-- The Redis key of a field's bucket. Remembers the last one, since a read is often followed by a write.
function Table:bucketOf(field)
  if field == self.lastField then return self.lastBucket end
  if not self.isLoaded then self:load() end
  local hash = self:hashOf(field)
  local n = hash % (self.roundStart * 2)
  if n >= self.buckets then n = hash % self.roundStart end -- that bucket is not split yet
  self.lastField, self.lastBucket = field, self.root .. ':' .. n
  return self.lastBucket
end

-- Adds one bucket, and moves to it the entries of the bucket that is split which now belong there.
function Table:split()
  local roundStart, buckets = self.roundStart, self.buckets
  local from, to = self.root .. ':' .. (buckets - roundStart), self.root .. ':' .. buckets
  local all, fields, entries = call('HGETALL', from), {}, {}
  for i = 1, #all, 2 do
    if self:hashOf(all[i]) % (roundStart * 2) == buckets then
      fields[#fields + 1] = all[i]
      entries[#entries + 1] = all[i]
      entries[#entries + 1] = all[i + 1]
    end
  end
  for i = 1, #fields, 100 do -- a Lua stack takes some thousands of arguments
    call('HDEL', from, unpack(fields, i, math.min(i + 99, #fields)))
    call('HSET', to, unpack(entries, 2 * i - 1, math.min(2 * i + 198, #entries)))
  end
  self.buckets, self.lastField = buckets + 1, nil
  if self.buckets == roundStart * 2 then self.roundStart = self.buckets end
end

function Table:get(field)
  return call('HGET', self:bucketOf(field), field) or self.longEntries > 0 and call('HGET', self.root, field)
end

function Table:set(field, value)
  local isLong = #field > MAX_SHORT_BYTES or #value > MAX_SHORT_BYTES
  local target, other = self:bucketOf(field), self.root
  if isLong then target, other = other, target end
  if call('HSET', target, field, value) == 0 then return end
  -- The field is new in `target`. It may have been in `other`, where its value was of the other length.
  local hasMoved = (isLong or self.longEntries > 0) and call('HDEL', other, field) == 1
  if isLong then
    self.longEntries = self.longEntries + 1
  elseif hasMoved then
    self.longEntries = self.longEntries - 1
  end
  if hasMoved then return end
  self.entries, self.isStateDirty = self.entries + 1, true
  if self.entries > self.buckets * ENTRIES_PER_BUCKET then self:split() end
end

function Table:remove(field)
  local removed = call('HDEL', self:bucketOf(field), field)
  if removed == 0 and self.longEntries > 0 then
    removed = call('HDEL', self.root, field)
    self.longEntries = self.longEntries - removed
  end
  if removed == 1 then self.entries, self.isStateDirty = self.entries - 1, true end
end

-- Gives the fields and values of bucket `n` (-1: the root hash, with the state), and whether it is the last bucket.
-- A split moves entries to later buckets only, so a reader that goes from one bucket to the next misses none.
function Table:readBucket(n)
  if not self.isLoaded then self:load() end
  return call('HGETALL', n < 0 and self.root or self.root .. ':' .. n), n >= self.buckets - 1
end

-- Calls `visit(field)` for each entry. `visit` may not change the table.
function Table:forEachField(visit)
  if not self.isLoaded then self:load() end
  for n = -1, self.buckets - 1 do
    local entries = self:readBucket(n)
    for i = 1, #entries, 2 do
      if entries[i] ~= '' then visit(entries[i]) end
    end
  end
end

function Table:isEmpty()
  if not self.isLoaded then self:load() end
  return self.entries == 0
end

-- Deletes the whole table.
function Table:unlink()
  if not self.isLoaded then self:load() end
  for n = 0, self.buckets - 1 do call('UNLINK', self.root .. ':' .. n) end
  call('UNLINK', self.root)
end

-- Writes the number of buckets and entries. Call it once, after the last change.
function Table:saveState()
  if self.isStateDirty then call('HSET', self.root, '', pack('>I4I6c8', self.buckets, self.entries, self.salt)) end
end

-- Appends fields and values that were read from a table to a reply, without the table's state (the empty field).
local function appendEntries(reply, entries)
  for i = 1, #entries, 2 do
    if entries[i] ~= '' then
      reply[#reply + 1] = entries[i]
      reply[#reply + 1] = entries[i + 1]
    end
  end
  return reply
end
