-- Does pending work of a project, as much as fits one short call. Idempotent: a call that is repeated does what is left.
--
-- <base>pending is a hash with two kinds of work:
--   'm' .. key of a manifest      -> ''            it claims blobs that it should not, or not all that it should
--   'r' .. name of a repository   -> position      it was dropped, and may have contents from before; '' or 'images <bucket>'
--                                                  or 'links <bucket>', the next bucket to go through
-- KEYS  1 the project's base, 2 its meta
-- ARGV  how much the call may do: 1 work (records.lua), 2 claims (claims.lua)
-- Reply as from apply.lua, for one project and no facts

-- Deletes what is in a dropped repository from before the drop, from a bucket on. Gives the position to go on from; nil at
-- the end. A split moves entries to later buckets only, so none is missed. A call that stops within a bucket has removed
-- some of its entries, so the calls come to an end.
local function bury(repository, position)
  local part, n = string.match(position, '^(%a+) (%d+)$')
  part, n = part or 'images', tonumber(n or 0)
  while part do
    local contents = tableOf(repository, part)
    local isLast
    repeat
      local entries, removed
      entries, isLast = contents:readBucket(n)
      for i = 1, #entries, 2 do
        if removed and workLeft <= 0 then return part .. ' ' .. n end
        local list = readManifest(entries[i]).list
        if deleteUpTo(repository, entries[i], repository.droppedAt) then
          removed = true
          charge(list)
        end
      end
      n = n + 1
    until isLast or workLeft <= 0
    if isLast then part, n = part == 'images' and 'links' or nil, 0 end
    if part and workLeft <= 0 then return part .. ' ' .. n end
  end
  return nil
end

workLeft, claimsLeft = tonumber(ARGV[1]), tonumber(ARGV[2])
beginChanges(KEYS[1])
local cursor, page = '0'
repeat -- a page may be empty
  local reply = call('HSCAN', PENDING, cursor, 'COUNT', 100)
  cursor, page = reply[1], reply[2]
until #page > 0 or cursor == '0'
local drops = {} -- after the claims, so that these do not heap up
for i = 1, #page, 2 do
  local kind, name = string.sub(page[i], 1, 1), string.sub(page[i], 2)
  if kind == 'r' then
    drops[name] = page[i + 1]
  elseif workLeft > 0 then
    local m = readManifest(name)
    m.isDirty = true
    charge(m.claimed or m.list)
  end
end
for name, position in pairs(drops) do
  if workLeft <= 0 then break end
  position = bury(readRepository(name), position)
  if position then call('HSET', PENDING, 'r' .. name, position) else call('HDEL', PENDING, 'r' .. name) end
end
local reply = writeChanges()
reply[#reply + 1] = '0'
return table.concat(reply, ' ')
