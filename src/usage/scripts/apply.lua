-- Applies facts to projects' usage indexes, those of each project atomically.
--
-- The index is a function of the set of facts (src/usage/model.ts says which): any order, any duplication
-- and any replay end in the same state. Times are epoch µs, sizes are bytes.
--
-- KEYS  of each project nine: six as in project.lua, then outbox, seen, seenBefore
-- ARGV  1 now
--       then of each project the facts, one after the other, big-endian, L a length I1 and that many bytes:
--         op c1, at I7, size I6, media type code I1, repository I2 and its bytes, digest L, tag L, event id L,
--         references known I1 (0 not, 1 but for a subject, 2 all), references I2 * (kind I1 (0 blob, 1 child,
--         2 subject), size I6, digest L)
--         op: P manifest push, G manifest pull, p and g a manifest present as of a push or a pull, S a scanner's
--         pull, L blob link (push or mount), D delete of a digest, U tag deleted, X repository deleted
-- Reply for each project a text of numbers: uniqueBytes, by how much they changed, outbox entries, then the numbers
--       (from 0) of the pushes and pulls whose manifest's references are not all known

local KEYS_EACH = 9
local PULL_GRACE = 5000000 -- a pull that began before a delete may be reported after it
local reported -- number of the fact -> the manifest that an event spoke of
local facts, pos -- read from `pos` on

local function learn(digest, size)
  local key, rest = string.sub(digest, 1, 16), string.sub(digest, 17)
  local known = digests[key]
  if not known then
    digests[key] = { rest = rest, size = size }
  else
    if size > known.size then known.size = size end
    if #rest > #known.rest then known.rest = rest end
  end
  return key
end

local function link(repo, key, at)
  if at <= tombstone(repo, key) then return end
  local b = blob(key)
  local before = b.links[repo.id]
  if not before or at > before then
    b.links[repo.id] = at
    b.dirty = true
  end
end

local function greater(a, b) -- byte by byte: Lua's own `<` asks the server's locale
  for i = 1, 16 do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return false
end

local NO_KEY = string.rep('\0', 16)
local STRENGTH = { [0] = 1, [1] = 1, [2] = 0 }
local function beats(at, kind, key, oldAt, oldKind, oldKey)
  if STRENGTH[kind] ~= STRENGTH[oldKind] then return STRENGTH[kind] > STRENGTH[oldKind] end
  if at ~= oldAt then return at > oldAt end
  if kind ~= oldKind then return kind == 0 end
  return greater(key, oldKey)
end

local function setTag(repo, tag, at, kind, key)
  local oldAt, oldKind, oldKey = readTag(repo, tag)
  if oldAt then
    if not beats(at, kind, key, oldAt, oldKind, oldKey) then return end
    if oldKind ~= 0 then
      local old = manifest(oldKey)
      local place = old.places[repo.id]
      if place and place.tags[tag] then
        place.tags[tag] = nil
        old.dirty = true
      end
    end
  end
  TAGS:put(repo.packed .. tag, pack('>I7I1c16', at, kind, key))
  if kind == 0 then return end
  local m = manifest(key)
  local place = m.places[repo.id]
  local grace = kind == 2 and PULL_GRACE or 0
  if place and at > tombstone(repo, key) + grace then
    place.tags[tag] = at
    m.dirty = true
  end
end

-- Whether a manifest is sure to have been there, without a look at its tombstone: by a pull no later than this one, or by a
-- push long enough before it, that outlived the tombstone themselves. True of nearly all pulls.
local function outlives(place, at)
  return place and ((place.pulledAt > 0 and at >= place.pulledAt)
    or (place.pushedAt > 0 and at >= place.pushedAt + PULL_GRACE))
end

local function sight(repo, at, key, size, mediaType, references, pulled)
  local m = manifest(key)
  local grace = pulled and PULL_GRACE or 0
  if not outlives(m.places[repo.id], at) and at <= tombstone(repo, key) + grace then return end
  m.size, m.dirty = math.max(m.size, size), true
  if mediaType ~= 0 then m.type = mediaType end
  if #digests[key].rest > #m.rest then m.rest = digests[key].rest end
  local place = m.places[repo.id]
  if not place then
    place = { pushedAt = 0, pulledAt = 0, toldAt = 0, tags = {} }
    m.places[repo.id] = place
  end
  local field = pulled and 'pulledAt' or 'pushedAt'
  place[field] = math.max(place[field], at)
  if not references then return end
  place.toldAt = math.max(place.toldAt, at - grace)
  if references.known > m.known then
    m.known, m.refs, m.blobs, m.children, m.subjects =
      references.known, references.packed, references.blobs, references.children, references.subjects
    m.contents = references.bytes
  end
