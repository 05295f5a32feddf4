import { isDeepStrictEqual } from 'node:util'
import type { CollectionJob } from '../queue/jobs.ts'
import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'
import { SCHEDULE } from './collection-alert.ts'

const schedulerKey = (registry: string): string => `collect-${registry}`

/** How long after its time a scheduled collection still begins, in ms: later, people may be at work again. */
export const LATE_MS = 3_600_000

/** Schedules the collections of registries. Removes the schedules of all others. One that has not changed stays as it is. */
export async function scheduleCollections(
  queues: Pick<Queues, 'collections'>,
  registries: readonly { name: string; gc: { schedule?: string | undefined; timeZone: string } }[],
): Promise<void> {
  const wanted = new Map(
    registries.flatMap(({ name, gc: { schedule, timeZone } }) =>
      schedule === undefined ? [] : [[schedulerKey(name), { name, schedule, timeZone }] as const],
    ),
  )
  const scheduled = new Map<string, object>()
  for (const { key, pattern, tz } of await queues.collections.getJobSchedulers()) {
    if (wanted.has(key)) scheduled.set(key, { pattern, tz })
    else await queues.collections.removeJobScheduler(key)
  }
  for (const [key, { name, schedule, timeZone }] of wanted) {
    const when = { pattern: schedule, tz: timeZone }
    if (isDeepStrictEqual(scheduled.get(key), when)) continue
    const data: CollectionJob = { registry: name, mode: 'conduct', dryRun: false, force: false, by: SCHEDULE }
    await queues.collections.upsertJobScheduler(key, when, { name: 'collections', data, opts: OWN_TRACE })
  }
}
