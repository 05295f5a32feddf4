-- Forgets a project of which nothing is left: no repository, no content, no pending work, and nothing to tell its registry.
-- This call decides and deletes at once. A fact that comes at the same time either keeps the project or makes it anew.
--
-- KEYS  1 the project's base, 2 its meta
-- ARGV  1 before: a project that is younger stays, since its first facts may be on their way (epoch µs)
-- Reply '1' if the project was forgotten, '0' if not

local base = KEYS[1]
openProject(base)
local createdAt = call('HGET', META, 'createdAt')
if not createdAt or tonumber(createdAt) >= tonumber(ARGV[1]) then return '0' end
for _, key in ipairs({ REPOSITORIES, MANIFESTS, CLAIMS, PENDING, base .. 'outbox' }) do
  if call('EXISTS', key) == 1 then return '0' end
end
if not BLOBS:isEmpty() then return '0' end
call('UNLINK', META, BLOBS.root, base .. 'seen', base .. 'seen-before', base .. 'history', base .. 'forecast', base .. 'pushes')
return '1'
