import type { Quarantine } from '../events/quarantine.ts'
import { formatDuration } from '../platform/units.ts'
import { countJobs } from '../queue/count-jobs.ts'
import { QUEUE_NAMES, type QueueName } from '../queue/jobs.ts'
import { queueLag } from '../queue/queue-lag.ts'
import type { Queues } from '../queue/queues.ts'
import { confidenceOf, isExact } from '../reconcile/confidence.ts'
import type { IndexStatus } from '../reconcile/ledger.ts'
import type { Check, Found } from './finding.ts'

/** A job that waits for longer than this is late, in ms: it takes milliseconds. */
const LATE_MS = 60_000

/** The same in the other queues, whose jobs copy, delete or read for minutes, one after the other, while the next ones wait. */
const LONG_MS = 3_600_000
const SHORT_JOBS: readonly QueueName[] = ['events', 'quota', 'alerts']

/** Looks at the queues: whether somebody works them off, how late they are, and what failed. `now`: epoch ms. */
export const checkQueues = ({ queues, now }: { queues: Queues; now: () => number }): Check => ({
  name: 'queues',
  async run() {
    const found: Found[] = []
    for (const name of QUEUE_NAMES) {
      const queue = queues[name]
      const { waiting, failed } = await countJobs(queue)
      const workers = await queue.getWorkersCount()
      if (workers === 0)
        found.push({
          ...{ level: 'error', what: `no process works off the queue ${name}; ${waiting} jobs wait` },
          why: 'what comes in is kept, and nothing is done with it',
          fix: `tallyman start runs all workers beside the API, tallyman start ${name} those of this queue`,
        })
      const waits = await queueLag(queue, now())
      if (waits > (SHORT_JOBS.includes(name) ? LATE_MS : LONG_MS) && workers > 0)
        found.push({
          ...{ level: 'warning', what: `a job of the queue ${name} waits since ${formatDuration(waits)}` },
          why: 'numbers, flags and alerts are as old',
          fix: `start more workers: tallyman start ${name}; docs/scaling.md tells how many help`,
        })
      if (failed > 0)
        found.push({
          ...{ level: 'warning', what: `jobs of the queue ${name} that have failed for good: ${failed}` },
          fix: `tallyman jobs failed ${name} tells why; after the cause is removed, tallyman jobs retry ${name} --all`,
        })
    }
    return found.length > 0
      ? found
      : [{ level: 'ok', what: 'every queue has workers, none is late, no job has failed' }]
  },
})

/** Looks whether events went to quarantine. */
export const checkQuarantine = (quarantine: Pick<Quarantine, 'count' | 'dropped'>): Check => ({
  name: 'quarantine',
  async run() {
    const [count, dropped] = await Promise.all([quarantine.count(), quarantine.dropped()])
    const found: Found[] = []
    if (count > 0)
      found.push({
        ...{ level: 'warning', what: `${count} events could not be understood, and are in quarantine` },
        why: 'the index lacks what they said',
        fix: 'tallyman quarantine list tells why; docs/operations.md, "When something could not be understood"',
      })
    if (dropped > 0)
      found.push({
        ...{ level: 'note', what: `${dropped} old events in quarantine were dropped to make room` },
        fix: 'tallyman reconcile REGISTRY corrects what they said',
      })
    return found.length > 0 ? found : [{ level: 'ok', what: 'it is empty' }]
  },
})

/** Looks how far the index of a registry can be trusted, and whether its images are whole. */
export const checkIndex = (
  registry: string,
  statusOf: (registry: string) => Promise<IndexStatus>,
): Check => ({
  name: `index of ${registry}`,
  async run() {
    const { broken = 0, ...status } = await statusOf(registry)
    return [indexFinding(registry, status), ...(broken > 0 ? [brokenFinding(registry, broken)] : [])]
  },
})

/** A broken image leaves the index exact: it has what the registry has. */
function indexFinding(registry: string, status: Omit<IndexStatus, 'broken'>): Found {
  const what = confidenceOf(status)
  if (isExact(status)) return { level: 'ok', what }
  if (status.lastReport?.method === 'events') return { level: 'note', what }
  const isHeld = Boolean(status.lastReport?.hold)
  return {
    ...{ level: isHeld ? 'error' : 'warning', what },
    why: 'expiry deletes nothing by an index that is not exact',
    fix: isHeld
      ? `see what is missing: tallyman reconcile ${registry} --dry-run; docs/registries.md tells when to accept a loss`
      : `tallyman reconcile ${registry}: it makes the index exact. The next one by itself may be minutes away (reconcile.pause)`,
  }
}

const brokenFinding = (registry: string, images: number): Found => ({
  ...{ check: `images of ${registry}`, level: 'warning', what: `images that are not whole: ${images}` },
  why: 'pulls of them fail, or give wrong bytes. Expiry goes on: the index is as exact as without them',
  fix: `tallyman broken --registry ${registry} lists them and what they lack; tallyman repair IMAGE puts it back from a good copy (docs/broken-images.md)`,
})

/** The processes that share the Redis. `strangers` are warnings about those with another configuration. */
export const checkProcesses = (deps: {
  processes: () => Promise<string[]>
  strangers: () => readonly string[]
}): Check => ({
  name: 'processes',
  async run() {
    const names = await deps.processes()
    const count = names.length === 1 ? '1 process uses' : `${names.length} processes use`
    return [
      { level: 'ok', what: `${count} this Redis: ${names.join(', ')}` },
      ...deps.strangers().map((what): Found => ({ level: 'warning', what })),
    ]
  },
})
