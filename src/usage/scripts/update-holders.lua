-- Updates a registry's record of which projects hold a content, from the outbox of one project. From it follow the bytes
-- that only one project holds.
--
-- Each outbox entry is applied once and in order: `seq` guards against a worker that repeats or overtakes another. An
-- entry says what the project holds and with which size. It does not say by how much to change a number, so a wrong size
-- goes away with its project.
--
-- KEYS  1 holders     key of a content -> form I1, size I5, others I3 if form is 1, others * (holder I3, size I5), then the
--                     holders I3 each whose size is `size`; measured ones come first (a table)
--                     holder: a project number, plus MEASURED if the size is measured there
--       2 projects    project path -> project number
--       3 applied     project number -> seq of its last entry that was applied
--       4 exclusive   project number -> bytes that no other project holds; 'total' -> bytes held by any project, each
--                     content once; 'layout' -> LAYOUT
-- ARGV  1 project path, then its outbox entries (write-changes.lua): seq I7, changes * (sign c1, size I6, key c16)
-- Reply how many entries were applied

local PROJECTS, APPLIED, EXCLUSIVE = KEYS[2], KEYS[3], KEYS[4]
local HOLDERS = openTable(KEYS[1], hashOfDigest)
local LAYOUT, HOLDER_BYTES, OTHER_BYTES, MEASURED = '2', 3, 8, 8388608

local state = call('HMGET', EXCLUSIVE, 'total', 'layout')
if state[1] and state[2] ~= LAYOUT then
  error({ err = 'LAYOUT ' .. EXCLUSIVE .. ' was written by another version of Tallyman. Build the index again (docs/usage.md, The layout)' })
end
if not state[2] then call('HSET', EXCLUSIVE, 'layout', LAYOUT) end

local path = ARGV[1]
local number = call('HGET', PROJECTS, path)
if not number then
  number = call('HLEN', PROJECTS) + 1
  call('HSET', PROJECTS, path, number)
end
number = tonumber(number)
local PACKED_STATED, PACKED_MEASURED = pack('>I3', number), pack('>I3', number + MEASURED)

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

-- The position of `packed` in the holders. A plain find is much faster than a loop: 20,000 projects may share a layer.
local function positionOf(packed, holders)
  local pos = string.find(holders, packed, 1, true)
  while pos and (pos - 1) % HOLDER_BYTES > 0 do pos = string.find(holders, packed, pos + 1, true) end
  return pos
end

local function withoutHolder(packed, holders)
  local pos = positionOf(packed, holders)
  if not pos then return holders end
  return string.sub(holders, 1, pos - 1) .. string.sub(holders, pos + HOLDER_BYTES)
end

local function withoutOther(others)
  for pos = 1, #others, OTHER_BYTES do
    if unpackBytes('>I3', others, pos) % MEASURED == number then
      return string.sub(others, 1, pos - 1) .. string.sub(others, pos + OTHER_BYTES)
    end
  end
  return others
end

-- The bytes that a content counts in the whole registry: the largest measured size; the largest stated one if it is
-- measured nowhere.
local function countedSize(size, others, holders)
  local measured, stated = -1, 0
  if holders ~= '' then
    stated = size
    if unpackBytes('>I3', holders) >= MEASURED then measured = size end
  end
  for pos = 1, #others, OTHER_BYTES do
    local holder, otherSize = unpackBytes('>I3I5', others, pos)
    stated = math.max(stated, otherSize)
    if holder >= MEASURED then measured = math.max(measured, otherSize) end
  end
  return measured >= 0 and measured or stated
end

-- The number and size of the only holder. Nothing if there is none, or several.
local function onlyHolder(size, others, holders)
  if #holders == HOLDER_BYTES and others == '' then return unpackBytes('>I3', holders) % MEASURED, size end
  if #others == OTHER_BYTES and holders == '' then
    local holder, otherSize = unpackBytes('>I3I5', others)
    return holder % MEASURED, otherSize
  end
end

local exclusiveDelta = {} -- field of EXCLUSIVE -> the bytes to add
local function addExclusive(field, bytes) exclusiveDelta[field] = (exclusiveDelta[field] or 0) + bytes end

-- Adds what an entry counts, or takes it away. `sign`: 1 or -1.
local function addEntry(sign, size, others, holders)
  addExclusive('total', sign * countedSize(size, others, holders))
  local only, onlySize = onlyHolder(size, others, holders)
  if only then addExclusive(only, sign * onlySize) end
end

-- `isHeld` is false if the project does not hold the content any more.
local function setHolder(key, isHeld, isMeasured, ownSize)
  local size, others, holders = unpackEntry(HOLDERS:get(key))
  local packed = isMeasured and PACKED_MEASURED or PACKED_STATED
  if isHeld and ownSize == size and positionOf(packed, holders) then return end -- nothing changed
  addEntry(-1, size, others, holders)
  if others ~= '' then others = withoutOther(others) end
  holders = withoutHolder(PACKED_STATED, withoutHolder(PACKED_MEASURED, holders))
  if isHeld then
    if others == '' and holders == '' then size = ownSize end
    if ownSize ~= size then
      others = others .. packed .. pack('>I5', ownSize)
    elseif isMeasured then
      holders = packed .. holders
    else
      holders = holders .. packed
    end
  end
  addEntry(1, size, others, holders)
  if others == '' and holders == '' then
    HOLDERS:remove(key)
  else
    HOLDERS:set(key, packEntry(size, others, holders))
  end
end

local appliedSeq, entriesApplied = tonumber(call('HGET', APPLIED, number) or 0), 0
for i = 2, #ARGV do
  local entry = ARGV[i]
  local seq = unpackBytes('>I7', entry)
  if seq > appliedSeq then
    for pos = 8, #entry, 23 do
      local sign, size, key = unpackBytes('>c1I6c16', entry, pos)
      setHolder(key, sign ~= '-', sign == '*', size)
    end
    appliedSeq, entriesApplied = seq, entriesApplied + 1
  end
end
HOLDERS:saveState()
call('HSET', APPLIED, number, string.format('%.0f', appliedSeq))
for field, bytes in pairs(exclusiveDelta) do
  if bytes ~= 0 then call('HINCRBY', EXCLUSIVE, field, string.format('%.0f', bytes)) end
end
return entriesApplied
