import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'

const schedulerKey = (registry: string): string => `survey-${registry}`

/** Schedules surveys of storages, the first after `everyMs`. Removes the schedules of all others. */
export async function scheduleSurveys(
  queues: Pick<Queues, 'storage'>,
  registries: readonly { name: string; everyMs: number | 'never' }[],
): Promise<void> {
  const wanted = new Map(
    registries.flatMap(({ name, everyMs }) =>
      everyMs === 'never' ? [] : [[schedulerKey(name), { name, everyMs }] as const],
    ),
  )
  const scheduled = new Map<string, number>()
  for (const { key, every } of await queues.storage.getJobSchedulers()) {
    if (wanted.has(key)) scheduled.set(key, Number(every))
    else await queues.storage.removeJobScheduler(key)
  }
  for (const [key, { name, everyMs }] of wanted) {
    // An upsert would start the interval anew, so that frequent restarts would put a survey off for ever.
    if (scheduled.get(key) === everyMs) continue
    await queues.storage.upsertJobScheduler(
      key,
      { every: everyMs, startDate: Date.now() + everyMs },
      { name: 'storage', data: { kind: 'survey', registry: name }, opts: OWN_TRACE },
    )
  }
}
