import type { Queues } from '../queue/queues.ts'
import { doubtOf } from '../reconcile/doubts.ts'
import type { Ledger } from '../reconcile/ledger.ts'
import { makePendingEvents } from '../reconcile/pending-events.ts'

/** Makes a function that says why nothing may be deleted at a registry by what the index says now. */
export function makeDoubtOf({
  ledger,
  queues,
}: {
  ledger: Pick<Ledger, 'status'>
  queues: Pick<Queues, 'events'>
}) {
  const pendingOf = makePendingEvents(queues)
  return async (registry: string): Promise<string | undefined> => {
    const now = Date.now()
    return doubtOf(await ledger.status(registry), await pendingOf(registry, now), now)
  }
}
