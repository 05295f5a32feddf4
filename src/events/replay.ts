import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import type { Quarantine, Quarantined, QuarantineFilter } from './quarantine.ts'

/**
 * Gives events in quarantine to the worker again, as if received now. An event whose timestamp was in the future passes
 * once that time has come. An event that is older than the limit by now is quarantined again: the index may have forgotten
 * deletions since, and a reconcile has read what the event says.
 *
 * An entry leaves quarantine only once the queue has it. If this process dies in between, the worker removes the entry.
 */
export function makeReplay({
  quarantine,
  queues,
}: {
  quarantine: Quarantine
  queues: Pick<Queues, 'events'>
}) {
  async function replay(entries: readonly Quarantined[]): Promise<void> {
    if (entries.length === 0) return
    const receivedAt = new Date().toISOString()
    const ids = entries.map(({ id }) => id)
    const deliveries = entries.map(({ id, registry, event }) => ({
      ...{ registry, receivedAt, events: [event], quarantineId: id },
    }))
    // The same entries have the same job id, so two replays at once make one job.
    await queues.events.add('events', { deliveries }, { jobId: jobId('replay', ...ids) })
    await quarantine.remove(ids)
  }
  return {
    /** Gives false if there is no such entry. */
    async one(id: string): Promise<boolean> {
      const entry = await quarantine.get(id)
      if (entry) await replay([entry])
      return entry !== undefined
    },
    /** Replays the oldest first. Gives the number of entries. */
    async all(filter: QuarantineFilter): Promise<number> {
      let replayed = 0
      for await (const page of quarantine.pages(filter)) {
        await replay(page)
        replayed += page.length
      }
      return replayed
    },
  }
}
export type Replay = ReturnType<typeof makeReplay>
