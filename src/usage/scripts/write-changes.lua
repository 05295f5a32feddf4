-- Writes what the facts changed in the open project: records, counters, and the outbox, from which update-holders.lua
-- learns what the project holds.
--
-- Included after write-records.lua. The time is that of Redis: workers' clocks may differ.
-- Redis  (more of each project's keys)
--   <base>outbox  a list with entries from each run that changed what the project holds: seq I7, then at most ENTRY_CHANGES
--             holding changes
--   <base>seen, <base>seen-before   sets of the ids of pulls and scans that were counted, since a registry may deliver an event
--             again (docs/registries.md, Delivery); an id is kept for IDS_AGE to
--             three times as long; if more than MAX_IDS come in this time, at least the last MAX_IDS are kept
--   <base>pushes  a stream: of each push that brought a manifest which the project did not have, k its key, r the repository,
--             t the tag ('' if none), a who pushed ('' if not known). Its ids are when that was applied, so it is not a
--             function of the facts. It names people, so an entry goes with the first push after PUSHES_KEPT, and
--             the whole stream goes if none comes for so long.
--   <base>meta    a hash: unique, referenced, unreferenced (bytes); manifests, tags, repositories, unresolved, pulls, scans;
--             lastPush, lastPull, createdAt, seenSince (epoch µs; seenSince is when eventIds was begun);
--             lastPushedBy (who made the push at lastPush; absent if not known);
--             additions (grows whenever an image appears or gets a tag, or references become known; it is not a function of
--             the facts); seq (of the last outbox entry); nextRepository (the last repository id given); layout (project.lua)

local MAX_IDS, IDS_AGE = 50000, 600 -- MAX_IDS take some 5 MB; IDS_AGE is in seconds
local ENTRY_CHANGES = 150 -- some 2 ms of update-holders.lua
local PUSHES_KEPT = 31 * 86400000 -- ms
local now, nowText -- epoch µs
local OUTBOX, EVENT_IDS, OLDER_EVENT_IDS
local latest -- field of META -> a time or a count that the field is to have at least
local arrivals -- key, repository, tag and actor of each push of a new manifest
local latestPush -- at and actor; nil if there was no push

local function decimal(number) return string.format('%.0f', number) end

-- Opens a project for changes.
local function beginChanges(base)
  openProject(base)
  openRecords()
  OUTBOX, EVENT_IDS, OLDER_EVENT_IDS = base .. 'outbox', base .. 'seen', base .. 'seen-before'
  holdingChanges, latest, latestPush, arrivals = {}, {}, nil, {}
  counterDelta = { unique = 0, referenced = 0, unreferenced = 0, manifests = 0, tags = 0, repositories = 0, unresolved = 0, additions = 0 }
  local time = call('TIME')
  now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  nowText = decimal(now)
  if call('HSETNX', META, 'createdAt', nowText) == 1 then call('HSET', META, 'seenSince', nowText, 'layout', LAYOUT) end
end

local function countOnce(field, id) -- an event may be delivered many times
  if call('SADD', EVENT_IDS, id) == 1 and call('SISMEMBER', OLDER_EVENT_IDS, id) == 0 then
    counterDelta[field] = (counterDelta[field] or 0) + 1
  end
end

-- The latest push counts; of two at the same time, the one with the greater actor.
local function isLaterPush(at, actor, push)
  return at > push.at or at == push.at and isGreater(actor, push.actor)
end

local function notePush(at, actor)
  if not latestPush or isLaterPush(at, actor, latestPush) then latestPush = { at = at, actor = actor } end
end

local function writeLatestPush()
  if not latestPush then return end
  local before = call('HMGET', META, 'lastPush', 'lastPushedBy')
  local at, actor = latestPush.at, latestPush.actor
  if not isLaterPush(at, actor, { at = tonumber(before[1] or 0), actor = before[2] or '' }) then return end
  call('HSET', META, 'lastPush', decimal(at))
  if actor ~= '' then
    call('HSET', META, 'lastPushedBy', actor)
  elseif before[2] then
    call('HDEL', META, 'lastPushedBy')
  end
end

local function writeMeta()
  for field, by in pairs(counterDelta) do
    if by ~= 0 then call('HINCRBY', META, field, decimal(by)) end
  end
  for field, at in pairs(latest) do
    if at > tonumber(call('HGET', META, field) or 0) then call('HSET', META, field, decimal(at)) end
  end
  writeLatestPush()
end

local function writeOutbox()
  if #holdingChanges == 0 then return end
  -- After a failover the replica may lack the last runs, although the registry has applied their entries. A number that
  -- is at least the time is still higher than any before it, so the registry does not skip its entry.
  local seq = math.max(tonumber(call('HGET', META, 'seq') or 0), now - 1)
  for from = 1, #holdingChanges, ENTRY_CHANGES do
    seq = seq + 1
    local to = math.min(from + ENTRY_CHANGES - 1, #holdingChanges)
    call('RPUSH', OUTBOX, pack('>I7', seq) .. table.concat(holdingChanges, '', from, to))
  end
  call('HSET', META, 'seq', decimal(seq))
end

local function writeArrivals()
  for _, arrival in ipairs(arrivals) do
    local key, repository, tag, actor = unpack(arrival)
    local oldest = decimal(math.floor(now / 1000) - PUSHES_KEPT)
    call('XADD', BASE .. 'pushes', 'MINID', oldest, '*', 'k', key, 'r', repository, 't', tag, 'a', actor)
  end
  if #arrivals > 0 then call('PEXPIRE', BASE .. 'pushes', PUSHES_KEPT) end
end

-- Begins a new set of ids once the last one is IDS_AGE old, or full. Both sets expire if no more ids come.
local function retireEventIds()
  if not (counterDelta.pulls or counterDelta.scans) then return end
  local isOld = now - tonumber(call('HGET', META, 'seenSince')) > IDS_AGE * 1000000
  if isOld or call('SCARD', EVENT_IDS) > MAX_IDS then
    call('UNLINK', OLDER_EVENT_IDS) -- RENAME would free it at once: some ms
    call('RENAME', EVENT_IDS, OLDER_EVENT_IDS)
    call('EXPIRE', OLDER_EVENT_IDS, IDS_AGE)
    call('HSET', META, 'seenSince', nowText)
  else
    call('EXPIRE', EVENT_IDS, 2 * IDS_AGE, 'NX')
  end
end

-- Gives by how many bytes the unique bytes changed, and how many outbox entries and pending pieces of work there are, as
-- decimal texts.
local function writeChanges()
  writeRecords()
  writeMeta()
  writeOutbox()
  writeArrivals()
  retireEventIds()
  local outboxEntries, pending = call('LLEN', OUTBOX), call('HLEN', PENDING)
  return { decimal(counterDelta.unique), decimal(outboxEntries), decimal(pending) }
end
