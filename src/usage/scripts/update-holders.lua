-- Updates a registry's record of which projects hold a content, from the outbox of one project. From it follow the bytes
-- that only one project holds.
--
-- Each outbox entry is applied once and in order: `seq` guards against a worker that repeats or overtakes another. An
-- entry says what the project holds and with which size. It does not say by how much to change a number, so a wrong size
-- goes away with its project.
--
-- Included after holders.lua.
-- KEYS  1 holders     key of a content -> which projects hold it (holders.lua; a table); its keys for entries of form 2
--                     begin with its root, too
--       2 projects    project path -> project number
--       3 applied     project number -> seq of its last entry that was applied
--       4 exclusive   project number -> bytes that no other project holds; 'total' -> bytes held by any project, each
--                     content once; 'layout' -> LAYOUT
--       5 the registry's base, which never exists (src/usage/keys.ts)
-- ARGV  1 project path, then its outbox entries (write-changes.lua): seq I7, changes * (sign c1, size I6, key c16)
-- Reply how many entries were applied

local PROJECTS, APPLIED, EXCLUSIVE = KEYS[2], KEYS[3], KEYS[4]
local HOLDERS = openTable(KEYS[1])
local LAYOUT = '3'

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

local exclusiveDelta = {} -- field of EXCLUSIVE -> the bytes to add
local function addExclusive(field, bytes) exclusiveDelta[field] = (exclusiveDelta[field] or 0) + bytes end

-- Adds what a content counts, or takes it away. `sign`: 1 or -1. `only`: number of its only holder, nil if there is none.
local function count(sign, size, only, onlySize)
  addExclusive('total', sign * size)
  if only then addExclusive(only, sign * onlySize) end
end

local function setListed(key, entry, isHeld, isMeasured, ownSize)
  local size, others, holders = unpackEntry(entry)
  local newSize, newOthers, newHolders = listWith(size, others, holders, number, isHeld, isMeasured, ownSize)
  if newSize == size and newOthers == others and newHolders == holders then return end
  count(-1, countListed(size, others, holders))
  count(1, countListed(newSize, newOthers, newHolders))
  if newOthers == '' and newHolders == '' then
    HOLDERS:remove(key)
  elseif #newOthers / OTHER_BYTES + #newHolders / HOLDER_BYTES > MAX_LISTED then
    local many = openMany(KEYS[1], key, nil, newSize)
    forEachListed(newSize, newOthers, newHolders, function(...) addToMany(many, ...) end)
    HOLDERS:set(key, packMany(many))
  else
    HOLDERS:set(key, packEntry(newSize, newOthers, newHolders))
  end
end

-- Many hold the content, so none of them is the only one.
local function setAmongMany(key, entry, isHeld, isMeasured, ownSize)
  local many = openMany(KEYS[1], key, entry)
  count(-1, countMany(many))
  removeFromMany(many, number)
  if isHeld then addToMany(many, number, isMeasured, ownSize) end
  count(1, countMany(many))
  if numberOfMany(many) < MIN_MANY then
    HOLDERS:set(key, packEntry(moveToList(many)))
  else
    HOLDERS:set(key, packMany(many))
  end
end

-- `isHeld` is false if the project does not hold the content any more.
local function setHolder(key, isHeld, isMeasured, ownSize)
  local entry = HOLDERS:get(key)
  if entry and string.byte(entry, 1) == 2 then
    setAmongMany(key, entry, isHeld, isMeasured, ownSize)
  else
    setListed(key, entry, isHeld, isMeasured, ownSize)
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
