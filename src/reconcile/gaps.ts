import type { UnknownInstance } from '../events/watch-instances.ts'
import type { Logger } from '../platform/log.ts'
import { parseTimestamp } from '../platform/timestamp.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Ledger } from './ledger.ts'

/** The minute of an RFC 3339 timestamp, as text. */
const minuteOf = (timestamp: string): string => timestamp.slice(0, 'YYYY-MM-DDTHH:MM'.length)

/** What is known of a registry that has a new process, if nobody asks its processes what they could not deliver. */
const NEW_PROCESS = 'the registry was restarted, or has one more process'

/**
 * Notes a gap for a registry that may have been restarted: then it has lost the notifications that it had not delivered. If its
 * deliveries are audited, a new process is no gap: the audit notices the end of another one. Running it twice changes nothing.
 */
export const makeOnUnknownInstance =
  (deps: {
    ledger: Pick<Ledger, 'noteGap'>
    enqueueReconcile: (registry: string, reason: string) => Promise<unknown>
    /** Whether a new instance starts a reconcile (`reconcile.onNewInstance`). */
    isAutomatic: boolean
    /** Whether the audit of deliveries notices it if a process of the registry ends. */
    isAudited: (registry: string) => Promise<boolean>
    /** Asks for an audit at once: the new process may have taken the place of another one. */
    askAudit: () => Promise<unknown>
    log: Logger
  }) =>
  async (registry: string, instance: UnknownInstance): Promise<void> => {
    const isFirst = instance.previousLastEventAt === 0
    const reason = isFirst ? 'the registry sent its first events' : NEW_PROCESS
    deps.log.info({ registry, ...instance }, `${registry}: ${reason}`)
    if (!isFirst && (await deps.isAudited(registry))) {
      await deps.askAudit()
      return
    }
    // Events were lost before the new instance sent its first one.
    const notedAt = Math.min(instance.firstEventAt, Date.now() * 1000)
    await deps.ledger.noteGap(
      registry,
      { since: instance.previousLastEventAt, reason, cause: instance.instanceId },
      notedAt,
    )
    if (deps.isAutomatic) await deps.enqueueReconcile(registry, reason)
  }

/**
 * Notes a gap for an event that went to quarantine: the index lacks what it said. There is one gap for each minute. A
 * single gap for all such events would be closed by a reconcile that began before the last of them.
 */
export const makeOnQuarantined =
  (ledger: Pick<Ledger, 'noteGap'>) =>
  async (registry: string, receivedAt: string): Promise<void> => {
    const since = parseTimestamp(receivedAt) ?? 0
    const reason = 'an event could not be understood and is in quarantine'
    await ledger.noteGap(registry, { since, reason, cause: `quarantine ${minuteOf(receivedAt)}` }, since)
  }

/** Notes a gap for each minute in which events were received that somebody has discarded. */
export const makeOnLostEvents =
  (ledger: Pick<Ledger, 'noteGap'>) =>
  async (deliveries: readonly Delivery[]): Promise<void> => {
    const byMinute = Map.groupBy(
      deliveries,
      ({ registry, receivedAt }) => `${registry} ${minuteOf(receivedAt)}`,
    )
    const reason = 'events could not be processed and were discarded'
    for (const [key, received] of byMinute) {
      const [registry = '', minute] = key.split(' ')
      const times = received.map(({ receivedAt }) => parseTimestamp(receivedAt) ?? 0).sort((a, b) => a - b)
      const gap = { since: times[0] ?? 0, reason, cause: `discarded ${minute}` }
      await ledger.noteGap(registry, gap, times.at(-1) ?? 0)
    }
  }
