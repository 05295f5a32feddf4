-- Writes back what the facts changed, and what follows from it: holders, counters, and the outbox, whose entries tell
-- the registry's script (share.lua) what the project has begun and ceased to hold.
--   outbox   one a run that changed what the project holds: seq I7, then ops * (sign c1, size I6, key c16)

local SEEN_MAX, SEEN_AGE = 10000, 600000000
local now = tonumber(ARGV[1])
local OUTBOX, SEEN, SEEN_BEFORE
local digests -- key -> { rest, size }, of every content that the facts name
local last -- by field of META, times that it is to have reached
local delta -- by field of META, by how much it changes
local ops

-- What is about to change in the project that is open; `first`: the number of its first key that is not the project's.
local function openChanges(first)
  OUTBOX, SEEN, SEEN_BEFORE = KEYS[first], KEYS[first + 1], KEYS[first + 2]
  digests, ops, last = {}, {}, {}
  delta = { unique = 0, referenced = 0, unreferenced = 0, manifests = 0, tags = 0, repositories = 0, unresolved = 0 }
  if call('HSETNX', META, 'createdAt', ARGV[1]) == 1 then call('HSET', META, 'seenSince', ARGV[1]) end
end

local function hold(key, by)
  local b = blob(key)
  b.holders, b.dirty = b.holders + by, true
end

local function holdAll(keys, by)
  local once = {} -- a manifest may name one layer twice
  for pos = 1, #keys, 16 do
    local key = string.sub(keys, pos, pos + 15)
    if not once[key] then
      once[key] = true
      hold(key, by)
    end
  end
end

local function packTags(tags)
  local out = {}
  for tag, at in pairs(tags) do out[#out + 1] = pack('>I7Bc0', at, #tag, tag) end
  return #out, table.concat(out)
end

-- Whether a sighting that told its references is still alive: once none is, they are not known any more.
local function isTold(m)
  for _, place in pairs(m.places) do
    if place.toldAt > 0 then return true end
  end
  return false
end

local function writeManifest(key, m)
  if m.known > 0 and not isTold(m) then
    m.known, m.refs, m.blobs, m.children, m.subjects, m.contents = 0, '', 0, 0, 0, 0
  end
  local places, placesBefore = 0, 0
  for id, tagsBefore in pairs(m.before) do
    placesBefore = placesBefore + 1
    delta.tags = delta.tags - tagsBefore
    if not m.places[id] then
      local repo = reposById[id]
      repo.manifests, repo.dirty = repo.manifests - 1, true
      if repo.manifests == 0 then delta.repositories = delta.repositories - 1 end
    end
  end
  local out = {}
  for id, place in pairs(m.places) do
    places = places + 1
    local count, tags = packTags(place.tags)
    delta.tags = delta.tags + count
    if not m.before[id] then
      local repo = reposById[id]
      if repo.manifests == 0 then delta.repositories = delta.repositories + 1 end
      repo.manifests, repo.dirty = repo.manifests + 1, true
    end
    out[#out + 1] = pack('>I4I7I7I7I2', id, place.pushedAt, place.pulledAt, place.toldAt, count) .. tags
  end
  local held = places > 0
  delta.manifests = delta.manifests + places - placesBefore
  delta.referenced = delta.referenced + places * (m.size + m.contents) - placesBefore * m.weightBefore
  if m.heldBefore and m.knownBefore == 0 then delta.unresolved = delta.unresolved - 1 end
  if held and m.known == 0 then delta.unresolved = delta.unresolved + 1 end
  if held and not m.heldBefore then hold(key, 1) end
  if m.heldBefore and not held then hold(key, -1) end
  if m.heldBefore ~= held or m.refsBefore ~= m.refs or m.blobsBefore ~= m.blobs then
    if held then holdAll(string.sub(m.refs, 1, m.blobs * 16), 1) end
    if m.heldBefore then holdAll(string.sub(m.refsBefore, 1, m.blobsBefore * 16), -1) end
  end
  if held then
    local header = pack('>Bc0I1I5I7I1I2I2I1', #m.rest, m.rest, m.type, m.size, m.contents, m.known, m.blobs, m.children,
      m.subjects)
    call('HSET', MANIFESTS, key, header .. m.refs .. table.concat(out))
  else
    call('HDEL', MANIFESTS, key)
  end
end

local function writeBlob(key, b)
  b.size = math.max(b.size, digests[key] and digests[key].size or 0)
  local held, linked = b.holders > 0, next(b.links) ~= nil
  if b.heldBefore then
    delta.unique = delta.unique - b.sizeBefore
    if not held or b.size ~= b.sizeBefore then ops[#ops + 1] = pack('>c1I6c16', '-', b.sizeBefore, key) end
  end
  if held then
    delta.unique = delta.unique + b.size
    if not b.heldBefore or b.size ~= b.sizeBefore then ops[#ops + 1] = pack('>c1I6c16', '+', b.size, key) end
  end
  if b.looseBefore then delta.unreferenced = delta.unreferenced - b.sizeBefore end
  if linked and not held then delta.unreferenced = delta.unreferenced + b.size end
  if held or linked then
    local out = { pack('>I6I4', b.size, b.holders) }
    for id, at in pairs(b.links) do out[#out + 1] = pack('>I4I7', id, at) end
    BLOBS:put(key, table.concat(out))
  else
    BLOBS:remove(key)
  end
end

local function text(number) return string.format('%.0f', number) end

-- Gives what the reply begins with.
local function settle()
  for key, m in pairs(manifests) do
    if m.dirty then writeManifest(key, m) end
  end
  for key, b in pairs(blobs) do
    if b.dirty then writeBlob(key, b) end
  end
  for name, repo in pairs(repos) do
    if repo.dirty then call('HSET', REPOS, name, pack('>I4I4I7', repo.id, repo.manifests, repo.droppedAt)) end
  end
  BLOBS:close()
  TAGS:close()
  TOMBS:close()

  for field, by in pairs(delta) do
    if by ~= 0 then call('HINCRBY', META, field, by) end
  end
  for field, at in pairs(last) do
    if at > tonumber(call('HGET', META, field) or 0) then call('HSET', META, field, text(at)) end
  end
  if #ops > 0 then
    -- Never one that was given before: a replica that takes over may lack the last runs, whose entries the registry has.
    local seq = math.max(tonumber(call('HGET', META, 'seq') or 0) + 1, now)
    call('HSET', META, 'seq', text(seq))
    call('RPUSH', OUTBOX, pack('>I7', seq) .. table.concat(ops))
  end

  if (delta.pulls or delta.scans) and call('SCARD', SEEN) > SEEN_MAX
    and now - tonumber(call('HGET', META, 'seenSince')) > SEEN_AGE then
    call('RENAME', SEEN, SEEN_BEFORE)
    call('HSET', META, 'seenSince', ARGV[1])
  end
  return { call('HGET', META, 'unique') or '0', text(delta.unique), text(call('LLEN', OUTBOX)) }
end
