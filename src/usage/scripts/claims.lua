-- The sizes that manifests state and links measure for a blob. A manifest claims each blob that it references, in small
-- steps, since it may reference 30,000.
--
-- Included after records.lua; has no KEYS, ARGV or reply of its own.
--   tally: the sizes that several sources tell for one blob: count of the sources, base, and how many others tell another
--          size than base. Nearly always they all tell the same.
--   <base>claims  a sorted set, all scores 0, of each told size that is not base: kind c1 ('s' stated by a manifest, 'm'
--          measured by a link), key of the blob c16, size I5, source (key of the manifest c16, or id of the repository I4)

local ABSENT = 1099511627775 -- 2^40 - 1, the size of a link to a content that is not there (src/usage/fact.ts); counts as 0
local claimsLeft -- claims that this call may still add or remove

local function memberOf(kind, blobKey, size, source) return kind .. blobKey .. pack('>I5', size) .. source end

local function addTold(tally, kind, blobKey, size, source)
  if tally.count == 0 then tally.base = size end
  tally.count = tally.count + 1
  if size == tally.base then return end
  tally.others = tally.others + 1
  call('ZADD', CLAIMS, 0, memberOf(kind, blobKey, size, source))
end

local function removeTold(tally, kind, blobKey, size, source)
  tally.count = tally.count - 1
  if size == tally.base then return end
  tally.others = tally.others - 1
  call('ZREM', CLAIMS, memberOf(kind, blobKey, size, source))
end

local function largestTold(tally, kind, blobKey)
  local largest = tally.count > tally.others and tally.base ~= ABSENT and tally.base or 0
  if tally.others > 0 then
    local prefix = kind .. blobKey
    local found = call('ZREVRANGEBYLEX', CLAIMS, '(' .. prefix .. pack('>I5', ABSENT), '[' .. prefix, 'LIMIT', 0, 1)
    if found[1] then largest = math.max(largest, (unpackBytes('>I5', found[1], 18))) end
  end
  return largest
end

-- A content's size, and whether it is measured: the own size of a manifest; else the largest that a link told; else the
-- largest that a manifest states.
local function sizeOf(key, b)
  if b.ownSize > 0 then return b.ownSize, true end
  if b.measured.count > 0 then return largestTold(b.measured, 'm', key), true end
  return largestTold(b.stated, 's', key), false
end

-- Replaces the size that a repository's link told for a blob; 0 is none.
local function setMeasured(b, key, repository, sizeBefore, size)
  local source = pack('>I4', repository.id)
  if sizeBefore > 0 then removeTold(b.measured, 'm', key, sizeBefore, source) end
  if size > 0 then addTold(b.measured, 'm', key, size, source) end
  b.isDirty = true
end

-- The parts of a list that claims depend on.
local function blobsOfList(list)
  local _, _, blobCount, children, subjects, width = unpackBytes(LIST_HEADER, list)
  return { count = blobCount, width = width, sizesFrom = LIST_HEADER_BYTES + (blobCount + children + subjects) * 16 + 1 }
end

local function haveSameBlobs(list, other)
  local a, b = blobsOfList(list), blobsOfList(other)
  local keysTo = LIST_HEADER_BYTES + a.count * 16
  return a.count == b.count and a.width == b.width
    and string.sub(list, a.sizesFrom) == string.sub(other, b.sizesFrom)
    and string.sub(list, LIST_HEADER_BYTES + 1, keysTo) == string.sub(other, LIST_HEADER_BYTES + 1, keysTo)
end

-- The nth blob of a list, from 1, and its size. No key if it is the same as the one before: blobs are in order of key, the
-- largest size of a key first, and a manifest claims a blob once.
local function blobAt(list, parts, n)
  local from = LIST_HEADER_BYTES + (n - 1) * 16 + 1
  local key = string.sub(list, from, from + 15)
  if n > 1 and key == string.sub(list, from - 16, from - 1) then return nil end
  return key, (unpackBytes('>I' .. parts.width, list, parts.sizesFrom + (n - 1) * parts.width))
end

local function stepClaim(m, manifestKey, parts, n, change)
  local key, size = blobAt(m.claimed, parts, n)
  claimsLeft = claimsLeft - 1
  if not key then return end
  local b = readBlob(key)
  b.isDirty = true
  change(b.stated, 's', key, size, manifestKey)
end

-- Whether the manifest claims the blobs of `wanted` (a list, or nil for none) and no others.
local function isSettled(m, wanted)
  return m.claimed == wanted and (not wanted or m.claimedCount == blobsOfList(wanted).count)
end

-- Makes the claims those of `wanted`, as far as `claimsLeft` goes. Notes in PENDING what is left to do.
local function settleClaims(key, m, wanted)
  local wantedBefore = m.wasPresent and m.listBefore or nil
  local wasSettled = isSettled(m, wantedBefore)
  if wasSettled and wanted == wantedBefore then return end -- as in nearly all pulls
  if m.claimed and wanted and m.claimed ~= wanted and haveSameBlobs(m.claimed, wanted) then m.claimed = wanted end
  if m.claimed and m.claimed ~= wanted then
    local parts = blobsOfList(m.claimed)
    while m.claimedCount > 0 and claimsLeft > 0 do
      stepClaim(m, key, parts, m.claimedCount, removeTold)
      m.claimedCount = m.claimedCount - 1
    end
  end
  if m.claimedCount == 0 then m.claimed = wanted end
  if wanted and m.claimed == wanted then
    local parts = blobsOfList(wanted)
    while m.claimedCount < parts.count and claimsLeft > 0 do
      m.claimedCount = m.claimedCount + 1
      stepClaim(m, key, parts, m.claimedCount, addTold)
    end
  end
  if not isSettled(m, wanted) then
    call('HSET', PENDING, 'm' .. key, '')
  elseif not wasSettled then
    call('HDEL', PENDING, 'm' .. key)
  end
end
