import { setTimeout as sleep } from 'node:timers/promises'
import type { Histories } from '../history/histories.ts'
import { DAY_MS, HOUR_MS } from '../history/sample.ts'
import { shareReads } from '../platform/share-reads.ts'
import { firstSampleAt, growthBase } from './growth-base.ts'

/** How far back growth is counted, in ms. */
export const GROWTH_MS = 7 * DAY_MS

/** How long whoever asks waits at most, in ms. Then it gets what was read an hour ago, or nothing. */
const PATIENCE_MS = 300

/** Projects whose histories are read at once. Decoding one takes up to 0.1 ms. */
const BATCH = 50

/** What growth is counted from. */
export interface GrowthBases {
  /** Epoch ms. */
  since: number
  /** The bytes of a project or of a registry; `null` if they are not known. */
  of: (id: string) => number | null
}

/**
 * Makes what gives the bytes of a week ago of all projects and registries. They are read once an hour, since histories have one
 * sample an hour. It gives `undefined` while they are read for the first time. `now` gives epoch ms.
 */
export function makeGrowthBases(deps: {
  registries: readonly string[]
  idsOf: (registry: string) => AsyncIterable<string[]>
  histories: Pick<Histories, 'of'>
  now: () => number
}) {
  let last: GrowthBases | undefined

  async function readOf(registry: string, since: number, bases: Map<string, number | null>) {
    const whole = await deps.histories.of(registry)
    const from = firstSampleAt(whole)
    bases.set(registry, growthBase(whole, since, undefined))
    for await (const ids of deps.idsOf(registry))
      for (let at = 0; at < ids.length; at += BATCH)
        await Promise.all(
          ids.slice(at, at + BATCH).map(async (id) => {
            bases.set(id, growthBase(await deps.histories.of(id), since, from))
          }),
        )
    return from
  }

  async function read(): Promise<GrowthBases> {
    const since = deps.now() - GROWTH_MS
    const bases = new Map<string, number | null>()
    const began = new Map<string, number | undefined>()
    for (const registry of deps.registries) began.set(registry, await readOf(registry, since, bases))
    // A project that came after they were read is new.
    const ofNew = (id: string) => (began.get(id.slice(0, id.indexOf('/'))) === undefined ? null : 0)
    const found = { since, of: (id: string) => (bases.has(id) ? (bases.get(id) ?? null) : ofNew(id)) }
    last = found
    return found
  }
  const shared = shareReads(read, () => HOUR_MS)

  return async (): Promise<GrowthBases | undefined> => {
    const reading = shared()
    // Who asked may have stopped waiting when it fails.
    reading.catch(() => undefined)
    return Promise.race([reading, sleep(PATIENCE_MS).then(() => last)])
  }
}
