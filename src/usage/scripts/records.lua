-- The records of manifests and blobs of the open project.
--
-- Included after project.lua; has no KEYS, ARGV or reply of its own.
-- Records (big-endian; L is a length I1 and that many bytes; times are epoch µs, sizes are bytes)
--   manifests  key -> rest of the digest L, media type code I1, lists I1, claimed I1, claimedCount I2, lists * list, one more
--                     list if claimed is 255, then each image: repository id I4, form I1, first I7,
--                     then what its form says: 64 ageSource I1, foundAt I7 if first is pushedAt, toldAt I7 (else it is
--                     foundAt), age I7 if its source has a time of its own (else it is toldAt); 1 pulledAt I7 (else 0), 2 size
--                     I5 (else not told), 4 sizedAt I7 (else first), 8 listTimes I1 * (number of the list, from 1, I1; at I7),
--                     16 nothing: the first list at first (with neither 8 nor 16 no lists); then tags I3, and with form 32 the
--                     name L of the only one, pushed at pushedAt; else, if there are any, bytes I4 of tags * (times c7, or c15
--                     with form 128; name L)
--              ageSource: a code (src/usage/age.ts), and 128: first is foundAt, and no push was heard; 64: toldAt follows;
--                     32: no age was told; 16: the age is not after a deletion, so it does not count
--              first: pushedAt; foundAt if no push was heard; 0 with neither
--              pushedAt: time of the latest push that was heard. foundAt: time of the latest presence. toldAt: time of the latest
--                     presence that told the age of the manifest; ageSource and age are what it told (src/usage/age.ts).
--              times: of a tag: taggedAt I7; with form 128 also source I1 and age I7 (else its push was heard at taggedAt)
--              list:  a manifest's references as sightings told them (src/usage/reference-list.ts). The greatest list is the
--                     first: it counts.
--              claimed: number of the list whose sizes were claimed (claims.lua), from 1; 0: none; 255: the last, which no
--                     image has any more. claimedCount: how many of its blobs were claimed.
--              sizedAt: time of the latest sighting that told the manifest's own size (a pull's less PULL_GRACE)
--              listTime: time of the latest sighting that carried the list (a pull's less PULL_GRACE)
--   blobs      key -> flags I1, size I5, claims and links (I1 each, or I4 with flag 128), rest of the digest L ('' until a
--                     link tells it), then, if its flag is set: base claim I5, other claims I4, ownSize I5, measured I4 *
--                     base I5, others I4
--              Manifests are in this table, too. ownSize is a manifest's own size, as sightings told it.
--              claims: number of the project's manifests that reference it. links: number of repositories that link it.
--              flags: 1 it is a manifest of the project, 2 base claim follows (else it is size), 4 other claims follow (else
--              0), 8 ownSize follows (else it is size), 16 size is measured, 32 the tally of measured sizes follows, 64 every
--              link told size (with neither 32 nor 64 no link told one)

local manifests, blobs -- records by key
local workLeft -- what this call may still do; a fact, two references, a content and 64 kB of a record are 1 each

-- Takes a fact or a content, with the list of references that it adds or removes, from the work of this call.
local function charge(list) workLeft = workLeft - 1 - (list and #list / 40 or 0) end

local function openRecords()
  manifests, blobs, workLeft = {}, {}, workLeft or 0
end

local LIST_HEADER, LIST_HEADER_BYTES = '>I1I7I2I2I1I1', 14 -- extent, contentsSize, blobs, children, subjects, width

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

local IS_PULLED, IS_SIZED, HAS_SIZED_AT, HAS_LISTS, HAS_FIRST_LIST, HAS_TAG_OF_PUSH = 1, 2, 4, 8, 16, 32 -- forms of an image
local IS_FOUND, HAS_TAG_AGES = 64, 128 -- and more of them
local IS_FIRST, IS_TOLD_BEFORE, HAS_NO_AGE, IS_VOID = 128, 64, 32, 16 -- added to ageSource
local SEEN, UNDATED, IMAGE, EVENT = 0, 1, 2, 5 -- sources of an age (src/usage/age.ts); from IMAGE on they have their own time
local function hasBit(flags, value) return bit.band(flags, value) ~= 0 end

-- The tags of an image: name -> times. They stay packed until somebody asks, since a manifest may have 40,000.
local function tagsOf(image)
  if image.tags then return image.tags end
  local packed, tags, pos = table.concat(image.packedTags), {}, 1
  local format = image.hasTagAges and '>c15Bc0' or '>c7Bc0'
  while pos <= #packed do
    local times, tag
    times, tag, pos = unpackBytes(format, packed, pos)
    tags[tag] = times
  end
  image.tags, image.packedTags = tags, nil
  return tags
end

-- Adds a tag that the image does not have.
local function addTag(image, tag, times)
  if image.packedTags and image.hasTagAges and #times == 7 then times = times .. pack('>I1', EVENT) .. times end
  if image.packedTags and #times == (image.hasTagAges and 15 or 7) then
    image.packedTags[#image.packedTags + 1] = times .. pack('>Bc0', #tag, tag)
    image.tagCount = image.tagCount + 1
  else
    tagsOf(image)[tag] = times
  end
end

-- The time that most of an image's other times are equal to.
local function firstTimeOf(image) return image.pushedAt > 0 and image.pushedAt or image.foundAt end

-- Reads when a presence found the image, and what was told of its age.
local function readFound(image, record, pos)
  local code
  code, pos = unpackBytes('>I1', record, pos)
  if hasBit(code, IS_FIRST) then
    image.pushedAt, image.foundAt = 0, image.pushedAt
  else
    image.foundAt, pos = unpackBytes('>I7', record, pos)
  end
  if hasBit(code, HAS_NO_AGE) then return pos end
  image.toldAt, image.ageSource, image.isVoid = image.foundAt, code % IS_VOID, hasBit(code, IS_VOID)
  if hasBit(code, IS_TOLD_BEFORE) then image.toldAt, pos = unpackBytes('>I7', record, pos) end
  image.age = image.toldAt
  if image.ageSource >= IMAGE then image.age, pos = unpackBytes('>I7', record, pos) end
  return pos
end

local function readImages(m, record, pos, lists)
  while pos <= #record do
    local id, form, tagCount
    local image = { foundAt = 0, toldAt = 0, pulledAt = 0, size = 0, sizedAt = 0, listTimes = {} }
    id, form, image.pushedAt, pos = unpackBytes('>I4I1I7', record, pos)
    local first = image.pushedAt
    if hasBit(form, IS_FOUND) then pos = readFound(image, record, pos) end
    if hasBit(form, IS_PULLED) then image.pulledAt, pos = unpackBytes('>I7', record, pos) end
    if hasBit(form, IS_SIZED) then
      image.sizedAt = first
      image.size, pos = unpackBytes('>I5', record, pos)
    end
    if hasBit(form, HAS_SIZED_AT) then image.sizedAt, pos = unpackBytes('>I7', record, pos) end
    if hasBit(form, HAS_FIRST_LIST) then image.listTimes[lists[1]] = first end
    if hasBit(form, HAS_LISTS) then
      local listTimeCount, number, at
      listTimeCount, pos = unpackBytes('>I1', record, pos)
      for _ = 1, listTimeCount do
        number, at, pos = unpackBytes('>I1I7', record, pos)
        image.listTimes[lists[number]] = at
      end
    end
    tagCount, pos = unpackBytes('>I3', record, pos)
    if hasBit(form, HAS_TAG_OF_PUSH) then
      local tag
      tag, pos = unpackBytes('>Bc0', record, pos)
      image.tags = { [tag] = pack('>I7', image.pushedAt) }
    elseif tagCount > 0 then
      image.tagCount, image.hasTagAges = tagCount, hasBit(form, HAS_TAG_AGES)
      local packed
      packed, pos = unpackBytes('>I4c0', record, pos)
      image.packedTags = { packed }
    else
      image.tags = {}
    end
    m.images[id] = image
    m.tagCountsBefore[id] = tagCount
  end
end

-- `m.images` are by repository id; `image.listTimes` are by list. Fields that end in `Before` are as the record had them.
local function readManifest(key)
  local m = manifests[key]
  if m then return m end
  m = { images = {}, tagCountsBefore = {}, digestRest = '', mediaType = 0, claimedCount = 0 }
  local record = call('HGET', MANIFESTS, key)
  if record then
    workLeft = workLeft - #record / 65536
    local lists, listCount, claimed, pos = {}
    m.digestRest, m.mediaType, listCount, claimed, m.claimedCount, pos = unpackBytes('>Bc0I1I1I1I2', record)
    for i = 1, listCount + (claimed == 255 and 1 or 0) do
      local length = lengthOfList(record, pos)
      lists[i] = string.sub(record, pos, pos + length - 1)
      pos = pos + length
    end
    m.claimed = lists[claimed == 255 and listCount + 1 or claimed]
    m.list = listCount > 0 and lists[1] or nil
    readImages(m, record, pos, lists)
  end
  m.wasPresent, m.listBefore, m.ownSizeBefore = next(m.tagCountsBefore) ~= nil, m.list, ownSizeOf(m)
  manifests[key] = m
  return m
end

local IS_MANIFEST, HAS_BASE_CLAIM, HAS_OTHER_CLAIMS, HAS_OWN_SIZE = 1, 2, 4, 8 -- flags of a blob
local IS_MEASURED, HAS_MEASURED_TALLY, ALL_LINKS_MEASURED, IS_WIDE = 16, 32, 64, 128

local function isHeld(b) return b.isManifest or b.stated.count > 0 end

-- `b.stated` and `b.measured` are tallies (claims.lua).
local function readBlob(key)
  local b = blobs[key]
  if b then return b end
  local stated, measured = { count = 0, base = 0, others = 0 }, { count = 0, base = 0, others = 0 }
  b = { size = 0, ownSize = 0, links = 0, digestRest = '', stated = stated, measured = measured }
  local record = BLOBS:get(key)
  if record then
    local flags, pos
    flags, b.size, pos = unpackBytes('>I1I5', record)
    local format = hasBit(flags, IS_WIDE) and '>I4I4Bc0' or '>I1I1Bc0'
    stated.count, b.links, b.digestRest, pos = unpackBytes(format, record, pos)
    b.isManifest, b.isMeasured = hasBit(flags, IS_MANIFEST), hasBit(flags, IS_MEASURED)
    stated.base, b.ownSize = b.size, b.isManifest and b.size or 0
    if hasBit(flags, HAS_BASE_CLAIM) then stated.base, pos = unpackBytes('>I5', record, pos) end
    if hasBit(flags, HAS_OTHER_CLAIMS) then stated.others, pos = unpackBytes('>I4', record, pos) end
    if hasBit(flags, HAS_OWN_SIZE) then b.ownSize, pos = unpackBytes('>I5', record, pos) end
    if hasBit(flags, ALL_LINKS_MEASURED) then measured.count, measured.base = b.links, b.size end
    if hasBit(flags, HAS_MEASURED_TALLY) then
      measured.count, measured.base, measured.others = unpackBytes('>I4I5I4', record, pos)
    end
  end
  b.sizeBefore, b.wasMeasured, b.wasHeld = b.size, b.isMeasured, isHeld(b)
  b.wasUnreferenced = not b.wasHeld and b.links > 0
  blobs[key] = b
  return b
end
