import type { Queues } from '../queue/queues.ts'
import type { Quarantine, Quarantined, QuarantineFilter } from './quarantine.ts'

/**
 * Hands events in quarantine to the worker again as received now, so that one whose time was not yet come may pass. It
 * leaves quarantine only once the queue has it; what is not understood still comes back.
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
    const deliveries = entries.map(({ registry, event }) => ({ registry, receivedAt, events: [event] }))
    await queues.events.add('events', { deliveries })
    await quarantine.remove(entries.map(({ id }) => id))
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
