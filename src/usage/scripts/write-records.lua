-- Writes the records that the facts changed, and sums up what follows from them: reference counts, counters, and what the
-- project holds. A project holds a content while its refCount is above 0.
--
-- Included after change-records.lua; has no KEYS, ARGV or reply of its own.

local counterDelta -- field of META -> the amount to add
local holdingChanges -- a list of: sign c1, size I6, key c16; sign: '+' holds it from now on, '-' no longer holds it

local function addToRefCount(key, by)
  local b = readBlob(key)
  b.refCount, b.isDirty = b.refCount + by, true
end

local function addToRefCounts(keys, by)
  local isDone = {} -- a manifest may name one layer twice
  for pos = 1, #keys, 16 do
    local key = string.sub(keys, pos, pos + 15)
    if not isDone[key] then
      isDone[key] = true
      addToRefCount(key, by)
    end
  end
end

local function addToManifestCount(repository, by)
  local before = repository.manifestCount
  repository.manifestCount, repository.isDirty = before + by, true
  if before == 0 then counterDelta.repositories = counterDelta.repositories + 1 end
  if before + by == 0 then counterDelta.repositories = counterDelta.repositories - 1 end
end

local function packTags(tags)
  local packed = {}
  for tag, taggedAt in pairs(tags) do packed[#packed + 1] = pack('>I7Bc0', taggedAt, #tag, tag) end
  return #packed, table.concat(packed)
end

-- References are known as long as a sighting that carried them is left.
local function areReferencesKnown(m)
  for _, image in pairs(m.images) do
    if image.referencesAt > 0 then return true end
  end
  return false
end

-- Counts the manifest's images and their tags. Gives how many images there are, how many there were, and the packed images.
local function packImages(m)
  local imageCount, imageCountBefore, packed = 0, 0, {}
  for id, tagCountBefore in pairs(m.tagCountsBefore) do
    imageCountBefore = imageCountBefore + 1
    counterDelta.tags = counterDelta.tags - tagCountBefore
    if not m.images[id] then addToManifestCount(repositoriesById[id], -1) end
  end
  for id, image in pairs(m.images) do
    imageCount = imageCount + 1
    local tagCount, tags = packTags(image.tags)
    counterDelta.tags = counterDelta.tags + tagCount
    if not m.tagCountsBefore[id] then addToManifestCount(repositoriesById[id], 1) end
    packed[imageCount] = pack('>I4I7I7I7I2', id, image.pushedAt, image.pulledAt, image.referencesAt, tagCount) .. tags
  end
  return imageCount, imageCountBefore, table.concat(packed)
end

local function updateRefCounts(key, m, isPresent)
  if isPresent and not m.wasPresent then addToRefCount(key, 1) end
  if m.wasPresent and not isPresent then addToRefCount(key, -1) end
  if m.wasPresent == isPresent and m.referencesBefore == m.references and m.blobsBefore == m.blobs then return end
  if isPresent then addToRefCounts(string.sub(m.references, 1, m.blobs * 16), 1) end
  if m.wasPresent then addToRefCounts(string.sub(m.referencesBefore, 1, m.blobsBefore * 16), -1) end
end

local function writeManifest(key, m)
  if m.extent > 0 and not areReferencesKnown(m) then
    m.extent, m.references, m.blobs, m.children, m.subjects, m.contentsSize = 0, '', 0, 0, 0, 0
  end
  local imageCount, imageCountBefore, images = packImages(m)
  local isPresent = imageCount > 0
  counterDelta.manifests = counterDelta.manifests + imageCount - imageCountBefore
  counterDelta.referenced = counterDelta.referenced
    + imageCount * (m.size + m.contentsSize) - imageCountBefore * m.totalSizeBefore
  if m.wasPresent and m.extentBefore == 0 then counterDelta.unresolved = counterDelta.unresolved - 1 end
  if isPresent and m.extent == 0 then counterDelta.unresolved = counterDelta.unresolved + 1 end
  updateRefCounts(key, m, isPresent)
  if isPresent then
    local header = pack('>Bc0I1I5I7I1I2I2I1', #m.digestRest, m.digestRest, m.mediaType, m.size, m.contentsSize, m.extent,
      m.blobs, m.children, m.subjects)
    call('HSET', MANIFESTS, key, header .. m.references .. images)
  else
    call('HDEL', MANIFESTS, key)
  end
end

local function addHoldingChange(sign, size, key)
  holdingChanges[#holdingChanges + 1] = pack('>c1I6c16', sign, size, key)
end

local function writeBlob(key, b)
  b.size = math.max(b.size, digests[key] and digests[key].size or 0)
  local isHeld, isLinked = b.refCount > 0, next(b.links) ~= nil
  if b.wasHeld then
    counterDelta.unique = counterDelta.unique - b.sizeBefore
    if not isHeld or b.size ~= b.sizeBefore then addHoldingChange('-', b.sizeBefore, key) end
  end
  if isHeld then
    counterDelta.unique = counterDelta.unique + b.size
    if not b.wasHeld or b.size ~= b.sizeBefore then addHoldingChange('+', b.size, key) end
  end
  if b.wasUnreferenced then counterDelta.unreferenced = counterDelta.unreferenced - b.sizeBefore end
  if isLinked and not isHeld then counterDelta.unreferenced = counterDelta.unreferenced + b.size end
  if isHeld or isLinked then
    local packed = { pack('>I6I4', b.size, b.refCount) }
    for id, at in pairs(b.links) do packed[#packed + 1] = pack('>I4I7', id, at) end
    BLOBS:set(key, table.concat(packed))
  else
    BLOBS:remove(key)
  end
end

local function writeRecords()
  for key, m in pairs(manifests) do
    if m.isDirty then writeManifest(key, m) end
  end
  for key, b in pairs(blobs) do -- after the manifests, which change reference counts
    if b.isDirty then writeBlob(key, b) end
  end
  for name, repository in pairs(repositories) do
    if repository.isDirty then
      local record = pack('>I4I4I7', repository.id, repository.manifestCount, repository.droppedAt)
      call('HSET', REPOSITORIES, name, record)
    end
  end
  BLOBS:saveState()
  TAGS:saveState()
  TOMBSTONES:saveState()
end
