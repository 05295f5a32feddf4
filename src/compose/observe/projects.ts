import type { Metrics } from '../../platform/metrics.ts'
import { shareReads } from '../../platform/share-reads.ts'
import { projectSubject } from '../../queue/quota-subject.ts'
import type { Quota } from '../../quota/quota.ts'
import type { Tally } from '../../quota/tally.ts'
import { splitProjectId } from '../../usage/project.ts'
import type { Sizes } from '../../usage/project-sizes.ts'
import type { OnRedis, Parts } from '../parts.ts'
import { FLAGS } from './flags.ts'
import { FORECAST_MS, makeFullAt } from './full-at.ts'

/** The value of the label `project` for all projects of a registry that have no gauges of their own. No repository has parentheses in its name. */
const OTHERS = '(others)'

/** Makes what sets the gauges of projects. A project that is no longer among the largest loses its gauges. */
export function observeProjects({ metrics }: Parts, onRedis: OnRedis, tally: () => Promise<Tally>) {
  const { inForce } = onRedis
  const fullAt = makeFullAt(onRedis)
  const forecasts = shareReads(
    async () => {
      const found = new Map<string, number>()
      for (const { id } of (await tally()).largest) {
        const at = await fullAt(projectSubject(id), id)
        if (at !== undefined) found.set(id, at)
      }
      return found
    },
    () => FORECAST_MS,
  )

  return async (): Promise<void> => {
    const { largest, others, counts } = await tally()
    const quotas = await inForce.ofProjects(largest.map(({ id }) => id))
    const full = await forecasts()
    // No scrape sees the gauges between here and the end: nothing waits.
    for (const gauge of gaugesOfProjects(metrics)) gauge.reset()
    for (const standing of largest) {
      const { registry, path: project } = splitProjectId(standing.id)
      const labels = { registry, project }
      setSizes(metrics, labels, standing)
      const quota = quotas.get(standing.id)?.quota
      if (quota?.limit !== undefined) {
        metrics.projectLimitBytes.set(labels, quota.limit)
        const used = usedBy(quota, standing)
        if (used !== undefined) metrics.projectUsedBytes.set(labels, used)
      }
      const at = full.get(standing.id)
      if (at !== undefined) metrics.projectFull.set(labels, at)
      for (const flag of FLAGS) metrics.projectFlag.set({ ...labels, flag }, standing.flag === flag ? 1 : 0)
    }
    for (const [registry, sizes] of others) setSizes(metrics, { registry, project: OTHERS }, sizes)
    for (const [registry, byFlag] of counts)
      for (const [flag, number] of Object.entries(byFlag)) metrics.projects.set({ registry, flag }, number)
  }
}

/** What only tagged images hold takes reading the project. */
function usedBy({ measure }: Quota, sizes: Sizes): number | undefined {
  if (measure === 'tagged' || measure === 'stored') return undefined
  return sizes[`${measure}Bytes`]
}

const gaugesOfProjects = (metrics: Metrics) => [
  ...[metrics.projectUniqueBytes, metrics.projectExclusiveBytes, metrics.projectReferencedBytes],
  ...[metrics.projectUnreferencedBytes, metrics.projectUsedBytes, metrics.projectLimitBytes],
  ...[metrics.projectFull, metrics.projectFlag, metrics.projects],
]

function setSizes(metrics: Metrics, labels: { registry: string; project: string }, sizes: Sizes): void {
  metrics.projectUniqueBytes.set(labels, sizes.uniqueBytes)
  metrics.projectExclusiveBytes.set(labels, sizes.exclusiveBytes)
  metrics.projectReferencedBytes.set(labels, sizes.referencedBytes)
  metrics.projectUnreferencedBytes.set(labels, sizes.unreferencedBytes)
}
