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

local function openTable(root, hashOf)
  local buckets, entries, long, half -- read when first needed; `half`: the largest power of two not above `buckets`
  local dirty = false
  local self = {}

  local function read()
    local state = call('HGET', root, '')
    buckets, entries, half = 1, 0, 1
    if state then buckets, entries = unpackBytes('>I4I6', state) end
    long = call('HLEN', root) - (state and 1 or 0)
    while half * 2 <= buckets do half = half * 2 end
  end

  local function bucketOf(field)
    if not half then read() end
    local hash = hashOf(field)
    local n = hash % (half * 2)
    if n >= buckets then n = hash % half end
    return root .. ':' .. n
  end

  local function split()
    local from, to = root .. ':' .. (buckets - half), root .. ':' .. buckets
    local all, fields, rows = call('HGETALL', from), {}, {}
    for i = 1, #all, 2 do
      if hashOf(all[i]) % (half * 2) == buckets then
        fields[#fields + 1] = all[i]
        rows[#rows + 1] = all[i]
        rows[#rows + 1] = all[i + 1]
      end
    end
    for i = 1, #fields, 100 do -- a Lua stack takes some thousands of arguments
      call('HDEL', from, unpack(fields, i, math.min(i + 99, #fields)))
      call('HSET', to, unpack(rows, 2 * i - 1, math.min(2 * i + 198, #rows)))
    end
    buckets = buckets + 1
    if buckets == half * 2 then half = buckets end
  end

  function self.get(field)
    return call('HGET', bucketOf(field), field) or long > 0 and call('HGET', root, field)
  end

  function self.put(field, value)
    local home, other = bucketOf(field), root
    local isLong = #field > LONG or #value > LONG
    if isLong then home, other = other, home end
    if call('HSET', home, field, value) == 0 then return end
    local moved = (isLong or long > 0) and call('HDEL', other, field) == 1
    if isLong then long = long + 1 elseif moved then long = long - 1 end
    if moved then return end
    entries, dirty = entries + 1, true
    if entries > buckets * LOAD then split() end
  end

  function self.remove(field)
    local found = call('HDEL', bucketOf(field), field)
    if found == 0 and long > 0 then
      found = call('HDEL', root, field)
      long = long - found
    end
    if found == 1 then entries, dirty = entries - 1, true end
  end

  -- Fields and values of a bucket (-1: the root, with its state), and whether it is the last. Splitting moves entries to
  -- later buckets only, so that who reads one after the other misses none.
  function self.bucket(n)
    if not half then read() end
    return call('HGETALL', n < 0 and root or root .. ':' .. n), n >= buckets - 1
  end

  -- Calls `visit(field)` for each entry; it may not add any.
  function self.each(visit)
    if not half then read() end
    for n = -1, buckets - 1 do
      local all = self.bucket(n)
      for i = 1, #all, 2 do
        if all[i] ~= '' then visit(all[i]) end
      end
    end
  end

  -- To be called once at the end.
  function self.close()
    if dirty then call('HSET', root, '', pack('>I4I6', buckets, entries)) end
  end

  return self
end
