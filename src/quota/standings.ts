import type { Flag } from '../queue/alert.ts'
import type { ProjectSizes } from '../usage/project-sizes.ts'
import type { Flags } from './flags.ts'
import { makeTally, type Tally } from './tally.ts'

/** A project among the others: its sizes in bytes, its flag, and since when it has this flag (RFC 3339). */
export interface Standing extends ProjectSizes {
  flag: Flag
  since: string | null
  /** By how much its unique bytes changed in a week. Absent or null: that is not known. */
  growthBytes?: number | null
}

export const SORTS = ['unique', 'exclusive', 'growth', 'flag', 'name', 'tags', 'pushed', 'idle'] as const
export type Sort = (typeof SORTS)[number]

/** A project's place in an order: the value that it is sorted by, then its id. */
export type Position = readonly [sort: Sort, value: number, id: string]

export interface Selection {
  sort: Sort
  /** Only projects after this position. */
  after?: Position | undefined
  registry?: string | undefined
  /** Only projects with one of these flags. */
  flags: readonly Flag[]
  /** Only projects with this text in their id, in any case. */
  search?: string | undefined
  /** Only projects that pass. */
  sees?: (id: string) => boolean
  limit: number
}

const RANK: Record<Flag, number> = { ok: 0, warning: 1, over: 2 }

/** The value of each order. The highest comes first, equal ones in the order of their ids. */
const VALUE: Record<Sort, (standing: Standing) => number> = {
  unique: ({ uniqueBytes }) => uniqueBytes,
  exclusive: ({ exclusiveBytes }) => exclusiveBytes,
  // Those of which it is not known come last. A cursor holds it as JSON, which has no infinity.
  growth: ({ growthBytes }) => growthBytes ?? Number.MIN_SAFE_INTEGER,
  flag: ({ flag }) => RANK[flag],
  name: () => 0,
  tags: ({ tags }) => tags,
  pushed: ({ lastPushAt }) => lastPushAt,
  idle: ({ lastPushAt, lastPullAt }) => -Math.max(lastPushAt, lastPullAt),
}

export const positionOf =
  (sort: Sort) =>
  (standing: Standing): Position => [sort, VALUE[sort](standing), standing.id]

/** Projects as of one moment. Each order is made when it is first asked for. */
export function makeStandings(all: readonly Standing[]) {
  const orders = new Map<Sort, readonly Standing[]>()

  function inOrder(sort: Sort): readonly Standing[] {
    const order = orders.get(sort) ?? sorted(sort)
    orders.set(sort, order)
    return order
  }

  function sorted(sort: Sort): readonly Standing[] {
    if (sort === 'name') return all.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    const value = VALUE[sort]
    // The sort is stable, so equal ones stay in the order of their ids.
    return inOrder('name').toSorted((a, b) => value(b) - value(a))
  }

  return {
    count: all.length,
    /** In no order. */
    all,
    /** At most `limit` projects, in order. */
    select({ sort, after, registry, flags, search, sees, limit }: Selection): Standing[] {
      const value = VALUE[sort]
      const isAfter = (standing: Standing) => {
        if (after === undefined) return true
        const difference = value(standing) - after[1]
        return difference < 0 || (difference === 0 && standing.id > after[2])
      }
      const start = registry === undefined ? '' : `${registry}/`
      const text = search?.toLowerCase() ?? ''
      const selected: Standing[] = []
      for (const standing of inOrder(sort)) {
        if (selected.length === limit) break
        const { id, flag } = standing
        if (
          flags.includes(flag) &&
          id.startsWith(start) &&
          id.toLowerCase().includes(text) &&
          isAfter(standing) &&
          (sees?.(id) ?? true)
        )
          selected.push(standing)
      }
      return selected
    },
  }
}
export type Standings = ReturnType<typeof makeStandings>

/** Reads the sizes and flags of all projects of these registries, in small calls, and tallies them. */
export async function readStandings(deps: {
  registries: readonly string[]
  sizesOf: (registry: string) => AsyncIterable<ProjectSizes[]>
  flags: Pick<Flags, 'all'>
  /** How many projects stand alone in the tally. */
  largest: number
}): Promise<Standings & { tally: Tally }> {
  const states = await deps.flags.all('project')
  const all: Standing[] = []
  const tally = makeTally(deps.largest)
  for (const registry of deps.registries)
    for await (const batch of deps.sizesOf(registry)) {
      const standings = batch.map((sizes): Standing => {
        const { flag, since } = states.get(sizes.id) ?? { flag: 'ok', since: null }
        return { ...sizes, flag, since }
      })
      all.push(...standings)
      tally.add(standings)
    }
  return { ...makeStandings(all), tally: tally.result() }
}
