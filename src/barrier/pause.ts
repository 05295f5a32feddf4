import { setTimeout as sleep } from 'node:timers/promises'
import type { RegistryStorage } from '../storage/storage.ts'
import type { Barrier } from './barrier.ts'
import type { Seen } from './gate.ts'
import type { Told } from './steps.ts'
import { takeAway } from './take-away.ts'

/** A gate that nobody opens opens by itself after this many pauses. */
const LEASE = 2

/** To look again takes as long as before, and a quarter of that in reserve. */
const LOOK_AGAIN = 1.25

export interface Pause {
  /** What was taken from the registry, and may have to be put back. */
  taken: readonly string[]
  /** What is left for another pause. */
  rest: readonly string[]
  /** What was not taken since somebody asked for it meanwhile, or linked it. */
  kept: number
  /** Whether nothing was taken although something was free: the look took too long. */
  isTooShort: boolean
  /** How long the look took before anything was taken, in ms. */
  lookMs: number
  /** How long pushes waited, in ms. */
  ms: number
}

/**
 * Holds pushes back, looks once more at what is needed, takes as much as fits into the time, and looks again at what it took:
 * requests that were let through before may have come to their end meanwhile.
 * @throws Error if it cannot be done. Pushes go on then, and `onTake` was told of what was taken
 */
export async function takeInPause(
  digests: readonly string[],
  deps: {
    storage: Pick<RegistryStorage, 'delete'>
    barrier: Pick<Barrier, 'close' | 'open' | 'seen'>
    /** What repositories that may have changed have come to need. */
    needed: (
      seen: Seen | undefined,
    ) => Promise<{ digests: ReadonlySet<string>; unreadable: readonly string[] }>
    /** Told what is taken, before it is. */
    onTake: (digests: readonly string[]) => void
    /** Puts back what is needed after all, by asking `needed`. */
    lookAgain: (needed: () => Promise<ReadonlySet<string>>) => Promise<void>
    /** How long pushes may wait, and how long requests may take that were let through before, in ms. */
    pauseMs: number
    drainMs: number
    /** ms, of a clock that never goes back: pushes would wait for as long as it went back. */
    clock: () => number
    at: Told
  },
): Promise<Pause> {
  const { storage, barrier, pauseMs, clock, at } = deps
  const begin = clock()
  let opened = begin
  let result: Omit<Pause, 'ms'>
  await at('close')
  try {
    await barrier.close(pauseMs * LEASE)
    const closedAt = clock()
    await sleep(deps.drainMs)
    await at('look')
    const lookedAt = clock()
    const seen = await barrier.seen()
    const needed = await deps.needed(seen)
    if (needed.unreadable.length > 0)
      throw new Error(`a manifest that was just pushed cannot be read: ${needed.unreadable[0]}`)
    const free = digests.filter((digest) => !needed.digests.has(digest) && !seen?.hasAskedFor(digest))
    const lookMs = clock() - lookedAt
    await at('take')
    const leftMs = () => closedAt + pauseMs - clock() - lookMs * LOOK_AGAIN
    const { taken, error } = await takeAway(storage, free, { leftMs, onTake: deps.onTake, clock })
    if (taken.length > 0) {
      await at('look-again')
      await deps.lookAgain(async () => (await deps.needed(await barrier.seen())).digests)
    }
    if (error !== undefined) throw error
    const rest = free.slice(taken.length)
    const isTooShort = taken.length === 0 && rest.length > 0
    result = { taken, rest, kept: digests.length - free.length, isTooShort, lookMs: Math.round(lookMs) }
  } finally {
    await barrier.open()
    opened = clock()
  }
  await at('open')
  return { ...result, ms: Math.round(opened - begin) }
}