end

local function bury(repo, key, at) -- what of a digest in a repository is not younger than `at` goes
  local m = manifest(key)
  local place = m.places[repo.id]
  if place then
    m.dirty = true
    if place.pushedAt <= at then place.pushedAt = 0 end
    if place.pulledAt <= at + PULL_GRACE then place.pulledAt = 0 end
    if place.toldAt <= at then place.toldAt = 0 end
    if place.pushedAt == 0 and place.pulledAt == 0 then
      m.places[repo.id] = nil
    else
      for tag in pairs(place.tags) do
        local tagAt, kind = readTag(repo, tag)
        if tagAt <= at + (kind == 2 and PULL_GRACE or 0) then place.tags[tag] = nil end
      end
    end
  end
  local b = blob(key)
  local linkedAt = b.links[repo.id]
  if linkedAt and linkedAt <= at then
    b.links[repo.id] = nil
    b.dirty = true
  end
end

local function readReferences(known, count)
  local packed, bytes = { [0] = {}, {}, {} }, 0
  for _ = 1, count do
    local kind, size, digest
    kind, size, digest, pos = unpackBytes('>I1I6Bc0', facts, pos)
    local of = packed[kind]
    of[#of + 1] = learn(digest, kind == 0 and size or 0)
    if kind == 0 then bytes = bytes + size end
  end
  if known == 0 then return nil end
  local blobKeys, children, subjects = packed[0], packed[1], packed[2]
  return { known = known, bytes = bytes, blobKeys = blobKeys,
    packed = table.concat(blobKeys) .. table.concat(children) .. table.concat(subjects),
    blobs = #blobKeys, children = #children, subjects = #subjects }
end

local function count(field, id) -- an event, once, however often it is delivered
  if call('SADD', SEEN, id) == 1 and call('SISMEMBER', SEEN_BEFORE, id) == 0 then
    delta[field] = (delta[field] or 0) + 1
  end
end

local function drop(repo, at)
  if at <= repo.droppedAt then return end
  repo.droppedAt, repo.dirty = at, true
  for _, known in ipairs(call('HKEYS', MANIFESTS)) do bury(repo, known, at) end
  BLOBS:each(function(known) bury(repo, known, at) end)
  for known in pairs(manifests) do bury(repo, known, at) end
  for known in pairs(blobs) do bury(repo, known, at) end
end

local PUSHED, PULLED = { P = true, p = true }, { G = true, g = true }

local function applyNext(number)
  local op, at, size, mediaType, name, digest, tag, id, known, refs
  op, at, size, mediaType, name, digest, tag, id, known, refs, pos =
    unpackBytes('>c1I7I6I1I2c0Bc0Bc0Bc0I1I2', facts, pos)
  local references = readReferences(known, refs)
  local repo = repository(name)
  local key = digest ~= '' and learn(digest, size) or NO_KEY
  if PUSHED[op] or PULLED[op] then
    sight(repo, at, key, size, mediaType, references, PULLED[op])
    if PUSHED[op] and references then
      for _, ref in ipairs(references.blobKeys) do link(repo, ref, at) end
    end
    if tag ~= '' then setTag(repo, tag, at, PUSHED[op] and 1 or 2, key) end
    if op == 'P' or op == 'G' then reported[number] = key end
    if op == 'P' then last.lastPush = math.max(last.lastPush or 0, at) end
    if op == 'G' then
      last.lastPull = math.max(last.lastPull or 0, at)
      count('pulls', id)
    end
  elseif op == 'S' then
    count('scans', id)
  elseif op == 'L' then
    link(repo, key, at)
  elseif op == 'D' then
    if at > tombstone(repo, key) then
      tombs[repo.packed .. key] = at
      TOMBS:put(repo.packed .. key, pack('>I7', at))
      bury(repo, key, at)
    end
  elseif op == 'U' then
    setTag(repo, tag, at, 0, NO_KEY)
  elseif op == 'X' then
    drop(repo, at)
  end
end

local replies = {}
for n = 0, #KEYS / KEYS_EACH - 1 do
  openProject(n * KEYS_EACH + 1)
  openChanges(n * KEYS_EACH + 7)
  facts, pos, reported = ARGV[n + 2], 1, {}
  local number = 0
  while pos <= #facts do
    applyNext(number)
    number = number + 1
  end
  local reply = settle()
  for fact, key in pairs(reported) do
    local m = manifest(key)
    if m.known < 2 and next(m.places) ~= nil then reply[#reply + 1] = fact end
  end
  replies[n + 1] = table.concat(reply, ' ')
end
return replies
