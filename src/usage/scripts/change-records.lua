-- Changes the records of the open project in memory, as facts say. src/usage/model.ts defines the result.
--
-- Included after claims.lua; has no KEYS, ARGV or reply of its own. Marks what it changes as `isDirty`.

local UNTAG, PUSH, PULL = 0, 1, 2 -- kinds of a tag's write; PUSH and PULL are also the evidence of a sighting
local PULL_GRACE = 5000000 -- µs; a pull that began before a delete may be reported after it
local MAX_LISTS = 16 -- of one image; few sightings differ, by a subject or by missing sizes
local LARGE_LIST, MAX_LARGE_LISTS = 65536, 2 -- bytes; a record with 16 lists of 640 kB would hold up Redis

local function graceOf(via) return via == PULL and PULL_GRACE or 0 end

-- Whether a size that was told at `at` replaces the one in `record`: the later one wins, then the larger one. A size of 0
-- is not known.
local function isBetterSize(size, at, record)
  return size > 0 and (at > record.sizedAt or at == record.sizedAt and size > record.size)
end

-- `digestRest`: the digest without its key. `size`: the size that the registry measured; 0 if the fact told none.
local function addLink(repository, key, digestRest, at, size)
  if at <= deletedAt(repository, key) then return end
  local link = readLink(repository, key)
  if not link then
    link = { at = 0, sizedAt = 0, size = 0 }
    local b = readBlob(key)
    b.links, b.isDirty = b.links + 1, true
    if #digestRest > #b.digestRest then b.digestRest = digestRest end
  end
  local isBetter = isBetterSize(size, at, link)
  if at <= link.at and not isBetter then return end
  if isBetter then
    if size ~= link.size then setMeasured(readBlob(key), key, repository, link.size, size) end
    link.sizedAt, link.size = at, size
  end
  link.at = math.max(link.at, at)
  writeLink(repository, key, link)
end

