import type { UnknownInstance } from '../events/watch-instances.ts'
import type { Logger } from '../platform/log.ts'
import type { Ledger } from './ledger.ts'

/**
 * What to do about an instance of a registry that no event came from before: the registry was restarted and has lost
 * the notifications that it had not delivered. Repeated after a crash, it does the same again.
 */
export const makeOnUnknownInstance =
  (deps: {
    ledger: Pick<Ledger, 'noteGap'>
    enqueueReconcile: (registry: string, reason: string) => Promise<unknown>
    /** Whether to reconcile by itself. */
    isAutomatic: boolean
    log: Logger
  }) =>
  async (registry: string, instance: UnknownInstance): Promise<void> => {
    const isFirst = instance.previousLastEventAt === 0
    const reason = isFirst ? 'first events of this registry' : 'the registry was restarted'
    deps.log.info({ registry, ...instance }, reason)
    // What was lost happened before the new instance said anything.
    const notedAt = Math.min(instance.firstEventAt, Date.now() * 1000)
    await deps.ledger.noteGap(
      registry,
      { since: instance.previousLastEventAt, reason, cause: instance.instanceId },
      notedAt,
    )
    if (deps.isAutomatic) await deps.enqueueReconcile(registry, reason)
  }
