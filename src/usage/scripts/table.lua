-- A table: a hash of short binary fields and values, spread over buckets of some 40 entries, which Redis keeps as
-- listpacks (its default limits: 512 entries, 64 bytes each) at a third of the memory of one large hash. Buckets are
-- split one at a time as entries come (Litwin's linear hashing), so that no call pays for a whole rehash. What is longer than
-- 64 bytes stays in the root's own hash, which also has the table's state under the empty field.
--
-- root      '' -> buckets I4, entries I6; field -> value, where either is long
-- root:<n>  field -> value, for n in 0 .. buckets - 1

local call, pack, unpackBytes = redis.call, struct.pack, struct.unpack
local LOAD, LONG = 40, 64

local function hashOfDigest(field) return (unpackBytes('>I4', field)) end -- digests are evenly spread
local function hashOfAny(field) return tonumber(string.sub(redis.sha1hex(field), 1, 8), 16) end

local Table = {}
Table.__index = Table

-- `half`, read when first needed: the largest power of two that is not above `buckets`.
local function openTable(root, hashOf)
  return setmetatable({ root = root, hashOf = hashOf, half = false, dirty = false }, Table)
end

function Table:read()
  local state = call('HGET', self.root, '')
  local buckets, entries, half = 1, 0, 1
  if state then buckets, entries = unpackBytes('>I4I6', state) end
  while half * 2 <= buckets do half = half * 2 end
  self.buckets, self.entries, self.half = buckets, entries, half
  self.long = call('HLEN', self.root) - (state and 1 or 0)
end

function Table:bucketOf(field)
  if field == self.field then return self.bucket end
  if not self.half then self:read() end
  local hash = self.hashOf(field)
  local n = hash % (self.half * 2)
  if n >= self.buckets then n = hash % self.half end
  self.field, self.bucket = field, self.root .. ':' .. n
  return self.bucket
end

function Table:split()
  local half, buckets = self.half, self.buckets
  local from, to = self.root .. ':' .. (buckets - half), self.root .. ':' .. buckets
  local all, fields, rows = call('HGETALL', from), {}, {}
  for i = 1, #all, 2 do
    if self.hashOf(all[i]) % (half * 2) == buckets then
      fields[#fields + 1] = all[i]
      rows[#rows + 1] = all[i]
      rows[#rows + 1] = all[i + 1]
    end
  end
  for i = 1, #fields, 100 do -- a Lua stack takes some thousands of arguments
    call('HDEL', from, unpack(fields, i, math.min(i + 99, #fields)))
    call('HSET', to, unpack(rows, 2 * i - 1, math.min(2 * i + 198, #rows)))
  end
  self.buckets, self.field = buckets + 1, nil
  if self.buckets == half * 2 then self.half = self.buckets end
end

function Table:get(field)
  return call('HGET', self:bucketOf(field), field) or self.long > 0 and call('HGET', self.root, field)
end

function Table:put(field, value)
  local home, other = self:bucketOf(field), self.root
  local isLong = #field > LONG or #value > LONG
  if isLong then home, other = other, home end
  if call('HSET', home, field, value) == 0 then return end
  local moved = (isLong or self.long > 0) and call('HDEL', other, field) == 1
  if isLong then self.long = self.long + 1 elseif moved then self.long = self.long - 1 end
  if moved then return end
  self.entries, self.dirty = self.entries + 1, true
  if self.entries > self.buckets * LOAD then self:split() end
end

function Table:remove(field)
  local found = call('HDEL', self:bucketOf(field), field)
  if found == 0 and self.long > 0 then
    found = call('HDEL', self.root, field)
    self.long = self.long - found
  end
  if found == 1 then self.entries, self.dirty = self.entries - 1, true end
end

-- Fields and values of a bucket (-1: the root, with its state), and whether it is the last. Splitting moves entries to
-- later buckets only, so that who reads one after the other misses none.
function Table:readBucket(n)
  if not self.half then self:read() end
  return call('HGETALL', n < 0 and self.root or self.root .. ':' .. n), n >= self.buckets - 1
end

-- Calls `visit(field)` for each entry; it may not add any.
function Table:each(visit)
  if not self.half then self:read() end
  for n = -1, self.buckets - 1 do
    local all = self:readBucket(n)
    for i = 1, #all, 2 do
      if all[i] ~= '' then visit(all[i]) end
    end
  end
end

-- To be called once at the end.
function Table:close()
  if self.dirty then call('HSET', self.root, '', pack('>I4I6', self.buckets, self.entries)) end
end
