-- Updates a registry's record of which projects hold a content, from the outbox of one project. From it follow the bytes
-- that only one project holds.
--
-- Each outbox entry is applied once and in order: `seq` guards against a worker that repeats or overtakes another.
--
-- KEYS  1 holders     key of a content -> numbers of the projects that hold it, I3 each (a table)
--       2 projects    project path -> project number
--       3 applied     project number -> seq of its last entry that was applied
--       4 exclusive   project number -> bytes that no other project holds; 'total' -> bytes held by any project, each
--                     content once
-- ARGV  1 project path, then its outbox entries (write-changes.lua): seq I7, changes * (sign c1, size I6, key c16)
-- Reply how many entries were applied

local PROJECTS, APPLIED, EXCLUSIVE = KEYS[2], KEYS[3], KEYS[4]
local HOLDERS = openTable(KEYS[1], hashOfDigest)
local NUMBER_BYTES = 3

local path = ARGV[1]
local number = call('HGET', PROJECTS, path)
if not number then
  number = call('HLEN', PROJECTS) + 1
  call('HSET', PROJECTS, path, number)
end
number = tonumber(number)
local packedNumber = pack('>I3', number)

local exclusiveDelta = {} -- field of EXCLUSIVE -> the bytes to add
local function addExclusive(field, bytes) exclusiveDelta[field] = (exclusiveDelta[field] or 0) + bytes end

-- The holders but for this project; nil if it is not among them.
local function otherHolders(holders)
  for pos = 1, #holders, NUMBER_BYTES do
    if string.sub(holders, pos, pos + NUMBER_BYTES - 1) == packedNumber then
      return string.sub(holders, 1, pos - 1) .. string.sub(holders, pos + NUMBER_BYTES)
    end
  end
end

local function addHolder(key, holders, size)
  if holders == '' then
    addExclusive(number, size)
    addExclusive('total', size)
  elseif #holders == NUMBER_BYTES then -- one project held it alone until now
    addExclusive(unpackBytes('>I3', holders), -size)
  end
  HOLDERS:set(key, holders .. packedNumber)
end

local function removeHolder(key, others, size)
  if others == '' then
    addExclusive(number, -size)
    addExclusive('total', -size)
    HOLDERS:remove(key)
    return
  end
  if #others == NUMBER_BYTES then addExclusive(unpackBytes('>I3', others), size) end
  HOLDERS:set(key, others)
end

local appliedSeq, entriesApplied = tonumber(call('HGET', APPLIED, number) or 0), 0
for i = 2, #ARGV do
  local entry = ARGV[i]
  local seq = unpackBytes('>I7', entry)
  if seq > appliedSeq then
    for pos = 8, #entry, 23 do
      local sign, size, key = unpackBytes('>c1I6c16', entry, pos)
      local holders = HOLDERS:get(key) or ''
      local others = otherHolders(holders)
      if sign == '+' and not others then
        addHolder(key, holders, size)
      elseif sign == '-' and others then
        removeHolder(key, others, size)
      end
    end
    appliedSeq, entriesApplied = seq, entriesApplied + 1
  end
end
HOLDERS:saveState()
call('HSET', APPLIED, number, string.format('%.0f', appliedSeq))
for field, bytes in pairs(exclusiveDelta) do
  if bytes ~= 0 then call('HINCRBY', EXCLUSIVE, field, bytes) end
end
return entriesApplied
