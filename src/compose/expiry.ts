import { expiryWorker } from '../../workers/expiry.ts'
import type { Expiry } from '../expiry/expire.ts'
import { makeRunTurn } from '../expiry/run-turn.ts'
import { schedulePolicies } from '../expiry/schedule.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Schedules the expiry policies. */
export async function prepareExpiry({ settings, queues }: WorkerParts): Promise<void> {
  await schedulePolicies(queues, settings().expiry.policies)
}

/** Starts the worker that runs the expiry policies. */
export function startExpiry(parts: WorkerParts) {
  parts.onClose(async () => parts.expiry.stop())
  const { context, queues, registries } = parts
  const expiry: Pick<Expiry, 'run'> = {
    run(...asked) {
      // What is in use is read anew at the beginning of a run.
      parts.inUse.renew()
      return parts.expiry.run(...asked)
    },
  }
  return expiryWorker(context, { expiry, isTurn: makeRunTurn(queues), queues }, registries.length)
}
