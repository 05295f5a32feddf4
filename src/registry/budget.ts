import { setTimeout as sleep } from 'node:timers/promises'

/** What a host may be asked. */
export interface BudgetLimits {
  /** Requests begun in a second. No limit by default. */
  perSecond?: number | undefined
  /** Requests that wait for their answer at the same time. */
  atOnce: number
}

/** Spreads the requests to one host. */
export interface Budget {
  /** Calls `send` once the host may be asked. It holds a place until `send` has resolved. */
  withPlace<T>(send: () => Promise<T>): Promise<T>
  /** The same without a place, for a request that sends a stream: the source of the stream may need places of the same host. */
  inTurn<T>(send: () => Promise<T>): Promise<T>
  /** Begins no request for so many ms. */
  pause(ms: number): void
  /** Lowers the rate, if it is higher. */
  restrict(perSecond: number): void
}

export function makeBudget({ perSecond = Number.POSITIVE_INFINITY, atOnce }: BudgetLimits): Budget {
  const waiting: (() => void)[] = []
  let free = atOnce
  let rate = perSecond
  /** When the next request may begin, on the clock of `performance`. */
  let next = 0

  async function inTurn<T>(send: () => Promise<T>): Promise<T> {
    const now = performance.now()
    const at = Math.max(now, next)
    next = at + 1000 / rate
    if (at > now) await sleep(at - now)
    return send()
  }

  return {
    inTurn,
    async withPlace(send) {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      try {
        return await inTurn(send)
      } finally {
        const resolve = waiting.shift()
        if (resolve === undefined) free++
        else resolve() // Hands its place on.
      }
    },
    pause(ms) {
      next = Math.max(next, performance.now() + ms)
    },
    restrict(perSecond) {
      rate = Math.min(rate, perSecond)
    },
  }
}

const shared = new Map<string, { budget: Budget; users: number }>()

/**
 * The budget of a host, which all clients in this process share. The lowest rate that one of them wants counts, until all have
 * left: a host that is used again later begins anew.
 */
export function budgetOf(host: string, limits: BudgetLimits): Budget & { leave(): void } {
  const one = shared.get(host) ?? { budget: makeBudget(limits), users: 0 }
  shared.set(host, one)
  one.users++
  if (limits.perSecond !== undefined) one.budget.restrict(limits.perSecond)
  let hasLeft = false
  return {
    ...one.budget,
    leave() {
      if (hasLeft) return
      hasLeft = true
      one.users--
      if (one.users === 0) shared.delete(host)
    },
  }
}
