-- One project's part of the index: what its tables hold, read once and remembered until another is opened.
--
-- KEYS  meta, repositories, manifests, blobs, tags, tombstones: of the project that is opened the first six
-- Records (big-endian; L is a length I1 and that many bytes). A content's key is the first 16 bytes of its digest
-- (128 bits: an accidental collision is out of reach).
--   repositories  name            -> id I4, manifests I4, droppedAt I7
--   manifests     key             -> rest of digest L, type I1, size I5, contents I7, known I1,
--                                    blobs I2, children I2, subjects I1, the key c16 of each in that order,
--                                    then for each repository: id I4, pushedAt I7, pulledAt I7, toldAt I7, tags I2 * (at I7, L)
--                 toldAt: of the last sighting that told the references (a pull's less the grace that it needs)
--                 contents: bytes of its config and layers; known: 0 references are not known, 1 but for a subject, 2 all
--   blobs         key             -> size I6, holders I4, links * (repository id I4, at I7)            (a table)
--   tags          id I4 .. tag    -> at I7, kind I1 (0 deleted, 1 pushed, 2 seen in a pull), key c16   (a table)
--   tombstones    id I4 .. key    -> deletedAt I7                                                      (a table)
-- `holders` counts the project's present manifests that are this content or reference it.

local META, REPOS, MANIFESTS, BLOBS, TAGS, TOMBS
local repos, reposById, tombs, manifests, blobs

-- `first`: the number of its first key.
local function openProject(first)
  META, REPOS, MANIFESTS = KEYS[first], KEYS[first + 1], KEYS[first + 2]
  BLOBS, TAGS = openTable(KEYS[first + 3], hashOfDigest), openTable(KEYS[first + 4], hashOfAny)
  TOMBS = openTable(KEYS[first + 5], hashOfAny)
  repos, reposById, tombs, manifests, blobs = {}, {}, {}, {}, {}
end

local function repository(name)
  local repo = repos[name]
  if repo then return repo end
  local record = call('HGET', REPOS, name)
  if record then
    local id, manifests, droppedAt = unpackBytes('>I4I4I7', record)
    repo = { id = id, manifests = manifests, droppedAt = droppedAt }
  else
    repo = { id = call('HINCRBY', META, 'nextRepository', 1), manifests = 0, droppedAt = 0, dirty = true }
  end
  repo.packed = pack('>I4', repo.id)
  repos[name] = repo
  reposById[repo.id] = repo
  return repo
end

local function tombstone(repo, key)
  local field = repo.packed .. key
  local at = tombs[field]
  if not at then
    local record = TOMBS:get(field)
    at = record and unpackBytes('>I7', record) or 0
    tombs[field] = at
  end
  return math.max(at, repo.droppedAt)
end

local function manifest(key)
  local m = manifests[key]
  if m then return m end
  m = { places = {}, before = {}, rest = '', refs = '', blobs = 0, children = 0, subjects = 0, known = 0, contents = 0, size = 0,
    type = 0 }
  local record = call('HGET', MANIFESTS, key)
  if record then
    local pos
    m.rest, m.type, m.size, m.contents, m.known, m.blobs, m.children, m.subjects, pos =
      unpackBytes('>Bc0I1I5I7I1I2I2I1', record)
    local length = (m.blobs + m.children + m.subjects) * 16
    m.refs = string.sub(record, pos, pos + length - 1)
    pos = pos + length
    while pos <= #record do
      local id, pushedAt, pulledAt, toldAt, tagCount
      id, pushedAt, pulledAt, toldAt, tagCount, pos = unpackBytes('>I4I7I7I7I2', record, pos)
      local tags = {}
      for _ = 1, tagCount do
        local at, tag
        at, tag, pos = unpackBytes('>I7Bc0', record, pos)
        tags[tag] = at
      end
      m.places[id] = { pushedAt = pushedAt, pulledAt = pulledAt, toldAt = toldAt, tags = tags }
      m.before[id] = tagCount
    end
  end
  m.heldBefore, m.knownBefore, m.weightBefore = next(m.before) ~= nil, m.known, m.size + m.contents
  m.refsBefore, m.blobsBefore = m.refs, m.blobs
  manifests[key] = m
  return m
end

local function blob(key)
  local b = blobs[key]
  if b then return b end
  b = { size = 0, holders = 0, links = {} }
  local record = BLOBS:get(key)
  if record then
    local pos
    b.size, b.holders, pos = unpackBytes('>I6I4', record)
    while pos <= #record do
      local id, at
      id, at, pos = unpackBytes('>I4I7', record, pos)
      b.links[id] = at
    end
  end
  b.sizeBefore, b.heldBefore, b.looseBefore = b.size, b.holders > 0, b.holders == 0 and next(b.links) ~= nil
  blobs[key] = b
  return b
end

local function readTag(repo, tag)
  local record = TAGS:get(repo.packed .. tag)
  if record then return unpackBytes('>I7I1c16', record) end
end
