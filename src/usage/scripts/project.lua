-- One project's part of the index. Records are read once and remembered until another project is opened.
--
-- Words   content: whatever has a digest, a manifest or a blob. key: the first 16 bytes of a content's digest (128 bits;
--         an accidental collision is out of reach). image: a manifest in one repository.
--         sighting: a push, a pull or a presence, that is a fact which says that a manifest was in a repository.
-- KEYS    for each project, its first six: meta, repositories, manifests, blobs, tags, tombstones
-- Records (big-endian; L is a length I1 and that many bytes; times are epoch µs, sizes are bytes)
--   meta          a hash of counters and times (write-changes.lua)
--   repositories  name            -> id I4, number of manifests I4, droppedAt I7 (0: never)
--   manifests     key             -> rest of the digest L, media type code I1, size I5, contentsSize I7, extent I1,
--                                    blobs I2, children I2, subjects I1, the key c16 of each in that order,
--                                    then each image: repository id I4, pushedAt I7, pulledAt I7, referencesAt I7,
--                                    tags I2 * (taggedAt I7, name L)
--                 contentsSize: bytes of its config and layers
--                 extent: how far its references are known (0 not at all, 1 all but a subject, 2 all)
--                 referencesAt: time of the latest sighting that carried the references (a pull's less PULL_GRACE); 0: none
--   blobs         key             -> size I6, refCount I4, links * (repository id I4, at I7)            (a table)
--                 refCount: number of the project's manifests that are this content or reference it
--   tags          repository id I4 .. tag -> the last write: at I7, kind I1 (0 untag, 1 push, 2 pull), key c16   (a table)
--   tombstones    repository id I4 .. key -> deletedAt I7                                               (a table)

local META, REPOSITORIES, MANIFESTS, BLOBS, TAGS, TOMBSTONES
local repositories, repositoriesById, manifests, blobs -- records by name, id or key
local deletedAtByField -- by field of TOMBSTONES

-- `first`: index in KEYS of the project's first key.
local function openProject(first)
  META, REPOSITORIES, MANIFESTS = KEYS[first], KEYS[first + 1], KEYS[first + 2]
  BLOBS, TAGS = openTable(KEYS[first + 3], hashOfDigest), openTable(KEYS[first + 4], hashOfAny)
  TOMBSTONES = openTable(KEYS[first + 5], hashOfAny)
  repositories, repositoriesById, manifests, blobs, deletedAtByField = {}, {}, {}, {}, {}
end

local function readRepository(name)
  local repository = repositories[name]
  if repository then return repository end
  local record = call('HGET', REPOSITORIES, name)
  if record then
    local id, manifestCount, droppedAt = unpackBytes('>I4I4I7', record)
    repository = { id = id, manifestCount = manifestCount, droppedAt = droppedAt }
  else
    local id = call('HINCRBY', META, 'nextRepository', 1)
    repository = { id = id, manifestCount = 0, droppedAt = 0, isDirty = true }
  end
  repository.packedId = pack('>I4', repository.id)
  repositories[name] = repository
  repositoriesById[repository.id] = repository
  return repository
end

-- When a content was last deleted from a repository, alone or with the whole repository; 0 for never.
local function deletedAt(repository, key)
  local field = repository.packedId .. key
  local at = deletedAtByField[field]
  if not at then
    local record = TOMBSTONES:get(field)
    at = record and unpackBytes('>I7', record) or 0
    deletedAtByField[field] = at
  end
  return math.max(at, repository.droppedAt)
end

-- `m.images` are by repository id. What ends in `Before` is as the record had it.
local function readManifest(key)
  local m = manifests[key]
  if m then return m end
  m = { images = {}, tagCountsBefore = {}, digestRest = '', references = '', blobs = 0, children = 0, subjects = 0,
    extent = 0, size = 0, contentsSize = 0, mediaType = 0 }
  local record = call('HGET', MANIFESTS, key)
  if record then
    local pos
    m.digestRest, m.mediaType, m.size, m.contentsSize, m.extent, m.blobs, m.children, m.subjects, pos =
      unpackBytes('>Bc0I1I5I7I1I2I2I1', record)
    local length = (m.blobs + m.children + m.subjects) * 16
    m.references = string.sub(record, pos, pos + length - 1)
    pos = pos + length
    while pos <= #record do
      local id, pushedAt, pulledAt, referencesAt, tagCount
      id, pushedAt, pulledAt, referencesAt, tagCount, pos = unpackBytes('>I4I7I7I7I2', record, pos)
      local tags = {}
      for _ = 1, tagCount do
        local taggedAt, tag
        taggedAt, tag, pos = unpackBytes('>I7Bc0', record, pos)
        tags[tag] = taggedAt
      end
      m.images[id] = { pushedAt = pushedAt, pulledAt = pulledAt, referencesAt = referencesAt, tags = tags }
      m.tagCountsBefore[id] = tagCount
    end
  end
  m.wasPresent, m.extentBefore, m.totalSizeBefore = next(m.tagCountsBefore) ~= nil, m.extent, m.size + m.contentsSize
  m.referencesBefore, m.blobsBefore = m.references, m.blobs
  manifests[key] = m
  return m
end

-- `b.links`: repository id -> time of the latest link.
local function readBlob(key)
  local b = blobs[key]
  if b then return b end
  b = { size = 0, refCount = 0, links = {} }
  local record = BLOBS:get(key)
  if record then
    local pos
    b.size, b.refCount, pos = unpackBytes('>I6I4', record)
    while pos <= #record do
      local id, at
      id, at, pos = unpackBytes('>I4I7', record, pos)
      b.links[id] = at
    end
  end
  b.sizeBefore, b.wasHeld, b.wasUnreferenced = b.size, b.refCount > 0, b.refCount == 0 and next(b.links) ~= nil
  blobs[key] = b
  return b
end

-- Gives at, kind and key of the last write of a tag; nothing where there was none.
local function readTag(repository, tag)
  local record = TAGS:get(repository.packedId .. tag)
  if record then return unpackBytes('>I7I1c16', record) end
end
