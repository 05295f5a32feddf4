-- Writes the records that the facts changed, and updates what follows from them: claims, counters, and what the project
-- holds. A project holds its manifests and the blobs that they reference.
--
-- Included after change-records.lua; has no KEYS, ARGV or reply of its own.

local counterDelta -- field of META -> the amount to add
-- A list of: sign c1, size I6, key c16. Signs: '+' the project holds the content and manifests state its size, '*' it holds
-- the content and the size is measured, '-' it does not hold the content.
local holdingChanges

local function contentsSizeOf(list) return list and unpackBytes('>I7', list, 2) or 0 end

-- The sizes that a manifest with this list states: key of a blob -> size. A list may name a layer twice.
local function claimsOf(list)
  local claims = {}
  if not list then return claims end
  local _, _, blobCount, children, subjects, width = unpackBytes(LIST_HEADER, list)
  local format, sizesFrom = '>I' .. width, LIST_HEADER_BYTES + (blobCount + children + subjects) * 16 + 1
  for i = 0, blobCount - 1 do
    local from = LIST_HEADER_BYTES + i * 16 + 1
    local key, size = string.sub(list, from, from + 15), unpackBytes(format, list, sizesFrom + i * width)
    claims[key] = math.max(claims[key] or 0, size)
  end
  return claims
end

local function memberOf(blobKey, size, manifestKey) return blobKey .. pack('>I5', size) .. manifestKey end

local function addClaim(blobKey, size, manifestKey)
  local b = readBlob(blobKey)
  if b.claims == 0 then b.baseClaim = size end
  b.claims, b.isDirty = b.claims + 1, true
  if size == b.baseClaim then return end
  b.otherClaims = b.otherClaims + 1
  call('ZADD', CLAIMS, 0, memberOf(blobKey, size, manifestKey))
end

local function removeClaim(blobKey, size, manifestKey)
  local b = readBlob(blobKey)
  b.claims, b.isDirty = b.claims - 1, true
  if size == b.baseClaim then return end
  b.otherClaims = b.otherClaims - 1
  call('ZREM', CLAIMS, memberOf(blobKey, size, manifestKey))
end

local function largestClaim(key, b)
  local largest = b.claims > b.otherClaims and b.baseClaim or 0
  if b.otherClaims > 0 then
    local found = call('ZREVRANGEBYLEX', CLAIMS, '[' .. key .. string.rep('\255', 22), '[' .. key, 'LIMIT', 0, 1)
    largest = math.max(largest, (unpackBytes('>I5', found[1], 17)))
  end
  return largest
end

-- A content's size, and whether it is measured: the own size of a manifest; else what the latest link told; else the
-- largest size that a manifest states.
local function sizeOf(key, b)
  if b.ownSize > 0 then return b.ownSize, true end
  local best = { sizedAt = 0, size = 0 }
  for _, link in pairs(b.links) do
    if isBetterSize(link.size, link.sizedAt, best) then best = link end
  end
  if best.size > 0 then return best.size, true end
  return largestClaim(key, b), false
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

