import { setTimeout as sleep } from 'node:timers/promises'
import type { BlobTrash } from '../space/blob-trash.ts'
import { settle } from '../space/settle.ts'
import type { RegistryStorage } from '../storage/storage.ts'
import type { Barrier } from './barrier.ts'
import type { Spared } from './choose.ts'
import { findGarbage } from './find-garbage.ts'
import type { Seen } from './gate.ts'
import { namedSince } from './named-since.ts'
import { takeInPause } from './pause.ts'
import type { BarrierSettings } from './settings.ts'
import type { Told } from './steps.ts'

/** After so many pauses in a row in which nothing could be taken, a collection gives up. */
const MOST_VAIN = 3

interface Amount {
  blobs: number
  bytes: number
}

export interface Collected {
  /** What was chosen. */
  promised: Amount
  /** What is in the trash now and not at the registry. Its bytes come back once the trash is emptied. */
  moved: Amount
  /** Taken, and put back since something named it meanwhile. */
  putBack: number
  /** Chosen, and not taken since somebody asked for it meanwhile, or its copy is not whole. */
  kept: number
  /** Not named by any manifest, and not chosen. */
  spared: Spared
  /** How long pushes waited each time, in ms. */
  pausesMs: number[]
}

/**
 * Collects the garbage of a registry while it runs. It finds ahead what nothing needs and copies it to the trash; holds pushes
 * back for a moment, looks again, and takes it from the registry; looks once more, and puts back what is needed after all.
 *
 * Whatever happens, an image that was pushed is whole in the end: what is taken away is in the trash, and what a manifest names
 * is put back by the look afterwards, or by the next survey if this is killed.
 * @throws Error if it cannot be done. Pushes go on then, and what was taken was looked at again
 */
export async function collectBehindBarrier(
  deps: Parameters<typeof findGarbage>[0] & {
    trash: BlobTrash
    storage: RegistryStorage
    barrier: Barrier
    /** Repositories to which something was pushed since (epoch ms), as far as events have told. */
    pushedTo: (since: number) => Promise<Iterable<string>>
    /** Called once the barrier is armed. It throws if it would not hold pushes back. */
    requireGate: () => Promise<void>
    run: string
    /** Aborted if it is to take nothing more. */
    stop: AbortSignal
    /** ms, of a clock that never goes back */
    clock: () => number
    settings: BarrierSettings
    at: Told
  },
): Promise<Collected> {
  const { storage, trash, barrier, run, settings } = deps
  await barrier.arm()
  try {
    await deps.requireGate()
    const { firstAt, secondAt, chosen, spared } = await findGarbage(deps)
    await deps.at('copy')
    const copied = await Array.fromAsync(trash.copyIn(run, chosen))
    /** What a delete was sent for. The trash keeps all of it, also what was put back: the store may do the delete later. */
    const taken = new Set<string>()
    const moved = new Set<string>()
    const back = new Set<string>()
    const get = trash.getFrom(run)
    const look = (repositories: Iterable<string> | undefined, from: number) =>
      namedSince(storage, { repositories, since: from - settings.clocksMs, get })
    const needed = async (seen: Seen | undefined) =>
      look(seen && new Set([...seen.repositories, ...(await deps.pushedTo(secondAt))]), secondAt)
    async function putBack(ask: () => Promise<ReadonlySet<string>>) {
      for (const digest of await settle(trash, new Map([...moved].map((one) => [one, run])), ask)) {
        moved.delete(digest)
        back.add(digest)
      }
    }
    function onTake(digests: readonly string[]) {
      for (const digest of digests) {
        taken.add(digest)
        moved.add(digest)
      }
    }

    const pausesMs: number[] = []
    let kept = chosen.size - copied.length
    let rest: readonly string[] = copied
    let vain = 0
    try {
      while (rest.length > 0) {
        if (pausesMs.length > 0)
          await sleep(settings.restMs, undefined, { signal: deps.stop }).catch(() => {})
        if (deps.stop.aborted) break
        const pause = await takeInPause(rest, { ...deps, ...settings, needed, onTake, lookAgain: putBack })
        rest = pause.rest
        kept += pause.kept
        pausesMs.push(pause.ms)
        vain = pause.isTooShort ? vain + 1 : 0
        if (vain === MOST_VAIN) throw new Error(tooShort(pause.lookMs, settings.pauseMs))
      }
    } finally {
      try {
        await deps.at('look-after')
      } finally {
        // Also if the record of the collection cannot be written.
        await putBack(async () => (await look(undefined, firstAt)).digests)
        await trash.forget(
          run,
          copied.filter((digest) => !taken.has(digest)),
        )
      }
    }
    const amountOf = (digests: Iterable<string>): Amount => {
      const sizes = [...digests].map((digest) => chosen.get(digest) ?? 0)
      return { blobs: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
    }
    return {
      ...{ promised: amountOf(chosen.keys()), moved: amountOf(moved) },
      ...{ putBack: back.size, kept, spared, pausesMs },
    }
  } finally {
    await barrier.disarm()
  }
}

const tooShort = (lookMs: number, pauseMs: number): string =>
  `in ${MOST_VAIN} pauses in a row nothing could be taken: to look at what was pushed meanwhile took ${lookMs} ms, there are two looks in a pause, and pushes may wait for ${pauseMs} ms: allow more, or collect at a time with fewer pushes`
