import { makeStandings, type Standings } from '../quota/standings.ts'
import type { GrowthBases } from './growth-bases.ts'

/**
 * Makes what gives the standings of all projects with their growth. They are put in order once for the same standings and bases.
 * Without bases, which are read for the first time, no growth is known.
 */
export function makeWithGrowth(deps: {
  standings: () => Promise<Standings>
  growthBases: () => Promise<GrowthBases | undefined>
}) {
  let last: { from: Standings; bases: GrowthBases | undefined; found: Standings } | undefined

  return async function withGrowth(): Promise<Standings> {
    const [from, bases] = await Promise.all([deps.standings(), deps.growthBases()])
    if (last?.from === from && last.bases === bases) return last.found
    const all = from.all.map((one) => {
      const base = bases?.of(one.id) ?? null
      return { ...one, growthBytes: base === null ? null : one.uniqueBytes - base }
    })
    last = { from, bases, found: makeStandings(all) }
    return last.found
  }
}
