import { isDeepStrictEqual } from 'node:util'
import type { CollectionJob } from '../queue/jobs.ts'
import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'
import { SCHEDULE } from './collection-alert.ts'
import type { CollectionMode } from './collection-run.ts'
import { modeOf } from './mode-of.ts'

/** It tells the mode: BullMQ does not compare the data of a schedule. */
const schedulerKey = (registry: string, mode: CollectionMode): string =>
  `${mode === 'conduct' ? 'collect' : mode}-${registry}`

/** How long after its time a scheduled collection still begins, in ms: later, people may be at work again. */
export const LATE_MS = 3_600_000

/** Schedules the collections of registries. Removes the schedules of all others. One that has not changed stays as it is. */
export async function scheduleCollections(
  queues: Pick<Queues, 'collections'>,
  registries: readonly {
    name: string
    gc: { schedule?: string | undefined; timeZone: string; barrier?: unknown }
  }[],
): Promise<void> {
  const wanted = new Map(
    registries.flatMap(({ name, gc }) => {
      const { schedule, timeZone } = gc
      const mode = modeOf(gc)
      return schedule === undefined
        ? []
        : [[schedulerKey(name, mode), { name, mode, schedule, timeZone }] as const]
    }),
  )
  const scheduled = new Map<string, object>()
  for (const { key, pattern, tz } of await queues.collections.getJobSchedulers()) {
    if (wanted.has(key)) scheduled.set(key, { pattern, tz })
    else await queues.collections.removeJobScheduler(key)
  }
  for (const [key, { name, mode, schedule, timeZone }] of wanted) {
    const when = { pattern: schedule, tz: timeZone }
    if (isDeepStrictEqual(scheduled.get(key), when)) continue
    const data: CollectionJob = { registry: name, mode, dryRun: false, force: false, by: SCHEDULE }
    await queues.collections.upsertJobScheduler(key, when, { name: 'collections', data, opts: OWN_TRACE })
  }
}
