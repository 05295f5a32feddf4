import { jobId } from '../queue/job-id.ts'
import type { Queues } from '../queue/queues.ts'
import type { Quarantine, Quarantined, QuarantineFilter } from './quarantine.ts'

/**
 * Hands events in quarantine to the worker again, as received now. One whose time was still to come passes once it has
 * come. One that has become older than an event may be is refused: the index may have forgotten what was deleted since,
 * and a reconcile has read what the event said.
 *
 * An entry leaves quarantine only once the queue has it. Where this process ends in between, the worker takes it out.
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
    // By the same id, two who replay the same at once make one job of it.
    await queues.events.add('events', { deliveries }, { jobId: jobId('replay', ...ids) })
    await quarantine.remove(ids)
  }
  return {
    /** Whether there was such an entry. */
    async one(id: string): Promise<boolean> {
      const entry = await quarantine.get(id)
      if (entry) await replay([entry])
      return entry !== undefined
    },
    /** Oldest first; gives how many. */
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
