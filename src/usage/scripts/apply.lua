-- Applies facts to the usage indexes of projects, as many as fit one short call.
--
-- The index is a function of the set of facts (src/usage/model.ts defines it, with the same names): any order, any
-- duplication and any replay end in the same state. Times are epoch µs, sizes are bytes.
--
-- KEYS  for each project its base and its meta (project.lua)
-- ARGV  for each project its facts, then how much the call may do: work (records.lua) and claims (claims.lua).
--       Facts are packed one after the other (big-endian; L is a length I1 and that many bytes):
--         op c1, at I7, source I1 of an age (src/usage/age.ts; 255: the fact tells none), age I7, size I6, media type code I1,
--         repository I2 and that many bytes, digest L, tag L, event id L, actor L, list I4 and that many bytes
--         (src/usage/reference-list.ts; none if references are not known)
--         op: P push of a manifest, G pull of a manifest, p and g presence of a manifest as of a push or a pull,
--         S pull by a scanner, L link of a blob, D delete of a digest, U untag, X drop of a repository
-- Reply for each project a text of numbers, with spaces between: by how many bytes its unique bytes changed, outbox entries,
--       pending pieces of work (continue.lua), how many of its facts were applied (the first ones), then the index (from 0)
--       of each sighting whose manifest has references that are not all known (presences with references aside). '' if none of
--       its facts was applied.

local VIA_OF_OP = { P = PUSH, p = PUSH, G = PULL, g = PULL }
local NO_AGE = 255
local eventManifests -- index of a fact that may leave references unknown -> key of its manifest

-- Gives the position of the next fact.
local function applyAt(facts, pos, index)
  local op, at, source, age, size, mediaType, name, digest, tag, id, actor, list
  op, at, source, age, size, mediaType, name, digest, tag, id, actor, list, pos =
    unpackBytes('>c1I7I1I7I6I1I2c0Bc0Bc0Bc0Bc0I4c0', facts, pos)
  charge(list)
  local repository = readRepository(name)
  local key = digest ~= '' and string.sub(digest, 1, 16) or NO_KEY
  local via = VIA_OF_OP[op]
  if via then
    local references = list ~= '' and list or nil
    local isNew = op == 'P' and next(readManifest(key).images) == nil
    local image = addSighting(repository, key, string.sub(digest, 17), at, via, source == EVENT, size, mediaType, references)
    if tag ~= '' then
      local kind = via == PULL and TAG_PULLED or TAG_SEEN + (source == NO_AGE and SEEN or source)
      writeTag(repository, tag, { at = at, kind = kind, key = key, age = age, actor = actor })
    elseif image and source < EVENT then
      addAge(image, at, source, age, deletedAt(repository, key))
    end
    if op == 'P' or op == 'G' or list == '' then eventManifests[index] = key end
    if op == 'P' then notePush(at, actor) end
    if isNew and image then arrivals[#arrivals + 1] = { key, name, tag, actor } end
    if op == 'G' then
      latest.lastPull = math.max(latest.lastPull or 0, at)
      countOnce('pulls', id)
    end
  elseif op == 'S' then
    countOnce('scans', id)
  elseif op == 'L' then
    addLink(repository, key, string.sub(digest, 17), at, size)
  elseif op == 'D' then
    deleteDigest(repository, key, at)
  elseif op == 'U' then
    writeTag(repository, tag, { at = at, kind = UNTAGGED, key = NO_KEY, age = at, actor = '' })
  elseif op == 'X' then
    dropRepository(repository, at)
  end
  return pos
end

local function applyTo(base, facts)
  beginChanges(base)
  eventManifests = {}
  local pos, applied = 1, 0
  while pos <= #facts and workLeft > 0 do
    pos = applyAt(facts, pos, applied)
    applied = applied + 1
  end
  local reply = writeChanges()
  reply[#reply + 1] = decimal(applied)
  for index, key in pairs(eventManifests) do
    local m = readManifest(key)
    if extentOf(m.list) < 2 and next(m.images) ~= nil then reply[#reply + 1] = index end
  end
  return table.concat(reply, ' ')
end

workLeft, claimsLeft = tonumber(ARGV[#ARGV - 1]), tonumber(ARGV[#ARGV])
local replies = {}
for project = 1, #KEYS / 2 do
  replies[project] = workLeft > 0 and applyTo(KEYS[2 * project - 1], ARGV[project]) or ''
end
return replies
