import type { Metrics } from '../platform/metrics.ts'
import { countJobs } from '../queue/count-jobs.ts'
import { QUEUE_NAMES } from '../queue/jobs.ts'
import type { Tally } from '../quota/tally.ts'
import { isExact } from '../reconcile/confidence.ts'
import { splitProjectId } from '../usage/project.ts'
import type { Sizes } from '../usage/project-sizes.ts'
import type { Parts } from './parts.ts'

type OnRedis = Awaited<ReturnType<Parts['onRedis']>>

/** Makes what sets the gauges of queues and quarantine. They are read from Redis, so every process reports the same. */
export function observeQueues({ metrics }: Parts, { queues, quarantine, backlog }: OnRedis) {
  return async (): Promise<void> => {
    metrics.backlogBytes.set((await backlog.read()).bytes)
    metrics.quarantined.set(await quarantine.count())
    const dropped = await quarantine.dropped()
    metrics.quarantineDropped.reset()
    metrics.quarantineDropped.inc(dropped)
    for (const queue of QUEUE_NAMES) {
      const counts = await countJobs(queues[queue])
      for (const [state, count] of Object.entries(counts)) metrics.jobs.set({ queue, state }, count)
    }
  }
}

/** Makes what sets the gauges of registries. */
export function observeRegistries({ metrics, registries }: Parts, { index, ledger, pulls }: OnRedis) {
  // Another one sends no events: it is only a target of promotions.
  const sources = registries.filter(({ token }) => token !== undefined)
  return async (): Promise<void> => {
    for (const { name: registry } of sources) {
      const [bytes, status, heard] = await Promise.all([
        index.registryBytes(registry),
        ledger.status(registry),
        pulls.of(registry),
      ])
      // No scrape sees the gauges between here and the end: nothing waits.
      metrics.registryUniqueBytes.set({ registry }, bytes)
      metrics.registryExact.set({ registry }, isExact(status) ? 1 : 0)
      metrics.registryPullsHeard.set({ registry }, heard.areHeard ? 1 : 0)
      const { lastReport } = status
      if (lastReport) metrics.lastReconcile.set({ registry }, Date.parse(lastReport.finishedAt) / 1_000)
    }
  }
}

/** The value of the label `project` for all projects of a registry that have no gauges of their own. No repository has parentheses in its name. */
const OTHERS = '(others)'

/** Makes what sets the gauges of projects. A project that is no longer among the largest loses its gauges. */
export function observeProjects({ metrics }: Parts, { inForce }: OnRedis, tally: () => Promise<Tally>) {
  return async (): Promise<void> => {
    const { largest, others, counts } = await tally()
    const quotas = await inForce.ofProjects(largest.map(({ id }) => id))
    // No scrape sees the gauges between here and the end: nothing waits.
    for (const gauge of gaugesOfProjects(metrics)) gauge.reset()
    for (const standing of largest) {
      const { registry, path: project } = splitProjectId(standing.id)
      setSizes(metrics, { registry, project }, standing)
      const limit = quotas.get(standing.id)?.quota.limit
      if (limit !== undefined) metrics.projectLimitBytes.set({ registry, project }, limit)
      for (const flag of ['ok', 'warning', 'over'])
        metrics.projectFlag.set({ registry, project, flag }, standing.flag === flag ? 1 : 0)
    }
    for (const [registry, sizes] of others) setSizes(metrics, { registry, project: OTHERS }, sizes)
    for (const [registry, byFlag] of counts)
      for (const [flag, number] of Object.entries(byFlag)) metrics.projects.set({ registry, flag }, number)
  }
}

const gaugesOfProjects = (metrics: Metrics) => [
  ...[metrics.projectUniqueBytes, metrics.projectExclusiveBytes, metrics.projectReferencedBytes],
  ...[metrics.projectUnreferencedBytes, metrics.projectLimitBytes, metrics.projectFlag, metrics.projects],
]

function setSizes(metrics: Metrics, labels: { registry: string; project: string }, sizes: Sizes): void {
  metrics.projectUniqueBytes.set(labels, sizes.uniqueBytes)
  metrics.projectExclusiveBytes.set(labels, sizes.exclusiveBytes)
  metrics.projectReferencedBytes.set(labels, sizes.referencedBytes)
  metrics.projectUnreferencedBytes.set(labels, sizes.unreferencedBytes)
}
