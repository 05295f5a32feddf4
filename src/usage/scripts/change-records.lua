-- Changes the records of the open project in memory, as facts say. src/usage/model.ts defines the result.
--
-- Included after claims.lua; has no KEYS, ARGV or reply of its own. Marks what it changes as `isDirty`.

local PUSH, PULL = 1, 2 -- evidence of a sighting
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

-- Whether one write of a tag wins over another: any other over a pull, then the later, then an untag, a push, the better source
-- of an age, then the greater key, the earlier age, the greater actor.
local function beats(write, other)
  if (write.kind == TAG_PULLED) ~= (other.kind == TAG_PULLED) then return other.kind == TAG_PULLED end
  if write.at ~= other.at then return write.at > other.at end
  if write.kind ~= other.kind then return write.kind > other.kind end
  if write.key ~= other.key then return isGreater(write.key, other.key) end
  if write.age ~= other.age then return write.age < other.age end
  return isGreater(write.actor, other.actor)
end

local function graceOfTag(write) return write.kind == TAG_PULLED and PULL_GRACE or 0 end

-- The times of a tag, as its image has them. An age that is not after the image's last deletion does not count.
local function timesOf(write, lastDeletedAt)
  if write.kind == TAG_PUSHED then return pack('>I7', write.at) end
  if hasTagAge(write.kind) and write.age <= lastDeletedAt then return pack('>I7I1I7', write.at, UNDATED, write.at) end
  return pack('>I7I1I7', write.at, math.max(write.kind - TAG_SEEN, SEEN), write.age)
end

-- `write`: at, kind, key, age (epoch µs; as `at` if its kind has none), actor ('' if it is not known).
local function writeTag(repository, tag, write)
  local before = readTag(repository, tag)
  if before then
    if not beats(write, before) then return end
    if before.kind ~= UNTAGGED then
      local old = readManifest(before.key)
      local image = old.images[repository.id]
      if image and tagsOf(image)[tag] then
        image.tags[tag] = nil
        old.isDirty = true
      end
    end
  end
  local age = hasTagAge(write.kind) and pack('>I7', write.age) or ''
  tableOf(repository, 'tags'):set(tag, pack('>I7I1c16', write.at, write.kind, write.key) .. age .. write.actor)
  if not before then addTagName(repository, tag) end
  if write.kind == UNTAGGED then return end
  local m = readManifest(write.key)
  local image = m.images[repository.id]
  local lastDeletedAt = deletedAt(repository, write.key)
  if image and write.at > lastDeletedAt + graceOfTag(write) then
    addTag(image, tag, timesOf(write, lastDeletedAt))
    m.isDirty = true
  end
end

-- Whether an earlier sighting proves that one at `at` is later than every deletion: a pull before it, or another one at least
-- PULL_GRACE before it. True for nearly all pulls, and saves the read of a tombstone.
local function isProvenAlive(image, at)
  return image and ((image.pulledAt > 0 and at >= image.pulledAt)
    or (image.pushedAt > 0 and at >= image.pushedAt + PULL_GRACE)
    or (image.foundAt > 0 and at >= image.foundAt + PULL_GRACE))
end

-- The age of a manifest: the latest presence that tells one counts; of those at one time the better source, then the earlier
-- age. `lastDeletedAt`: an age that is not after it does not count.
local function addAge(image, at, source, age, lastDeletedAt)
  if at < image.toldAt then return end
  if at == image.toldAt then
    if source < image.ageSource then return end
    if source == image.ageSource and age >= image.age then return end
  end
  image.toldAt, image.ageSource, image.age = at, source, age
  image.isVoid = source >= IMAGE and age <= lastDeletedAt
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

-- `digestRest`: the digest without its key. `list`: nil if the sighting told no references. `isPush`: whether it is a push
-- that was heard.
local function addSighting(repository, key, digestRest, at, via, isPush, size, mediaType, list)
  local m = readManifest(key)
  local grace = graceOf(via)
  local image = m.images[repository.id]
  if not isProvenAlive(image, at) and at <= deletedAt(repository, key) + grace then return end
  m.isDirty = true
  if mediaType ~= 0 then m.mediaType = mediaType end
  if #digestRest > #m.digestRest then m.digestRest = digestRest end
  if not image then
    image = { pushedAt = 0, foundAt = 0, toldAt = 0, pulledAt = 0, sizedAt = 0, size = 0, listTimes = {}, tags = {} }
    m.images[repository.id] = image
    tableOf(repository, 'images'):set(key, '')
  end
  if via == PULL then
    image.pulledAt = math.max(image.pulledAt, at)
  else
    local field = isPush and 'pushedAt' or 'foundAt'
    image[field] = math.max(image[field], at)
  end
  if isBetterSize(size, at - grace, image) then image.sizedAt, image.size = at - grace, size end
  if list then addListTime(image, list, at - grace) end
  return image
end

-- Deletes a content from a repository as of `at`: its sightings, tags and link that are not later. Gives whether the image or
-- the link is gone.
local function deleteUpTo(repository, key, at)
  local m = readManifest(key)
  local image, isGone = m.images[repository.id], false
  if image then
    m.isDirty = true
    if image.pushedAt <= at then image.pushedAt = 0 end
    if image.foundAt <= at then image.foundAt = 0 end
    if image.toldAt <= at then
      image.toldAt = 0
    elseif image.ageSource >= IMAGE and image.age <= at then
      image.isVoid = true
    end
    if image.pulledAt <= at + PULL_GRACE then image.pulledAt = 0 end
    if image.sizedAt <= at then image.sizedAt, image.size = 0, 0 end
    for list, toldAt in pairs(image.listTimes) do
      if toldAt <= at then image.listTimes[list] = nil end
    end
    if image.pushedAt == 0 and image.foundAt == 0 and image.pulledAt == 0 then
      m.images[repository.id], isGone = nil, true
      tableOf(repository, 'images'):remove(key)
    else
      local lastDeletedAt = deletedAt(repository, key) -- `at`, or later
      for tag in pairs(tagsOf(image)) do
        local write = readTag(repository, tag)
        image.tags[tag] = write.at > at + graceOfTag(write) and timesOf(write, lastDeletedAt) or nil
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
