import type { Seen } from './gate.ts'

/** What holds pushes back from a registry. */
export interface Barrier {
  /** Begins to remember what requests ask for. */
  arm(): Promise<void>
  disarm(): Promise<void>
  /** Holds pushes back, for at most `ms` if Tallyman dies meanwhile. */
  close(ms: number): Promise<void>
  open(): Promise<void>
  /** `undefined`: nobody sees the requests. Then the links of all repositories are looked at while pushes wait. */
  seen(): Promise<Seen | undefined>
}

/** The gate that a proxy asks, as a barrier of one registry. `armedMs`: the longest that a collection takes. */
export function gateBarrier(
  gate: {
    arm(registry: string, ms: number): Promise<void>
    disarm(registry: string): Promise<void>
    close(registry: string, ms: number): Promise<void>
    open(registry: string): Promise<void>
    seen(registry: string): Promise<Seen>
  },
  registry: string,
  armedMs: number,
): Barrier {
  return {
    arm: () => gate.arm(registry, armedMs),
    disarm: () => gate.disarm(registry),
    close: (ms) => gate.close(registry, ms),
    open: () => gate.open(registry),
    seen: () => gate.seen(registry),
  }
}
