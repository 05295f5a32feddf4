-- Which projects hold a content, and with which size. Few holders are one short text; many are a table, so that a
-- change among 20,000 holders costs no more than one among 200.
--
-- Included after table.lua; has no KEYS, ARGV or reply of its own.
--   holder    a project number, plus MEASURED if the size is measured there
--   an entry  form I1, then
--             form 0: size I5, then the holders I3 each whose size it is; measured ones come first
--             form 1: the same, with the number of others I3 and each of them (holder I3, size I5) before the holders
--             form 2: size I5, number of holders whose size it is I4, how many of these have it measured I4. The holders are
--             in <root>:in:<key in hex>, a table of project number I3 -> 1 if the size is measured there, else 0. Those with
--             another size are in <root>:of:<key in hex>, a sorted set of project number I3, by size, plus MEASURED_SCORE if
--             it is measured there; nearly always it is empty.

local HOLDER_BYTES, OTHER_BYTES, MEASURED, MEASURED_SCORE = 3, 8, 8388608, 2199023255552 -- 2^23, 2^41
local MAX_LISTED, MIN_MANY = 24, 12 -- holders; an entry gets form 2 above MAX_LISTED, and loses it below MIN_MANY

-- Gives an entry's size, the `others` with another size, and the `holders` with this size.
local function unpackEntry(entry)
  if not entry then return 0, '', '' end
  local form, size, pos = unpackBytes('>I1I5', entry)
  local othersLength = 0
  if form == 1 then
    othersLength, pos = unpackBytes('>I3', entry, pos)
    othersLength = othersLength * OTHER_BYTES
  end
  return size, string.sub(entry, pos, pos + othersLength - 1), string.sub(entry, pos + othersLength)
end

local function packEntry(size, others, holders)
  if others == '' then return pack('>I1I5', 0, size) .. holders end
  return pack('>I1I5I3', 1, size, #others / OTHER_BYTES) .. others .. holders
end

-- Calls `visit(number, isMeasured, size)` for each holder of a listed entry.
local function forEachListed(size, others, holders, visit)
  for pos = 1, #holders, HOLDER_BYTES do
    local holder = unpackBytes('>I3', holders, pos)
    visit(holder % MEASURED, holder >= MEASURED, size)
  end
  for pos = 1, #others, OTHER_BYTES do
    local holder, otherSize = unpackBytes('>I3I5', others, pos)
    visit(holder % MEASURED, holder >= MEASURED, otherSize)
  end
end

-- Gives the entry with the project as a holder of this size, or without the project.
local function listWith(size, others, holders, number, isHeld, isMeasured, ownSize)
  local newSize, newOthers, measured, stated = size, {}, {}, {}
  local isFirst = true
  local function add(holder, isHolderMeasured, holderSize)
    if isFirst then newSize, isFirst = holderSize, false end
    local packed = pack('>I3', isHolderMeasured and holder + MEASURED or holder)
    if holderSize ~= newSize then
      newOthers[#newOthers + 1] = packed .. pack('>I5', holderSize)
    elseif isHolderMeasured then
      measured[#measured + 1] = packed
    else
      stated[#stated + 1] = packed
    end
  end
  forEachListed(size, others, holders, function(holder, ...)
    if holder ~= number then add(holder, ...) end
  end)
  if isHeld then add(number, isMeasured, ownSize) end
  return newSize, table.concat(newOthers), table.concat(measured) .. table.concat(stated)
end

-- Gives the bytes that a listed content counts in the whole registry (the largest measured size; the largest stated one if it
-- is measured nowhere), and the number and size of its only holder (nil if there is none, or several).
local function countListed(size, others, holders)
  local largest, count, only, onlySize = 0, 0
  forEachListed(size, others, holders, function(number, isMeasured, ofHolder)
    largest = math.max(largest, isMeasured and ofHolder + MEASURED_SCORE or ofHolder)
    count, only, onlySize = count + 1, number, ofHolder
  end)
  if count ~= 1 then only = nil end
  return largest % MEASURED_SCORE, only, onlySize
end

local function scoreOf(isMeasured, size) return string.format('%.0f', isMeasured and size + MEASURED_SCORE or size) end

local function hexOf(key)
  return (string.gsub(key, '.', function(byte) return string.format('%02x', string.byte(byte)) end))
end

-- The holders of an entry of form 2. Without an entry they are none yet, and `size` is that of most.
local function openMany(root, key, entry, size)
  local many = { size = size, count = 0, measured = 0, others = root .. ':of:' .. hexOf(key) }
  if entry then many.size, many.count, many.measured = unpackBytes('>I5I4I4', entry, 2) end
  many.members = openTable(root .. ':in:' .. hexOf(key))
  return many
end

local function packMany(many)
  many.members:saveState()
  return pack('>I1I5I4I4', 2, many.size, many.count, many.measured)
end

local function addToMany(many, number, isMeasured, size)
  local member = pack('>I3', number)
  if size ~= many.size then
    call('ZADD', many.others, scoreOf(isMeasured, size), member)
    return
  end
  many.members:set(member, isMeasured and '1' or '0')
  many.count, many.measured = many.count + 1, many.measured + (isMeasured and 1 or 0)
end

local function removeFromMany(many, number)
  local member = pack('>I3', number)
  local flag = many.members:get(member)
  if not flag then
    call('ZREM', many.others, member)
    return
  end
  many.members:remove(member)
  many.count, many.measured = many.count - 1, many.measured - tonumber(flag)
end

-- The bytes that the content counts in the whole registry, as from countListed.
local function countMany(many)
  local largest = 0
  if many.count > 0 then largest = many.measured > 0 and many.size + MEASURED_SCORE or many.size end
  local top = call('ZREVRANGE', many.others, 0, 0, 'WITHSCORES')[2]
  return math.max(largest, tonumber(top or 0)) % MEASURED_SCORE
end

local function numberOfMany(many) return many.count + call('ZCARD', many.others) end

-- Gives the size, others and holders of many, and deletes their keys. They are fewer than MIN_MANY.
local function moveToList(many)
  local size, others, holders = many.size, '', ''
  many.members:forEachField(function(member)
    size, others, holders = listWith(size, others, holders, (unpackBytes('>I3', member)), true,
      many.members:get(member) == '1', many.size)
  end)
  local rest = call('ZRANGE', many.others, 0, -1, 'WITHSCORES')
  for i = 1, #rest, 2 do
    local score = tonumber(rest[i + 1])
    size, others, holders = listWith(size, others, holders, (unpackBytes('>I3', rest[i])), true, score >= MEASURED_SCORE,
      score % MEASURED_SCORE)
  end
  many.members:unlink()
  call('DEL', many.others)
  return size, others, holders
end
