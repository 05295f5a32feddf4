-- Which projects hold a content, and with which size. Few holders are one short text; many are a sorted set, so that a
-- change among 20,000 holders costs no more than one among 200.
--
-- Included after table.lua; has no KEYS, ARGV or reply of its own.
--   holder    a project number, plus MEASURED if the size is measured there
--   an entry  form I1, then
--             form 0: size I5, then the holders I3 each whose size it is; measured ones come first
--             form 1: the same, with the number of others I3 and each of them (holder I3, size I5) before the holders
--             form 2: nothing. The holders are in a sorted set: project number I3, by size, plus MEASURED_SCORE if it is
--             measured there

local HOLDER_BYTES, OTHER_BYTES, MEASURED, MEASURED_SCORE = 3, 8, 8388608, 2199023255552 -- 2^23, 2^41
local MAX_LISTED, MIN_IN_SET = 128, 64 -- holders; an entry becomes a set above MAX_LISTED, and a list below MIN_IN_SET

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

local function largestInSet(set) return tonumber(call('ZREVRANGE', set, 0, 0, 'WITHSCORES')[2]) % MEASURED_SCORE end

local function scoreOf(isMeasured, size) return string.format('%.0f', isMeasured and size + MEASURED_SCORE or size) end

local function moveToSet(set, size, others, holders)
  forEachListed(size, others, holders, function(number, isMeasured, ofHolder)
    call('ZADD', set, scoreOf(isMeasured, ofHolder), pack('>I3', number))
  end)
end

-- Gives the size, others and holders of a set, which it deletes.
local function moveToList(set)
  local size, others, holders = 0, '', ''
  local members = call('ZRANGE', set, 0, -1, 'WITHSCORES')
  for i = 1, #members, 2 do
    local score = tonumber(members[i + 1])
    size, others, holders = listWith(size, others, holders, unpackBytes('>I3', members[i]), true,
      score >= MEASURED_SCORE, score % MEASURED_SCORE)
  end
  call('DEL', set)
  return size, others, holders
end
