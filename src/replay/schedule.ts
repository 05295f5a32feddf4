import { OWN_TRACE } from '../queue/own-trace.ts'
import type { Queues } from '../queue/queues.ts'

const SCHEDULER_ID = 'journal-write'

/** How often it is looked whether something is to be written, in ms. */
const EVERY_MS = 60_000

/** Schedules the writing of the journal, or removes it. */
export async function scheduleJournal(queues: Pick<Queues, 'journal'>, isEnabled: boolean): Promise<void> {
  if (!isEnabled) await queues.journal.removeJobScheduler(SCHEDULER_ID)
  else
    await queues.journal.upsertJobScheduler(
      SCHEDULER_ID,
      { every: EVERY_MS },
      {
        name: 'journal',
        data: { kind: 'write' },
        opts: { ...OWN_TRACE, removeOnComplete: true, removeOnFail: { count: 10 } },
      },
    )
}

/** Asks for what waits to be written now. */
export const requestWrite = (queues: Pick<Queues, 'journal'>) =>
  queues.journal.add(
    'journal',
    { kind: 'write' },
    { deduplication: { id: 'write' }, removeOnComplete: true, removeOnFail: { count: 10 } },
  )
