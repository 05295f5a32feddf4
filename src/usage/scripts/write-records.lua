-- Writes the records that the facts changed, and updates what follows from them: claims, counters, and what the project
-- holds. A project holds its manifests and the blobs that they reference.
--
-- Included after change-records.lua; has no KEYS, ARGV or reply of its own.

local counterDelta -- field of META -> the amount to add
-- A list of: sign c1, size I6, key c16. Signs: '+' the project holds the content and manifests state its size, '*' it holds
-- the content and the size is measured, '-' it does not hold the content.
local holdingChanges

local function contentsSizeOf(list) return list and unpackBytes('>I7', list, 2) or 0 end

local function addToManifestCount(repository, by)
  local before = repository.manifestCount
  repository.manifestCount, repository.isDirty = before + by, true
  if before == 0 then counterDelta.repositories = counterDelta.repositories + 1 end
  if before + by == 0 then counterDelta.repositories = counterDelta.repositories - 1 end
end

-- Gives the number of tags, the packed tags and their form.
local function packTags(image)
  if image.packedTags then
    local all = table.concat(image.packedTags)
    return image.tagCount, pack('>I4', #all) .. all, image.hasTagAges and HAS_TAG_AGES or 0
  end
  local tag, times = next(image.tags)
  if not tag then return 0, '', 0 end
  if not next(image.tags, tag) and image.pushedAt > 0 and times == pack('>I7', image.pushedAt) then
    return 1, pack('>Bc0', #tag, tag), HAS_TAG_OF_PUSH
  end
  local form = 0
  for _, times in pairs(image.tags) do
    if #times > 7 then form = HAS_TAG_AGES end
  end
  local packed = {}
  for tag, times in pairs(image.tags) do
    if form > 0 and #times == 7 then times = times .. pack('>I1', EVENT) .. times end
    packed[#packed + 1] = times .. pack('>Bc0', #tag, tag)
  end
  local all = table.concat(packed)
  return #packed, pack('>I4', #all) .. all, form
end

-- Gives the form and the bytes of when a presence found the image, and of what was told of its age.
local function packFound(image)
  if image.foundAt == 0 then return 0, '' end
  local code, more = 0, ''
  if image.pushedAt == 0 then code = IS_FIRST else more = pack('>I7', image.foundAt) end
  if image.toldAt == 0 then return IS_FOUND, pack('>I1', code + HAS_NO_AGE) .. more end
  code = code + image.ageSource + (image.isVoid and IS_VOID or 0)
  if image.toldAt < image.foundAt then code, more = code + IS_TOLD_BEFORE, more .. pack('>I7', image.toldAt) end
  if image.ageSource >= IMAGE then more = more .. pack('>I7', image.age) end
  return IS_FOUND, pack('>I1', code) .. more
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
  for i = 255, #lists do lists[i] = nil end -- their number is one byte, and 255 means another list
  return lists
end

-- Gives the form of an image's list times, and the packed times.
local function packListTimes(image, lists)
  local packed = {}
  for i, list in ipairs(lists) do
    local at = image.listTimes[list]
    if at then packed[#packed + 1] = pack('>I1I7', i, at) end
  end
  if #packed == 0 then return 0, '' end
  if #packed == 1 and image.listTimes[lists[1]] == firstTimeOf(image) then return HAS_FIRST_LIST, '' end
  return HAS_LISTS, pack('>I1', #packed) .. table.concat(packed)
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
    local tagCount, tags, tagForm = packTags(image)
    counterDelta.tags = counterDelta.tags + tagCount
    if not m.tagCountsBefore[id] then addToManifestCount(repositoriesById[id], 1) end
    if tagCount > (m.tagCountsBefore[id] or -1) then counterDelta.additions = counterDelta.additions + 1 end
    local form, listTimes = packListTimes(image, lists)
    local foundForm, more = packFound(image)
    form = form + tagForm + foundForm
    local first = firstTimeOf(image)
    if image.pulledAt > 0 then form, more = form + IS_PULLED, more .. pack('>I7', image.pulledAt) end
    if image.size > 0 then form, more = form + IS_SIZED, more .. pack('>I5', image.size) end
    if image.size > 0 and image.sizedAt ~= first then
      form, more = form + HAS_SIZED_AT, more .. pack('>I7', image.sizedAt)
    end
    packed[imageCount] = pack('>I4I1I7', id, form, first) .. more .. listTimes .. pack('>I3', tagCount) .. tags
  end
  return imageCount, imageCountBefore, table.concat(packed)
end

local function countManifest(m, isPresent, ownSize, imageCount, imageCountBefore)
  counterDelta.manifests = counterDelta.manifests + imageCount - imageCountBefore
  counterDelta.referenced = counterDelta.referenced + imageCount * (ownSize + contentsSizeOf(m.list))
    - imageCountBefore * (m.ownSizeBefore + contentsSizeOf(m.listBefore))
  if m.wasPresent and extentOf(m.listBefore) < 2 then counterDelta.unresolved = counterDelta.unresolved - 1 end
  if isPresent and m.list ~= m.listBefore then counterDelta.additions = counterDelta.additions + 1 end
  if isPresent and extentOf(m.list) < 2 then counterDelta.unresolved = counterDelta.unresolved + 1 end
end

local function packHeader(m, lists)
  local claimed, more = 0, ''
  if m.claimed then
    claimed, more = 255, m.claimed
    for i, list in ipairs(lists) do
      if list == m.claimed then claimed, more = i, '' end
    end
  end
  return pack('>Bc0I1I1I1I2', #m.digestRest, m.digestRest, m.mediaType, #lists, claimed, m.claimedCount)
    .. table.concat(lists) .. more
end

local function writeManifest(key, m)
  local lists = listsOf(m)
  m.list = lists[1]
  local imageCount, imageCountBefore, images = packImages(m, lists)
  local isPresent, ownSize = imageCount > 0, ownSizeOf(m)
  countManifest(m, isPresent, ownSize, imageCount, imageCountBefore)
  settleClaims(key, m, isPresent and m.list or nil)
  if isPresent ~= m.wasPresent or ownSize ~= m.ownSizeBefore then
    local b = readBlob(key)
    b.isManifest, b.ownSize, b.isDirty = isPresent, ownSize, true
  end
  if isPresent or m.claimed then
    call('HSET', MANIFESTS, key, packHeader(m, lists) .. images)
  else
    call('HDEL', MANIFESTS, key)
  end
end

local function addHolding(key, b)
  local sign, size = '-', 0
  if isHeld(b) then sign, size = b.isMeasured and '*' or '+', b.size end
  holdingChanges[#holdingChanges + 1] = pack('>c1I6c16', sign, size, key)
end

local function packBlob(b)
  local stated, measured = b.stated, b.measured
  local flags, rest = 0, ''
  if b.isManifest then flags = flags + IS_MANIFEST end
  if b.isMeasured then flags = flags + IS_MEASURED end
  if stated.count > 0 and stated.base ~= b.size then flags, rest = flags + HAS_BASE_CLAIM, pack('>I5', stated.base) end
  if stated.others > 0 then flags, rest = flags + HAS_OTHER_CLAIMS, rest .. pack('>I4', stated.others) end
  if b.isManifest and b.ownSize ~= b.size then flags, rest = flags + HAS_OWN_SIZE, rest .. pack('>I5', b.ownSize) end
  if measured.count > 0 and measured.count == b.links and measured.base == b.size and measured.others == 0 then
    flags = flags + ALL_LINKS_MEASURED
  elseif measured.count > 0 then
    flags, rest = flags + HAS_MEASURED_TALLY, rest .. pack('>I4I5I4', measured.count, measured.base, measured.others)
  end
  local isWide = stated.count > 255 or b.links > 255
  if isWide then flags = flags + IS_WIDE end
  local format = isWide and '>I1I5I4I4Bc0' or '>I1I5I1I1Bc0'
  return pack(format, flags, b.size, stated.count, b.links, #b.digestRest, b.digestRest) .. rest
end

local function writeBlob(key, b)
  b.size, b.isMeasured = sizeOf(key, b)
  local isNowHeld, isLinked = isHeld(b), b.links > 0
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
  saveTables()
end
