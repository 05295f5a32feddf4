import { createHash } from 'node:crypto'
import type { Taken } from '../events/taken.ts'
import type { Logger } from '../platform/log.ts'
import type { RegistryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import { doubtText, lossText, newsText } from './audit-text.ts'
import type { Audits } from './audits.ts'
import { judge, type Verdict } from './judge.ts'
import type { MetricsSource, ReadProcesses } from './read-processes.ts'

/** A registry whose deliveries are audited. */
export interface AuditedRegistry {
  name: string
  source: MetricsSource
  read: ReadProcesses
}

/** Events may be missing: as the ledger of reconciles keeps it. */
interface Gap {
  since: number
  reason: string
  cause: string
  lost?: number
}

/**
 * Makes what compares, of each registry, what its processes counted with what the intake took. Events that were lost become a
 * gap, an alert and a reconcile. Running it twice tells nothing twice.
 */
export function makeAuditDeliveries(deps: {
  registries: readonly AuditedRegistry[]
  taken: Pick<Taken, 'of'>
  audits: Audits
  ledger: { noteGap(registry: string, gap: Gap, notedAt: number): Promise<void> }
  enqueueReconcile: (registry: string, reason: string) => Promise<unknown>
  /** Whether a gap starts a reconcile (`reconcile.onNewInstance`). */
  isAutomatic: boolean
  announce: (alert: RegistryAlert) => Promise<unknown>
  /** epoch µs */
  now: () => number
  log: Logger
}) {
  const { taken, audits, ledger, now } = deps

  async function audit({ name, source, read }: AuditedRegistry): Promise<void> {
    const before = await audits.state(name)
    const key = keyOf(source)
    const known = before?.source === key ? Object.keys(before.processes) : []
    const takenBefore = await taken.of(name)
    const processes = await read(known)
    const takenAfter = await taken.of(name)
    const verdict = judge(before, { at: now(), takenBefore, takenAfter, ...processes }, key)
    await tell(name, verdict)
    // Last: if this process dies before, the next reading finds the same again.
    await audits.save(name, verdict.state)
  }

  async function tell(registry: string, { state, loss, doubt, at, announced, news }: Verdict): Promise<void> {
    const told = `${state.since} ${state.lost}`
    if (loss)
      await noteGap(
        registry,
        { ...loss, reason: lossText(loss, at), cause: `lost ${told}`, lost: loss.count },
        at,
      )
    else if (doubt)
      await noteGap(registry, { ...doubt, reason: doubtText(doubt), cause: `ended ${doubt.since} ${at}` }, at)
    if (announced > 0)
      await announce(
        registry,
        'deliveries.lost',
        `${state.since} ${state.lost}`,
        newsText('lost', registry, state, announced),
        at,
      )
    for (const one of news)
      await announce(
        registry,
        `deliveries.${one}`,
        `${state.readAt} ${state.cleanAt}`,
        newsText(one, registry, state, 0),
        at,
      )
  }

  async function noteGap(registry: string, { since, reason, cause, lost }: Gap, at: number): Promise<void> {
    deps.log.warn({ registry, ...(lost !== undefined && { lost }) }, `${registry}: ${reason}`)
    await ledger.noteGap(registry, { since, reason, cause, ...(lost !== undefined && { lost }) }, at)
    if (deps.isAutomatic) await deps.enqueueReconcile(registry, reason)
  }

  async function announce(
    registry: string,
    event: Extract<RegistryAlert['event'], `deliveries.${string}`>,
    what: string,
    text: string,
    at: number,
  ): Promise<void> {
    const id = jobId('deliveries', registry, event, what)
    await deps.announce({ id, at: new Date(at / 1_000).toISOString(), registry, event, text })
  }

  return async function auditDeliveries(): Promise<void> {
    const results = await Promise.allSettled(deps.registries.map(audit))
    const failed = results.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
}

/** What is read, in short: it changes with all that makes other counts of it. */
const keyOf = ({ url, pods, endpoint, onlyEndpoint }: MetricsSource): string =>
  createHash('sha256')
    .update(JSON.stringify([url, pods, endpoint, onlyEndpoint]))
    .digest('hex')
    .slice(0, 16)
