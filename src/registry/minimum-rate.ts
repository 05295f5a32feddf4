import type { Duplex } from 'node:stream'
import { timedOut } from './deadline.ts'
import type { RequestLabel } from './network-error.ts'

/** At least so many bytes must pass in so many ms. */
export interface Rate {
  bytes: number
  ms: number
}

/**
 * Destroys `stream` with a RegistryError once fewer bytes pass through it than `rate` wants. `passed` gives the bytes so
 * far. A slow time is excused if somebody else was slow.
 */
export function requireRate(
  stream: Duplex,
  rate: Rate,
  label: RequestLabel,
  { passed, isExcused }: { passed(): number; isExcused(): boolean },
): void {
  let before = 0
  const timer = setInterval(() => {
    const isSlow = passed() - before < rate.bytes && !isExcused()
    before = passed()
    if (isSlow)
      stream.destroy(timedOut(label, `fewer than ${rate.bytes} bytes came through in ${rate.ms / 1000} s`))
  }, rate.ms)
  stream.once('close', () => clearInterval(timer))
}
