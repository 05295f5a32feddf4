import type { Flag } from '../queue/alert.ts'
import { splitProjectId } from '../usage/project.ts'
import { SIZES, type Sizes } from '../usage/project-sizes.ts'
import type { Standing } from './standings.ts'

/** The largest projects, and of each registry the sums of its other projects and the number of projects by flag. */
export interface Tally {
  /** Those with the most unique bytes come first, equal ones in the order of their ids. */
  largest: readonly Standing[]
  /** Only registries with other projects. Sizes in bytes. */
  others: ReadonlyMap<string, Readonly<Sizes>>
  counts: ReadonlyMap<string, Readonly<Record<Flag, number>>>
}

/** Makes a tally of projects that come in small batches: no step sorts all of them. `count` of them stand alone. */
export function makeTally(count: number) {
  let largest: Standing[] = []
  const others = new Map<string, Sizes>()
  const counts = new Map<string, Record<Flag, number>>()

  function addToOthers(standing: Standing): void {
    const { registry } = splitProjectId(standing.id)
    const sum = others.get(registry) ?? {
      ...{ uniqueBytes: 0, exclusiveBytes: 0, referencedBytes: 0, unreferencedBytes: 0 },
    }
    for (const size of SIZES) sum[size] += standing[size]
    others.set(registry, sum)
  }

  return {
    add(batch: readonly Standing[]): void {
      for (const { id, flag } of batch) {
        const { registry } = splitProjectId(id)
        const byFlag = counts.get(registry) ?? { ok: 0, warning: 0, over: 0 }
        byFlag[flag] += 1
        counts.set(registry, byFlag)
      }
      const all = [...largest, ...batch].sort(
        (a, b) => b.uniqueBytes - a.uniqueBytes || (a.id < b.id ? -1 : 1),
      )
      largest = all.slice(0, count)
      for (const standing of all.slice(count)) addToOthers(standing)
    },
    result: (): Tally => ({ largest, others, counts }),
  }
}
