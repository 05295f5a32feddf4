import type { Cluster, Redis } from 'ioredis'
import { makeIndexEvents } from '../src/events/index-events.ts'
import { makeInstances } from '../src/events/instances.ts'
import { makeNormalise } from '../src/events/normalise.ts'
import { makeQuarantine } from '../src/events/quarantine.ts'
import { makeWatchInstances } from '../src/events/watch-instances.ts'
import { makeLog } from '../src/platform/log.ts'
import { makeMetrics } from '../src/platform/metrics.ts'
import type { Queues } from '../src/queue/queues.ts'
import { makeProjectOf } from '../src/usage/project.ts'
import { makeRenameTable } from '../src/usage/rename-table.ts'
import type { UsageIndex } from '../src/usage/usage-index.ts'
import { eventsWorker } from '../workers/events.ts'

export const PREFIX = 'tallyman'
export const REGISTRY = 'ci'

/** The work of the `events` queue and its worker, as in the service, on the given index. */
export function makeEventsWork(options: {
  redis: Redis | Cluster
  queues: Queues
  index: Pick<UsageIndex, 'applyAll'>
  connection: Redis | Cluster
}) {
  const { redis, queues, index, connection } = options
  const log = makeLog('silent')
  const projectOf = makeProjectOf({ segments: 1 })
  const indexEvents = makeIndexEvents({
    noteEntries: async () => {},
    queues,
    index,
    log,
    metrics: makeMetrics(),
    quarantine: makeQuarantine({ redis, prefix: PREFIX }),
    normalise: makeNormalise({ isScanner: () => false, actors: true }),
    onQuarantined: async () => {},
    recheckQuotas: async () => {},
    renames: makeRenameTable({ redis, prefix: PREFIX }),
    watchInstances: makeWatchInstances({
      instances: makeInstances({ redis, prefix: PREFIX }),
      onUnknownInstance: async () => {},
    }),
    watchReferences: async () => {},
    watchPulls: async () => {},
    refuseRename: async () => undefined,
    now: () => Date.now() * 1000,
    projectOf: (_, repository) => projectOf(repository),
    askFollow: async () => {},
    match: () => [],
  })
  return {
    indexEvents,
    startWorker: () =>
      eventsWorker(
        { connection, prefix: PREFIX, log, outage: { takes: () => false }, metrics: makeMetrics() },
        indexEvents,
      ),
  }
}
