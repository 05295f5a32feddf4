import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { printable } from '../platform/printable.ts'
import { excerpt } from './excerpt.ts'

/** Why a delivery was refused. The last three pass; each of the others stays until somebody changes something. */
export const REFUSAL_REASONS = [
  ...(['tls', 'path', 'token', 'content-type', 'body', 'too-large'] as const),
  ...(['backlog', 'memory', 'unavailable'] as const),
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** One refused delivery. */
export interface Refusal {
  reason: RefusalReason
  /** Whose token it had; `undefined` if the token is no registry's. */
  registry: string | undefined
  /** The sender's IP address; `undefined` if its connection was closed before it could be asked. */
  from: string | undefined
  /** What was wrong and what is expected, as the sender is told. */
  detail: string
}

/** The refused deliveries of one sender for one reason. */
export interface RefusedSender extends Omit<Refusal, 'registry' | 'from'> {
  /** Its IP address, or `unknown`. */
  from: string
  count: number
  /** When the last one was refused, epoch ms. */
  lastAt: number
}

type Known = Refusal & Pick<RefusedSender, 'from'>

/** How often a reason is logged of one registry, at most, in ms. It sends a refused delivery again each second or so. */
const LOG_MS = 60_000

/** The senders that are remembered of each registry and reason: the newest. */
const SENDERS = 5

/**
 * Counts refused deliveries, logs them, and remembers who sent them. A refused delivery holds up all later events of its
 * registry, and nobody but the sender sees the answer. What is remembered is this process's own, since its start, and
 * bounded: registries times reasons times `SENDERS`. `now`: epoch ms.
 */
export function makeRefusals(deps: { log: Logger; metrics: Metrics; now: () => number }) {
  /** By registry and reason; the newest sender last. */
  const senders = new Map<string, Map<string, RefusedSender>>()
  /** By registry and reason: others, or strangers, must not keep a registry out of the log. */
  const logged = new Map<string, { at: number; since: number }>()

  function remember({ registry, ...refusal }: Known): void {
    const key = `${registry ?? ''} ${refusal.reason}`
    const known = senders.get(key) ?? new Map<string, RefusedSender>()
    senders.set(key, known)
    const count = (known.get(refusal.from)?.count ?? 0) + 1
    known.delete(refusal.from)
    known.set(refusal.from, { ...refusal, count, lastAt: deps.now() })
    const [oldest] = known.keys()
    if (known.size > SENDERS && oldest !== undefined) known.delete(oldest)
  }

  function tell({ registry, reason, from, detail }: Known): void {
    // That Redis is away, and every failure of ours, is in the log already.
    if (reason === 'unavailable') return
    const key = `${registry ?? ''} ${reason}`
    const { at, since } = logged.get(key) ?? { at: Number.NEGATIVE_INFINITY, since: 0 }
    const isDue = deps.now() - at >= LOG_MS
    logged.set(key, isDue ? { at: deps.now(), since: 0 } : { at, since: since + 1 })
    if (isDue)
      deps.log.warn(
        { reason, ...(registry !== undefined && { registry }), from, refused: since + 1 },
        `a delivery was refused, and holds up the registry that sends it: ${detail}`,
      )
  }

  return {
    note(refusal: Refusal): void {
      const { registry = '', reason, from = 'unknown' } = refusal
      deps.metrics.deliveriesRefused.inc({ registry, reason })
      const safe = { ...refusal, from, detail: excerpt(printable(refusal.detail)) }
      remember(safe)
      tell(safe)
    },

    /** The refused senders of a registry, or with `undefined` those without a registry's token. The newest first. */
    of(registry: string | undefined): RefusedSender[] {
      const own = [...senders].filter(([key]) => key.startsWith(`${registry ?? ''} `))
      return own.flatMap(([, known]) => [...known.values()]).sort((a, b) => b.lastAt - a.lastAt)
    },
  }
}

export type Refusals = ReturnType<typeof makeRefusals>