-- The lists of all images, the greatest first.
local function listsOf(m)
  local lists, isIn = {}, {}
  for _, image in pairs(m.images) do
    for list in pairs(image.listTimes) do
      if not isIn[list] then
        isIn[list] = true
        lists[#lists + 1] = list
      end
    end
  end
  table.sort(lists, isGreater)
  for i = 256, #lists do lists[i] = nil end -- their number is one byte
  return lists
end

local function packListTimes(listTimes, lists)
  local packed = {}
  for i, list in ipairs(lists) do
    if listTimes[list] then packed[#packed + 1] = pack('>I1I7', i - 1, listTimes[list]) end
  end
  return #packed, table.concat(packed)
end

-- Counts the manifest's images and their tags. Gives how many images there are, how many there were, and the packed images.
local function packImages(m, lists)
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
    local listTimeCount, listTimes = packListTimes(image.listTimes, lists)
    packed[imageCount] = pack('>I4I7I7I7I5I1', id, image.pushedAt, image.pulledAt, image.sizedAt, image.size, listTimeCount)
      .. listTimes .. pack('>I2', tagCount) .. tags
  end
  return imageCount, imageCountBefore, table.concat(packed)
end

local function updateClaims(key, m, isPresent)
  local before, after = m.wasPresent and m.listBefore, isPresent and m.list
  if before == after then return end
  -- The old claims first: both lists may state the same sizes, and a claim is stored once.
  if before then
    for blobKey, size in pairs(claimsOf(before)) do removeClaim(blobKey, size, key) end
  end
  if after then
    for blobKey, size in pairs(claimsOf(after)) do addClaim(blobKey, size, key) end
  end
end

local function countManifest(m, isPresent, ownSize, imageCount, imageCountBefore)
  counterDelta.manifests = counterDelta.manifests + imageCount - imageCountBefore
  counterDelta.referenced = counterDelta.referenced + imageCount * (ownSize + contentsSizeOf(m.list))
    - imageCountBefore * (m.ownSizeBefore + contentsSizeOf(m.listBefore))
  if m.wasPresent and extentOf(m.listBefore) < 2 then counterDelta.unresolved = counterDelta.unresolved - 1 end
  if isPresent and extentOf(m.list) < 2 then counterDelta.unresolved = counterDelta.unresolved + 1 end
end

local function writeManifest(key, m)
  local lists = listsOf(m)
  m.list = lists[1]
  local imageCount, imageCountBefore, images = packImages(m, lists)
  local isPresent, ownSize = imageCount > 0, ownSizeOf(m)
  countManifest(m, isPresent, ownSize, imageCount, imageCountBefore)
  updateClaims(key, m, isPresent)
  local b = readBlob(key)
  if isPresent ~= (b.isManifest or false) or ownSize ~= b.ownSize then
    b.isManifest, b.ownSize, b.isDirty = isPresent, ownSize, true
  end
  if isPresent then
    local header = pack('>Bc0I1I1', #m.digestRest, m.digestRest, m.mediaType, #lists)
    call('HSET', MANIFESTS, key, header .. table.concat(lists) .. images)
  else
    call('HDEL', MANIFESTS, key)
  end
end

local function addHolding(key, b)
  local sign, size = '-', 0
  if isHeld(b) then sign, size = b.isMeasured and '*' or '+', b.size end
  holdingChanges[#holdingChanges + 1] = pack('>c1I6c16', sign, size, key)
end

local function packLinks(b)
  local packed = {}
  for id, link in pairs(b.links) do
    local form, rest = 0, ''
    if link.size > 0 then
      form = IS_SIZED
      if link.sizedAt ~= link.at then form, rest = form + HAS_SIZED_AT, pack('>I7', link.sizedAt) end
      if link.size ~= b.size then form, rest = form + HAS_SIZE, rest .. pack('>I5', link.size) end
    end
    packed[#packed + 1] = pack('>I1I4I7', form, id, link.at) .. rest
  end
  return table.concat(packed)
end

local function packBlob(b)
  local flags, rest = 0, ''
  if b.isManifest then flags = flags + IS_MANIFEST end
  if b.isMeasured then flags = flags + IS_MEASURED end
  if b.claims > 0 and b.baseClaim ~= b.size then flags, rest = flags + HAS_BASE_CLAIM, pack('>I5', b.baseClaim) end
  if b.otherClaims > 0 then flags, rest = flags + HAS_OTHER_CLAIMS, rest .. pack('>I4', b.otherClaims) end
  if b.isManifest and b.ownSize ~= b.size then flags, rest = flags + HAS_OWN_SIZE, rest .. pack('>I5', b.ownSize) end
  return pack('>I1I5I4', flags, b.size, b.claims) .. rest .. packLinks(b)
end

local function writeBlob(key, b)
  b.size, b.isMeasured = sizeOf(key, b)
  local isNowHeld, isLinked = isHeld(b), next(b.links) ~= nil
  if b.wasHeld then counterDelta.unique = counterDelta.unique - b.sizeBefore end
  if isNowHeld then counterDelta.unique = counterDelta.unique + b.size end
  if b.wasUnreferenced then counterDelta.unreferenced = counterDelta.unreferenced - b.sizeBefore end
  if isLinked and not isNowHeld then counterDelta.unreferenced = counterDelta.unreferenced + b.size end
  local isOtherSize = b.size ~= b.sizeBefore or b.isMeasured ~= b.wasMeasured
  if isNowHeld ~= b.wasHeld or isNowHeld and isOtherSize then addHolding(key, b) end
  if isNowHeld or isLinked then
    BLOBS:set(key, packBlob(b))
  else
    BLOBS:remove(key)
  end
end

local function writeRecords()
  for key, m in pairs(manifests) do
    if m.isDirty then writeManifest(key, m) end
  end
  for key, b in pairs(blobs) do -- after the manifests, which change claims
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
