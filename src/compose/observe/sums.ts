import { groupHistoryId } from '../../history/groups.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { shareReads } from '../../platform/share-reads.ts'
import { type QuotaSubject, subjectKey } from '../../queue/quota-subject.ts'
import type { MeasureSubject } from '../../quota/measure.ts'
import type { OnRedis, Parts } from '../parts.ts'
import { FLAGS } from './flags.ts'
import { FORECAST_MS, makeFullAt } from './full-at.ts'

/** Makes what sets the gauges of the quotas of groups and registries. */
export function observeSums({ metrics, settings }: Parts, onRedis: OnRedis, measure: MeasureSubject) {
  const fullAt = makeFullAt(onRedis)
  const subjects = () => settings().quotas.sums
  const historyOf = (subject: QuotaSubject) => {
    const group = settings().quotas.groups.find(
      ({ group }) => subject.kind === 'group' && group === subject.id,
    )
    return group === undefined ? subject.id : groupHistoryId(group)
  }
  const forecasts = shareReads(
    async () => {
      const found = new Map<string, number>()
      for (const subject of subjects()) {
        const at = await fullAt(subject, historyOf(subject))
        if (at !== undefined) found.set(subjectKey(subject), at)
      }
      return found
    },
    () => FORECAST_MS,
  )

  async function read(subject: QuotaSubject) {
    const quota = settings().quotas.of(subject)
    const [used, { flag }] = await Promise.all([measure(subject, quota), onRedis.flags.get(subject)])
    return { subject, flag, limit: quota?.limit, used: quota?.limit === undefined ? undefined : used?.bytes }
  }

  return async (): Promise<void> => {
    const readings = await Promise.all(subjects().map(read))
    const full = await forecasts()
    // No scrape sees the gauges between here and the end: nothing waits.
    for (const gauge of gaugesOfSums(metrics)) gauge.reset()
    for (const { subject, flag, limit, used } of readings) {
      const at = full.get(subjectKey(subject))
      const set = subject.kind === 'group' ? setGroup(metrics, subject.id) : setRegistry(metrics, subject.id)
      if (limit !== undefined) set.limit(limit)
      if (used !== undefined) set.used(used)
      if (at !== undefined) set.full(at)
      for (const one of FLAGS) set.flag(one, one === flag ? 1 : 0)
    }
  }
}

const setGroup = (metrics: Metrics, group: string) => ({
  used: (bytes: number) => metrics.groupUsedBytes.set({ group }, bytes),
  limit: (bytes: number) => metrics.groupLimitBytes.set({ group }, bytes),
  full: (at: number) => metrics.groupFull.set({ group }, at),
  flag: (flag: string, value: number) => metrics.groupFlag.set({ group, flag }, value),
})

const setRegistry = (metrics: Metrics, registry: string) => ({
  used: (bytes: number) => metrics.registryUsedBytes.set({ registry }, bytes),
  limit: (bytes: number) => metrics.registryLimitBytes.set({ registry }, bytes),
  full: (at: number) => metrics.registryFull.set({ registry }, at),
  flag: (flag: string, value: number) => metrics.registryFlag.set({ registry, flag }, value),
})

const gaugesOfSums = (metrics: Metrics) => [
  ...[metrics.groupUsedBytes, metrics.groupLimitBytes, metrics.groupFull, metrics.groupFlag],
  ...[metrics.registryUsedBytes, metrics.registryLimitBytes, metrics.registryFull, metrics.registryFlag],
]
