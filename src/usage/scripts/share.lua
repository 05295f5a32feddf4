-- Tells a registry which contents a project holds, so that what only one project holds is known.
--
-- A project's outbox entries are applied once each and in order: `seq` guards against a worker that repeats
-- or overtakes another.
--
-- KEYS  1 holders   key -> the numbers of the projects that hold the content, I3 each (a table)
--       2 projects  path -> number
--       3 applied   project number -> seq of its last entry
--       4 exclusive project number -> bytes that no other project holds; 'total' -> bytes held by any, each once
-- ARGV  1 project path, then the outbox entries: seq I7, ops * (sign c1, size I6, key c16)
-- Reply entries applied

local PROJECTS, APPLIED, EXCLUSIVE = KEYS[2], KEYS[3], KEYS[4]
local HOLDERS = openTable(KEYS[1], hashOfDigest)

local number = call('HGET', PROJECTS, ARGV[1])
if not number then
  number = call('HLEN', PROJECTS) + 1
  call('HSET', PROJECTS, ARGV[1], number)
end
number = tonumber(number)
local me = pack('>I3', number)
local applied = tonumber(call('HGET', APPLIED, number) or 0)
local exclusive = {}
local function count(whose, bytes) exclusive[whose] = (exclusive[whose] or 0) + bytes end

local function without(set)
  for pos = 1, #set, 3 do
    if string.sub(set, pos, pos + 2) == me then return string.sub(set, 1, pos - 1) .. string.sub(set, pos + 3) end
  end
end

local done = 0
for i = 2, #ARGV do
  local entry = ARGV[i]
  local seq = unpackBytes('>I7', entry)
  if seq > applied then
    for pos = 8, #entry, 23 do
      local sign, size, key = unpackBytes('>c1I6c16', entry, pos)
      local set = HOLDERS:get(key) or ''
      local others = without(set)
      if sign == '+' and not others then
        if set == '' then
          count(number, size)
          count('total', size)
        elseif #set == 3 then
          count(unpackBytes('>I3', set), -size)
        end
        HOLDERS:put(key, set .. me)
      elseif sign == '-' and others then
        if others == '' then
          count(number, -size)
          count('total', -size)
          HOLDERS:remove(key)
        else
          if #others == 3 then count(unpackBytes('>I3', others), size) end
          HOLDERS:put(key, others)
        end
      end
    end
    applied, done = seq, done + 1
  end
end
HOLDERS:close()
call('HSET', APPLIED, number, string.format('%.0f', applied))
for whose, bytes in pairs(exclusive) do
  if bytes ~= 0 then call('HINCRBY', EXCLUSIVE, whose, bytes) end
end
return done
