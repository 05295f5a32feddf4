-- One project's part of the index. Records are read once and remembered until another project is opened.
--
-- Words   content: a manifest or a blob. key: the first 16 bytes of a content's digest (128 bits;
--         an accidental collision is out of reach). image: a manifest in one repository.
--         sighting: a push, a pull or a presence. It says that a manifest was in a repository at a time.
-- KEYS    for each project, its first seven: meta, repositories, manifests, blobs, tags, tombstones, claims
-- Records (big-endian; L is a length I1 and that many bytes; times are epoch µs, sizes are bytes)
--   meta          a hash of counters and times (write-changes.lua)
--   repositories  name            -> id I4, number of manifests I4, droppedAt I7 (0: never)
--   manifests     key             -> rest of the digest L, media type code I1, lists I1 * list, then each image: repository
--                                    id I4, pushedAt I7, pulledAt I7, sizedAt I7, size I5, listTimes I1 * (number of the
--                                    list, from 0, I1; at I7), tags I2 * (taggedAt I7, name L)
--                 list: its references as sightings told them: extent I1 (1 all but a subject, 2 all), contentsSize I7,
--                                    blobs I2, children I2, subjects I1, width I1, the key c16 of each in that order,
--                                    the size of each blob (width bytes each). The greatest list is the first: it counts.
--                 contentsSize: bytes of its config and layers
--                 sizedAt: time of the latest sighting that told the manifest's own size (a pull's less PULL_GRACE)
--                 listTime: time of the latest sighting that carried the list (a pull's less PULL_GRACE)
--   blobs         key             -> flags I1, size I5, claims I4, and, if its flag is set: baseClaim I5, otherClaims I4,
--                                    ownSize I5; then each link: form I1, repository id I4, at I7, and, if its form says
--                                    so: sizedAt I7, size I5                                              (a table)
--                 The table has manifests as well. ownSize is a manifest's own size, as sightings told it.
--                 flags: 1 it is a manifest of the project, 2 baseClaim follows (else it is size), 4 otherClaims follow
--                 (else 0), 8 ownSize follows (else it is size), 16 size is measured
--                 form: 1 the link has a size, 2 sizedAt follows (else it is at), 4 the link's size follows (else it is size)
--                 claims: number of the project's manifests that reference it. Each states its size. Most state baseClaim;
--                 otherClaims of them state another size, and are in the sorted set `claims`.
--   claims        a sorted set, all scores 0, of: key of a blob c16, size I5, key of a manifest c16
--   tags          repository id I4 .. tag -> the last write: at I7, kind I1 (0 untag, 1 push, 2 pull), key c16   (a table)
--   tombstones    repository id I4 .. key -> deletedAt I7                                               (a table)

local LAYOUT = '2' -- of all records here; META has it since layout 2
local META, REPOSITORIES, MANIFESTS, BLOBS, TAGS, TOMBSTONES, CLAIMS
local repositories, repositoriesById, manifests, blobs -- records by name, id or key
local deletedAtByField -- by field of TOMBSTONES

-- `first`: index in KEYS of the project's first key.
local function openProject(first)
  META, REPOSITORIES, MANIFESTS = KEYS[first], KEYS[first + 1], KEYS[first + 2]
  BLOBS, TAGS = openTable(KEYS[first + 3], hashOfDigest), openTable(KEYS[first + 4], hashOfAny)
  TOMBSTONES, CLAIMS = openTable(KEYS[first + 5], hashOfAny), KEYS[first + 6]
  local state = call('HMGET', META, 'createdAt', 'layout')
  if state[1] and state[2] ~= LAYOUT then
    error({ err = 'LAYOUT ' .. META .. ' was written by another version of Tallyman. Build the index again (docs/usage.md, The layout)' })
  end
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

local LIST_HEADER, LIST_HEADER_BYTES = '>I1I7I2I2I1I1', 14

local function extentOf(list) return list and string.byte(list, 1) or 0 end

local function lengthOfList(record, pos)
  local _, _, blobCount, children, subjects, width = unpackBytes(LIST_HEADER, record, pos)
  return LIST_HEADER_BYTES + (blobCount + children + subjects) * 16 + blobCount * width
end

-- A manifest's own size, from the latest sighting in any repository that told one.
local function ownSizeOf(m)
  local latestAt, size = 0, 0
  for _, image in pairs(m.images) do
    if image.sizedAt > latestAt or image.sizedAt == latestAt and image.size > size then
      latestAt, size = image.sizedAt, image.size
    end
  end
  return size
end

-- `m.images` are by repository id; `image.listTimes` are by list. Fields that end in `Before` are as the record
-- had them.
local function readManifest(key)
  local m = manifests[key]
  if m then return m end
  m = { images = {}, tagCountsBefore = {}, digestRest = '', mediaType = 0 }
  local record = call('HGET', MANIFESTS, key)
  if record then
    local lists, listCount, pos = {}
    m.digestRest, m.mediaType, listCount, pos = unpackBytes('>Bc0I1I1', record)
    for i = 1, listCount do
      local length = lengthOfList(record, pos)
      lists[i] = string.sub(record, pos, pos + length - 1)
      pos = pos + length
    end
    m.list = lists[1]
    while pos <= #record do
      local id, listTimeCount, tagCount
      local image = { listTimes = {}, tags = {} }
      id, image.pushedAt, image.pulledAt, image.sizedAt, image.size, listTimeCount, pos =
        unpackBytes('>I4I7I7I7I5I1', record, pos)
      for _ = 1, listTimeCount do
        local number, at
        number, at, pos = unpackBytes('>I1I7', record, pos)
        image.listTimes[lists[number + 1]] = at
      end
      tagCount, pos = unpackBytes('>I2', record, pos)
      for _ = 1, tagCount do
        local taggedAt, tag
        taggedAt, tag, pos = unpackBytes('>I7Bc0', record, pos)
        image.tags[tag] = taggedAt
      end
      m.images[id] = image
      m.tagCountsBefore[id] = tagCount
    end
  end
  m.wasPresent, m.listBefore, m.ownSizeBefore = next(m.tagCountsBefore) ~= nil, m.list, ownSizeOf(m)
  manifests[key] = m
  return m
end

local IS_MANIFEST, HAS_BASE_CLAIM, HAS_OTHER_CLAIMS, HAS_OWN_SIZE, IS_MEASURED = 1, 2, 4, 8, 16 -- flags of a blob
local IS_SIZED, HAS_SIZED_AT, HAS_SIZE = 1, 2, 4 -- forms of a link
local function hasBit(flags, value) return bit.band(flags, value) ~= 0 end

local function readLinks(b, record, pos)
  while pos <= #record do
    local form, id, at
    form, id, at, pos = unpackBytes('>I1I4I7', record, pos)
    local link = { at = at, sizedAt = 0, size = 0 }
    if hasBit(form, IS_SIZED) then link.sizedAt, link.size = at, b.size end
    if hasBit(form, HAS_SIZED_AT) then link.sizedAt, pos = unpackBytes('>I7', record, pos) end
    if hasBit(form, HAS_SIZE) then link.size, pos = unpackBytes('>I5', record, pos) end
    b.links[id] = link
  end
end

local function isHeld(b) return b.isManifest or b.claims > 0 end

-- `b.links` are by repository id: `at` of the latest link; `sizedAt` and `size` of the latest link that told a size.
local function readBlob(key)
  local b = blobs[key]
  if b then return b end
  b = { size = 0, claims = 0, baseClaim = 0, otherClaims = 0, ownSize = 0, links = {} }
  local record = BLOBS:get(key)
  if record then
    local flags, pos
    flags, b.size, b.claims, pos = unpackBytes('>I1I5I4', record)
    b.isManifest, b.isMeasured = hasBit(flags, IS_MANIFEST), hasBit(flags, IS_MEASURED)
    b.baseClaim, b.ownSize = b.size, b.isManifest and b.size or 0
    if hasBit(flags, HAS_BASE_CLAIM) then b.baseClaim, pos = unpackBytes('>I5', record, pos) end
    if hasBit(flags, HAS_OTHER_CLAIMS) then b.otherClaims, pos = unpackBytes('>I4', record, pos) end
    if hasBit(flags, HAS_OWN_SIZE) then b.ownSize, pos = unpackBytes('>I5', record, pos) end
    readLinks(b, record, pos)
  end
  b.sizeBefore, b.wasMeasured, b.wasHeld = b.size, b.isMeasured, isHeld(b)
  b.wasUnreferenced = not b.wasHeld and next(b.links) ~= nil
  blobs[key] = b
  return b
end

-- Gives at, kind and key of the last write of a tag. Gives nothing if there was none.
local function readTag(repository, tag)
  local record = TAGS:get(repository.packedId .. tag)
  if record then return unpackBytes('>I7I1c16', record) end
end
