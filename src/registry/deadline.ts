import type { RequestLabel } from './network-error.ts'
import { RegistryError } from './registry-error.ts'

/** A limit to the time of one request. `signal` ends the request with a RegistryError. */
export interface Deadline {
  readonly signal: AbortSignal
  start(): void
  stop(): void
}

export function makeDeadline(ms: number, label: RequestLabel): Deadline {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const end = () => controller.abort(timedOut(label, `no whole answer within ${ms / 1000} s`))
  return {
    signal: controller.signal,
    start() {
      timer = setTimeout(end, ms)
    },
    stop: () => clearTimeout(timer),
  }
}

export const timedOut = (label: RequestLabel, reason: string): RegistryError =>
  new RegistryError({ ...label, reason, codes: ['ETIMEDOUT'], retry: true })
