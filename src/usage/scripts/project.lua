-- One project's part of the index. Records are read once and remembered until another project is opened.
--
-- Words   content: a manifest or a blob. key: the first 16 bytes of a content's digest (128 bits;
--         an accidental collision is out of reach). image: a manifest in one repository.
--         sighting: a push, a pull or a presence. It says that a manifest was in a repository at a time.
-- KEYS    for each project its base and its meta (src/usage/keys.ts). Every key of the project begins with its base and is in
--         the same slot.
-- Redis   (big-endian; times are epoch µs, sizes are bytes)
--   <base>meta             a hash of counters and times (write-changes.lua)
--   <base>repositories     name -> id I4, number of manifests I4, droppedAt I7 (0: never)
--   <base>manifests        key -> a record (records.lua)
--   <base>blobs            key -> a record (records.lua; a table)
--   <base>claims           sizes that differ from what most others tell (claims.lua)
--   <base>pending          work that calls left for later ones (continue.lua)
--   Each repository has four tables, by its id:
--   <base>images:<id>      key of each of its manifests -> ''
--   <base>links:<id>       key of each linked blob -> at I7, then size I5 if a link told one, then sizedAt I7 if it is not at
--   <base>tags:<id>        tag -> the last write: at I7, kind I1, key c16, age I7 if kind has one, then who made it
--                          (src/usage/fact.ts, `keptActor`; nothing if not known)
--                          kind: 0 pull, 1 to 5 found with an age of a source (seen, undated, and with a time of their own
--                          image, storage, registry: src/usage/age.ts), 6 push, 7 untag
--   <base>tombstones:<id>  key -> deletedAt I7
--   A repository that ever had more than MANY_TAGS tags also has <base>tag-names:<id>, a sorted set of the names in `tags`, all
--   scores 0. So a page of its tags, in order of name, costs a page.

local LAYOUT = '4' -- of all records here; META has it since layout 2
local BASE, META, REPOSITORIES, MANIFESTS, BLOBS, CLAIMS, PENDING
local repositories, repositoriesById -- records by name and by id
local openTables -- the tables to save at the end

local function openOwnTable(name)
  local opened = openTable(BASE .. name)
  openTables[#openTables + 1] = opened
  return opened
end

local function openProject(base)
  BASE, META, REPOSITORIES, MANIFESTS = base, base .. 'meta', base .. 'repositories', base .. 'manifests'
  CLAIMS, PENDING = base .. 'claims', base .. 'pending'
  repositories, repositoriesById, openTables = {}, {}, {}
  BLOBS = openOwnTable('blobs')
  local state = call('HMGET', META, 'createdAt', 'layout')
  if state[1] and state[2] ~= LAYOUT then
    error({ err = 'LAYOUT ' .. META .. ' was written by another version of Tallyman. Build the index again (docs/usage.md, The layout)' })
  end
end

local function saveTables()
  for _, opened in ipairs(openTables) do opened:saveState() end
end

-- Gives nil for a repository that no fact named.
local function findRepository(name)
  local repository = repositories[name]
  if repository then return repository end
  local record = call('HGET', REPOSITORIES, name)
  if not record then return nil end
  local id, manifestCount, droppedAt = unpackBytes('>I4I4I7', record)
  repository = { name = name, id = id, manifestCount = manifestCount, droppedAt = droppedAt }
  repositories[name], repositoriesById[id] = repository, repository
  return repository
end

local function readRepository(name)
  local repository = findRepository(name)
  if repository then return repository end
  local id = call('HINCRBY', META, 'nextRepository', 1)
  repository = { name = name, id = id, manifestCount = 0, droppedAt = 0, isDirty = true }
  repositories[name], repositoriesById[id] = repository, repository
  return repository
end

local TABLES = { 'images', 'links', 'tags', 'tombstones' } -- of each repository

-- `name`: one of TABLES.
local function tableOf(repository, name)
  local opened = repository[name]
  if not opened then
    opened = openOwnTable(name .. ':' .. repository.id)
    repository[name] = opened
  end
  return opened
end

-- When a content was last deleted from a repository, alone or with the whole repository; 0 for never.
local function deletedAt(repository, key)
  local known = repository.deletedAtByKey
  if not known then
    known = {}
    repository.deletedAtByKey = known
  end
  local at = known[key]
  if not at then
    local record = tableOf(repository, 'tombstones'):get(key)
    at = record and unpackBytes('>I7', record) or 0
    known[key] = at
  end
  return math.max(at, repository.droppedAt)
end

local TAG_PULLED, TAG_SEEN, TAG_PUSHED, UNTAGGED = 0, 1, 6, 7 -- kinds of a tag's write
local function hasTagAge(kind) return kind >= 3 and kind <= 5 end

-- Gives the last write of a tag; `actor` is '' if it is not known. nil if there was none.
local function readTag(repository, tag)
  local record = tableOf(repository, 'tags'):get(tag)
  if not record then return nil end
  local write, pos = {}
  write.at, write.kind, write.key, pos = unpackBytes('>I7I1c16', record)
  write.age = write.at
  if hasTagAge(write.kind) then write.age, pos = unpackBytes('>I7', record, pos) end
  write.actor = string.sub(record, pos)
  return write
end

-- A blob's latest link in a repository, and the latest one that told a size (0, 0 if none did). nil if it has no link.
local function readLink(repository, key)
  local record = tableOf(repository, 'links'):get(key)
  if not record then return nil end
  local link, pos = { sizedAt = 0, size = 0 }
  link.at, pos = unpackBytes('>I7', record)
  if pos <= #record then
    link.size, pos = unpackBytes('>I5', record, pos)
    link.sizedAt = pos <= #record and unpackBytes('>I7', record, pos) or link.at
  end
  return link
end

local MANY_TAGS = 1000

local function tagNamesOf(repository) return BASE .. 'tag-names:' .. repository.id end

-- Adds a name that is new in the repository's tags. The first time that there are many, adds all.
local function addTagName(repository, tag)
  local tags, names = tableOf(repository, 'tags'), tagNamesOf(repository)
  if tags.entries <= MANY_TAGS then return end
  if call('EXISTS', names) == 0 then
    tags:forEachField(function(field) call('ZADD', names, 0, field) end)
  end
  call('ZADD', names, 0, tag)
end

local function writeLink(repository, key, link)
  local record = pack('>I7', link.at)
  if link.size > 0 then record = record .. pack('>I5', link.size) end
  if link.size > 0 and link.sizedAt ~= link.at then record = record .. pack('>I7', link.sizedAt) end
  tableOf(repository, 'links'):set(key, record)
end
