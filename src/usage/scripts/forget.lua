-- Forgets deletions and deleted tags of a repository that can no longer matter, and then the repository, if it holds nothing:
-- no event from before them will come any more.
--
-- KEYS  1 the project's base, 2 its meta
-- ARGV  1 name of the repository; 2 before: older entries are forgotten (epoch µs); 3 'tags', 'tombstones', or '' to forget
--       the repository itself if it is empty; then fields of that table
-- Reply how many were forgotten

openProject(KEYS[1])
openRecords()
local repository, before, name = findRepository(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
if not repository then return '0' end

local function isOnManifest(tag, record)
  local image = readManifest(string.sub(record, 9, 24)).images[repository.id]
  return image and tagsOf(image)[tag]
end

if name == '' then
  if repository.manifestCount > 0 or repository.droppedAt >= before then return '0' end
  if call('HEXISTS', PENDING, 'r' .. repository.name) == 1 then return '0' end
  for _, part in ipairs(TABLES) do
    if not tableOf(repository, part):isEmpty() then return '0' end
  end
  for _, part in ipairs(TABLES) do tableOf(repository, part):unlink() end
  call('UNLINK', tagNamesOf(repository))
  call('HDEL', REPOSITORIES, repository.name)
  return '1'
end

local entries, forgotten = tableOf(repository, name), 0
for i = 4, #ARGV do
  local field = ARGV[i]
  local record = entries:get(field)
  if record and unpackBytes('>I7', record) < before and not (name == 'tags' and isOnManifest(field, record)) then
    entries:remove(field)
    if name == 'tags' then call('ZREM', tagNamesOf(repository), field) end
    forgotten = forgotten + 1
  end
end
saveTables()
return tostring(forgotten)
