import { isDeepStrictEqual } from 'node:util'
import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'

/** `schedule` is cron with five or six fields, in the time zone `timeZone`. */
export interface Schedule {
  name: string
  registry: string
  schedule: string
  timeZone: string
}

/**
 * Schedules the policies, each for its registry, and removes all other schedules. What a run may do, its policy says once
 * it runs. A run that became due while no worker ran is caught up on: a schedule that has not changed stays as it is.
 */
export async function schedulePolicies(queues: Queues, policies: readonly Schedule[]): Promise<void> {
  const wanted = new Map(policies.map((policy) => [scheduleId(policy), policy]))
  const scheduled = new Map<string, object>()
  for (const { key, pattern, tz, template } of await queues.expiry.getJobSchedulers()) {
    if (wanted.has(key)) scheduled.set(key, { pattern, tz, data: template?.data })
    else await queues.expiry.removeJobScheduler(key)
  }
  for (const [id, { name, registry, schedule, timeZone }] of wanted) {
    const when = { pattern: schedule, tz: timeZone }
    const data = { policy: name, registry, dryRun: false, acceptShare: false, by: 'schedule' }
    if (isDeepStrictEqual(scheduled.get(id), { ...when, data })) continue
    await queues.expiry.upsertJobScheduler(id, when, { name: 'expiry', data, opts: OWN_TRACE })
  }
}

/** The id of the schedule of a policy. The name of a registry has no slash. */
export const scheduleId = ({ registry, name }: Pick<Schedule, 'registry' | 'name'>): string =>
  `${registry}/${name}`
