-- Changes the records of the open project in memory, as facts say. src/usage/model.ts defines what must come of it.
--
-- Included after project.lua; has no KEYS, ARGV or reply of its own. Marks what it changes as `isDirty`.

local UNTAG, PUSH, PULL = 0, 1, 2 -- kinds of a tag's write; the latter two also say by what a manifest was sighted
local PULL_GRACE = 5000000 -- µs; a pull that began before a delete may be reported after it
local digests -- key -> { rest, size } of every content that the facts name

local function graceOf(via) return via == PULL and PULL_GRACE or 0 end

local function noteDigest(digest, size)
  local key, rest = string.sub(digest, 1, 16), string.sub(digest, 17)
  local noted = digests[key]
  if not noted then
    digests[key] = { rest = rest, size = size }
  else
    if size > noted.size then noted.size = size end
    if #rest > #noted.rest then noted.rest = rest end
  end
  return key
end

local function addLink(repository, key, at)
  if at <= deletedAt(repository, key) then return end
  local b = readBlob(key)
  local before = b.links[repository.id]
  if not before or at > before then
    b.links[repository.id] = at
    b.isDirty = true
  end
end

local function isGreater(key, other) -- byte by byte: Lua's `<` depends on the server's locale
  for i = 1, 16 do
    local x, y = string.byte(key, i), string.byte(other, i)
    if x ~= y then return x > y end
  end
  return false
end

local NO_KEY = string.rep('\0', 16)

-- Whether one write of a tag wins over another: a push or untag over a pull, then the later, then an untag over a push,
-- then the greater key.
local function beats(at, kind, key, otherAt, otherKind, otherKey)
  if (kind == PULL) ~= (otherKind == PULL) then return otherKind == PULL end
  if at ~= otherAt then return at > otherAt end
  if kind ~= otherKind then return kind == UNTAG end
  return isGreater(key, otherKey)
end

local function writeTag(repository, tag, at, kind, key)
  local oldAt, oldKind, oldKey = readTag(repository, tag)
  if oldAt then
    if not beats(at, kind, key, oldAt, oldKind, oldKey) then return end
    if oldKind ~= UNTAG then
      local old = readManifest(oldKey)
      local image = old.images[repository.id]
      if image and image.tags[tag] then
        image.tags[tag] = nil
        old.isDirty = true
      end
    end
  end
  TAGS:set(repository.packedId .. tag, pack('>I7I1c16', at, kind, key))
  if kind == UNTAG then return end
  local m = readManifest(key)
  local image = m.images[repository.id]
  if image and at > deletedAt(repository, key) + graceOf(kind) then
    image.tags[tag] = at
    m.isDirty = true
  end
end

-- Whether an earlier sighting proves that one at `at` is later than every deletion: a pull before it, or a push at least
-- PULL_GRACE before it. True for nearly all pulls, and saves the read of a tombstone.
local function isProvenAlive(image, at)
  return image and ((image.pulledAt > 0 and at >= image.pulledAt)
    or (image.pushedAt > 0 and at >= image.pushedAt + PULL_GRACE))
end

local function addSighting(repository, key, at, via, size, mediaType, references)
  local m = readManifest(key)
  local grace = graceOf(via)
  local image = m.images[repository.id]
  if not isProvenAlive(image, at) and at <= deletedAt(repository, key) + grace then return end
  m.size, m.isDirty = math.max(m.size, size), true
  if mediaType ~= 0 then m.mediaType = mediaType end
  if #digests[key].rest > #m.digestRest then m.digestRest = digests[key].rest end
  if not image then
    image = { pushedAt = 0, pulledAt = 0, referencesAt = 0, tags = {} }
    m.images[repository.id] = image
  end
  local field = via == PULL and 'pulledAt' or 'pushedAt'
  image[field] = math.max(image[field], at)
  if not references then return end
  image.referencesAt = math.max(image.referencesAt, at - grace)
  if references.extent > m.extent then
    m.extent, m.references, m.contentsSize = references.extent, references.packed, references.contentsSize
    m.blobs, m.children, m.subjects = #references.blobKeys, references.children, references.subjects
  end
end

-- Deletes a content from a repository as of `at`: its sightings, tags and link that are not later.
local function deleteUpTo(repository, key, at)
  local m = readManifest(key)
  local image = m.images[repository.id]
  if image then
    m.isDirty = true
    if image.pushedAt <= at then image.pushedAt = 0 end
    if image.pulledAt <= at + PULL_GRACE then image.pulledAt = 0 end
    if image.referencesAt <= at then image.referencesAt = 0 end
    if image.pushedAt == 0 and image.pulledAt == 0 then
      m.images[repository.id] = nil
    else
      for tag in pairs(image.tags) do
        local taggedAt, kind = readTag(repository, tag)
        if taggedAt <= at + graceOf(kind) then image.tags[tag] = nil end
      end
    end
  end
  local b = readBlob(key)
  local linkedAt = b.links[repository.id]
  if linkedAt and linkedAt <= at then
    b.links[repository.id] = nil
    b.isDirty = true
  end
end

local function deleteDigest(repository, key, at)
  if at <= deletedAt(repository, key) then return end
  local field = repository.packedId .. key
  deletedAtByField[field] = at
  TOMBSTONES:set(field, pack('>I7', at))
  deleteUpTo(repository, key, at)
end

local function dropRepository(repository, at)
  if at <= repository.droppedAt then return end
  repository.droppedAt, repository.isDirty = at, true
  for _, key in ipairs(call('HKEYS', MANIFESTS)) do deleteUpTo(repository, key, at) end
  BLOBS:forEachField(function(key) deleteUpTo(repository, key, at) end)
  -- Those of earlier facts in this call are not written yet.
  for key in pairs(manifests) do deleteUpTo(repository, key, at) end
  for key in pairs(blobs) do deleteUpTo(repository, key, at) end
end
