-- Finds repositories of a project that have a content: by their links, then by the manifests that reference it. Looks at a part of
-- a large project only: with 400 repositories of 5 manifests, a call takes Redis some 1 ms.
--
-- KEYS  1 the project's base, 2 its meta
-- ARGV  1 the content's key, 2 how many repositories are wanted
-- Reply their names

local MAX_REPOSITORIES, MAX_MANIFESTS = 20, 50

openProject(KEYS[1])
openRecords()
local key, wanted, reply, isFound = ARGV[1], tonumber(ARGV[2]), {}, {}

-- `at`: when the repository last had the content.
local function add(repository, at)
  if #reply == wanted or isFound[repository.id] or at <= deletedAt(repository, key) then return end
  isFound[repository.id] = true
  reply[#reply + 1] = repository.name
end

local linksLeft, nameById = readBlob(key).links, {} -- by the packed id
-- Redis gives all of a small hash, however many are asked for.
local rows = call('HSCAN', REPOSITORIES, 0, 'COUNT', MAX_REPOSITORIES)[2]
for i = 1, #rows, 2 do
  nameById[string.sub(rows[i + 1], 1, 4)] = rows[i]
  if linksLeft > 0 and #reply < wanted and i < 2 * MAX_REPOSITORIES then
    local repository = findRepository(rows[i])
    local link = readLink(repository, key)
    if link then
      add(repository, link.at)
      linksLeft = linksLeft - 1
    end
  end
end
if #reply == wanted then return reply end

rows = call('HSCAN', MANIFESTS, 0, 'COUNT', MAX_MANIFESTS)[2]
for i = 1, math.min(#rows, 2 * MAX_MANIFESTS), 2 do
  if #reply == wanted then return reply end
  local m = string.find(rows[i + 1], key, 1, true) and readManifest(rows[i])
  if m and m.list and string.find(m.list, key, 1, true) then
    for id, image in pairs(m.images) do
      local name = nameById[pack('>I4', id)]
      if name then add(findRepository(name), math.max(image.pushedAt, image.foundAt)) end
    end
  end
end
return reply