-- Compares byte by byte: Lua's `<` depends on the server's locale. Lists may have 500 kB, so equal parts are skipped.
local function isGreater(text, other)
  if text == other then return false end
  local shorter, from = math.min(#text, #other), 1
  while from <= shorter and string.sub(text, from, from + 255) == string.sub(other, from, from + 255) do
    from = from + 256
  end
  for i = from, shorter do
    local x, y = string.byte(text, i), string.byte(other, i)
    if x ~= y then return x > y end
  end
  return #text > #other
end

local NO_KEY = string.rep('\0', 16)

-- Whether one write of a tag wins over another: a push or untag over a pull, then the later, then an untag over a push,
-- then the greater key, then the greater actor.
local function beats(at, kind, key, actor, otherAt, otherKind, otherKey, otherActor)
  if (kind == PULL) ~= (otherKind == PULL) then return otherKind == PULL end
  if at ~= otherAt then return at > otherAt end
  if kind ~= otherKind then return kind == UNTAG end
  if key ~= otherKey then return isGreater(key, otherKey) end
  return isGreater(actor, otherActor)
end

-- `actor`: who pushed; '' if it is not known.
local function writeTag(repository, tag, at, kind, key, actor)
  local oldAt, oldKind, oldKey, oldActor = readTag(repository, tag)
  if oldAt then
    if not beats(at, kind, key, actor, oldAt, oldKind, oldKey, oldActor) then return end
    if oldKind ~= UNTAG then
      local old = readManifest(oldKey)
      local image = old.images[repository.id]
      if image and tagsOf(image)[tag] then
        image.tags[tag] = nil
        old.isDirty = true
      end
    end
  end
  tableOf(repository, 'tags'):set(tag, pack('>I7I1c16', at, kind, key) .. actor)
  if not oldAt then addTagName(repository, tag) end
  if kind == UNTAG then return end
  local m = readManifest(key)
  local image = m.images[repository.id]
  if image and at > deletedAt(repository, key) + graceOf(kind) then
    addTag(image, tag, at)
    m.isDirty = true
  end
end

-- Whether an earlier sighting proves that one at `at` is later than every deletion: a pull before it, or a push at least
-- PULL_GRACE before it. True for nearly all pulls, and saves the read of a tombstone.
local function isProvenAlive(image, at)
  return image and ((image.pulledAt > 0 and at >= image.pulledAt)
    or (image.pushedAt > 0 and at >= image.pushedAt + PULL_GRACE))
end

-- Remembers that a sighting at `at` carried the list. The greatest list counts, until a deletion removes its sighting. So
-- a list that is neither greater nor later than another is not kept. Lists begin with extent and contentsSize, so
-- comparing their bytes orders them by these first.
local function addListTime(image, list, at)
  local count, least = 0, list
  for other, otherAt in pairs(image.listTimes) do
    if otherAt >= at and not isGreater(list, other) then return end
    if otherAt <= at and not isGreater(other, list) then
      image.listTimes[other] = nil
    else
      count = count + 1
      if isGreater(least, other) then least = other end
    end
  end
  image.listTimes[list] = at
  if count >= (#list > LARGE_LIST and MAX_LARGE_LISTS or MAX_LISTS) then image.listTimes[least] = nil end
end

-- `digestRest`: the digest without its key. `list`: nil if the sighting told no references.
local function addSighting(repository, key, digestRest, at, via, size, mediaType, list)
  local m = readManifest(key)
  local grace = graceOf(via)
  local image = m.images[repository.id]
  if not isProvenAlive(image, at) and at <= deletedAt(repository, key) + grace then return end
  m.isDirty = true
  if mediaType ~= 0 then m.mediaType = mediaType end
  if #digestRest > #m.digestRest then m.digestRest = digestRest end
  if not image then
    image = { pushedAt = 0, pulledAt = 0, sizedAt = 0, size = 0, listTimes = {}, tags = {} }
    m.images[repository.id] = image
    tableOf(repository, 'images'):set(key, '')
  end
  local field = via == PULL and 'pulledAt' or 'pushedAt'
  image[field] = math.max(image[field], at)
  if isBetterSize(size, at - grace, image) then image.sizedAt, image.size = at - grace, size end
  if list then addListTime(image, list, at - grace) end
end

-- Deletes a content from a repository as of `at`: its sightings, tags and link that are not later. Gives whether the image or
-- the link is gone.
local function deleteUpTo(repository, key, at)
  local m = readManifest(key)
  local image, isGone = m.images[repository.id], false
  if image then
    m.isDirty = true
    if image.pushedAt <= at then image.pushedAt = 0 end
    if image.pulledAt <= at + PULL_GRACE then image.pulledAt = 0 end
    if image.sizedAt <= at then image.sizedAt, image.size = 0, 0 end
    for list, toldAt in pairs(image.listTimes) do
      if toldAt <= at then image.listTimes[list] = nil end
    end
    if image.pushedAt == 0 and image.pulledAt == 0 then
      m.images[repository.id], isGone = nil, true
      tableOf(repository, 'images'):remove(key)
    else
      for tag in pairs(tagsOf(image)) do
        local taggedAt, kind = readTag(repository, tag)
        if taggedAt <= at + graceOf(kind) then image.tags[tag] = nil end
      end
    end
  end
  local link = readLink(repository, key)
  if not link then return isGone end
  if link.sizedAt <= at then
    if link.size > 0 then setMeasured(readBlob(key), key, repository, link.size, 0) end
    link.sizedAt, link.size = 0, 0
  end
  if link.at > at then
    writeLink(repository, key, link)
    return isGone
  end
  tableOf(repository, 'links'):remove(key)
  local b = readBlob(key)
  b.links, b.isDirty = b.links - 1, true
  return true
end

local function deleteDigest(repository, key, at)
  if at <= deletedAt(repository, key) then return end
  repository.deletedAtByKey[key] = at
  tableOf(repository, 'tombstones'):set(key, pack('>I7', at))
  deleteUpTo(repository, key, at)
end

-- Notes that nothing in the repository from before `at` is there any more. continue.lua deletes it in small steps.
local function dropRepository(repository, at)
  if at <= repository.droppedAt then return end
  repository.droppedAt, repository.isDirty = at, true
  call('HSET', PENDING, 'r' .. repository.name, '')
end
