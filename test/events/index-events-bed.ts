import type { Redis } from 'ioredis'
import { pino } from 'pino'
import { makeIndexEvents } from '../../src/events/index-events.ts'
import { makeInstances } from '../../src/events/instances.ts'
import { makeNormalise } from '../../src/events/normalise.ts'
import { makeQuarantine } from '../../src/events/quarantine.ts'
import { makeRenameGate } from '../../src/events/rename-gate.ts'
import { makeWatchInstances } from '../../src/events/watch-instances.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import type { Queues } from '../../src/queue/queues.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { recheck } from '../../src/quota/recheck.ts'
import type { Entry } from '../../src/replay/journal-line.ts'
import { makeRenameTable } from '../../src/usage/rename-table.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

/** The work of the `events` worker with everything that it needs. A project is a repository's first segment. */
export function makeIndexEventsBed({
  redis,
  queues,
  now = () => Date.now() * 1000,
}: {
  redis: Redis
  queues: Queues
  /** epoch µs */
  now?: () => number
}) {
  const at = { redis, prefix: 't' }
  const [index, renames, instances] = [makeUsageIndex(at), makeRenameTable(at), makeInstances(at)]
  const quarantine = makeQuarantine(at)
  /** The registries for which `onQuarantined` was called. */
  const missing: string[] = []
  /** What was noted for the journal. */
  const noted: Entry[] = []
  const indexEvents = makeIndexEvents({
    noteEntries: async (entries) => void noted.push(...entries),
    ...{ index, queues, renames, quarantine, metrics: makeMetrics() },
    normalise: makeNormalise({ isScanner: () => false, actors: true }),
    onQuarantined: async (registry) => missing.push(registry),
    watchInstances: makeWatchInstances({ instances, onUnknownInstance: async () => {} }),
    watchReferences: async () => {},
    watchPulls: async () => {},
    refuseRename: makeRenameGate({ ...at, registries: new Set(['ci']) }),
    now,
    projectOf: (_, repository) => repository.split('/')[0] ?? '',
    match: () => [],
    askFollow: async () => {},
    recheckQuotas: (projects) => recheck(queues, [...projects].map(projectSubject)),
    log: pino({ level: 'silent' }),
  })
  return { index, renames, quarantine, missing, indexEvents, noted }
}
