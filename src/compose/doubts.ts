import type { Queues } from '../queue/queues.ts'
import { doubtOf } from '../reconcile/doubts.ts'
import type { Ledger } from '../reconcile/ledger.ts'
import { makePendingEvents } from '../reconcile/pending-events.ts'

/** Makes a function that says why nothing may be deleted at a registry by what the index says now. */
export function makeDoubtOf({
  ledger,
  queues,
  storeDoubt,
  isRestoring,
}: {
  ledger: Pick<Ledger, 'status'>
  queues: Pick<Queues, 'events'>
  /** Why what people keep is not known. */
  storeDoubt: () => Promise<string | undefined>
  /** Whether a snapshot is being restored: the index is not whole then. */
  isRestoring: () => Promise<boolean>
}) {
  const pendingOf = makePendingEvents(queues)
  return async (registry: string): Promise<string | undefined> => {
    const now = Date.now()
    if (await isRestoring()) return 'the index is being restored from a snapshot'
    const doubt = await storeDoubt()
    if (doubt !== undefined) return doubt
    return doubtOf(await ledger.status(registry), await pendingOf(registry, now), now)
  }
}
