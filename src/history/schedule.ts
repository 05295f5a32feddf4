import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'

/** Schedules a sample at each full hour: one job, whatever number of processes there is. */
export async function scheduleSamples(queues: Queues): Promise<void> {
  // One job at a time in all processes together.
  await queues.history.setGlobalConcurrency(1)
  await queues.history.upsertJobScheduler(
    'history-sample',
    { pattern: '0 * * * *', tz: 'UTC' },
    { name: 'history', data: { kind: 'sample' }, opts: OWN_TRACE },
  )
}
