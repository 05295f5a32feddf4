-- Applies facts to the usage indexes of projects. The facts of each project are applied atomically.
--
-- The index is a function of the set of facts (src/usage/model.ts defines it, with the same names): any order, any
-- duplication and any replay end in the same state. Times are epoch µs, sizes are bytes.
--
-- KEYS  for each project ten: seven as in project.lua, then outbox, eventIds, olderEventIds as in write-changes.lua
-- ARGV  for each project its facts, one after the other (big-endian; L is a length I1 and that many bytes):
--         op c1, at I7, size I6, media type code I1, repository I2 and that many bytes, digest L, tag L, event id L,
--         extent I1 (0 references are not known, 1 all but a subject, 2 all),
--         references I2 * (kind I1 (0 blob, 1 child, 2 subject), size I6, digest L)
--         op: P push of a manifest, G pull of a manifest, p and g presence of a manifest as of a push or a pull,
--         S pull by a scanner, L link of a blob, D delete of a digest, U untag, X drop of a repository
-- Reply for each project a text of numbers, with spaces between: uniqueBytes, by how much they changed, outbox entries,
--       then the index (from 0) of each push and pull whose manifest has references that are not all known

local KEYS_PER_PROJECT = 10
local facts, pos -- the project's packed facts, and where the next one begins
local eventManifests -- index of a push's or pull's fact -> key of its manifest

-- Bytes that the number needs, at least 1.
local function widthOf(number)
  local width, bound = 1, 256
  while number >= bound do width, bound = width + 1, bound * 256 end
  return width
end

-- Gives the references as a list (project.lua), nil if they are not known; and the keys of the blobs.
local function unpackReferences(extent, count)
  local keys, sizes, contentsSize, largest = { [0] = {}, {}, {} }, {}, 0, 0 -- keys by kind
  for _ = 1, count do
    local kind, size, digest
    kind, size, digest, pos = unpackBytes('>I1I6Bc0', facts, pos)
    local ofKind = keys[kind]
    ofKind[#ofKind + 1] = noteDigest(digest)
    if kind == 0 then
      sizes[#sizes + 1], contentsSize, largest = size, contentsSize + size, math.max(largest, size)
    end
  end
  if extent == 0 then return nil end
  local blobKeys, childKeys, subjectKeys, width = keys[0], keys[1], keys[2], widthOf(largest)
  local format = '>I' .. width
  for i, size in ipairs(sizes) do sizes[i] = pack(format, size) end
  return pack(LIST_HEADER, extent, contentsSize, #blobKeys, #childKeys, #subjectKeys, width)
    .. table.concat(blobKeys) .. table.concat(childKeys) .. table.concat(subjectKeys) .. table.concat(sizes), blobKeys
end

local VIA_OF_OP = { P = PUSH, p = PUSH, G = PULL, g = PULL }

local function applyNext(index)
  local op, at, size, mediaType, name, digest, tag, id, extent, referenceCount
  op, at, size, mediaType, name, digest, tag, id, extent, referenceCount, pos =
    unpackBytes('>c1I7I6I1I2c0Bc0Bc0Bc0I1I2', facts, pos)
  local list, blobKeys = unpackReferences(extent, referenceCount)
  local repository = readRepository(name)
  local key = digest ~= '' and noteDigest(digest) or NO_KEY
  local via = VIA_OF_OP[op]
  if via then
    addSighting(repository, key, at, via, size, mediaType, list)
    if via == PUSH and list then
      for _, blobKey in ipairs(blobKeys) do addLink(repository, blobKey, at, 0) end
    end
    if tag ~= '' then writeTag(repository, tag, at, via, key) end
    if op == 'P' or op == 'G' then eventManifests[index] = key end
    if op == 'P' then latest.lastPush = math.max(latest.lastPush or 0, at) end
    if op == 'G' then
      latest.lastPull = math.max(latest.lastPull or 0, at)
      countOnce('pulls', id)
    end
  elseif op == 'S' then
    countOnce('scans', id)
  elseif op == 'L' then
    addLink(repository, key, at, size)
  elseif op == 'D' then
    deleteDigest(repository, key, at)
  elseif op == 'U' then
    writeTag(repository, tag, at, UNTAG, NO_KEY)
  elseif op == 'X' then
    dropRepository(repository, at)
  end
end

local replies = {}
for project = 1, #KEYS / KEYS_PER_PROJECT do
  local firstKey = (project - 1) * KEYS_PER_PROJECT + 1
  openProject(firstKey)
  beginChanges(firstKey + 7)
  facts, pos, eventManifests = ARGV[project], 1, {}
  local index = 0
  while pos <= #facts do
    applyNext(index)
    index = index + 1
  end
  local reply = writeChanges()
  for factIndex, key in pairs(eventManifests) do
    local m = readManifest(key)
    if extentOf(m.list) < 2 and next(m.images) ~= nil then reply[#reply + 1] = factIndex end
  end
  replies[project] = table.concat(reply, ' ')
end
return replies
