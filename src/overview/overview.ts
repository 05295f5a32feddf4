import { randomBytes } from 'node:crypto'
import type { Access } from '../access/access.ts'
import type { Standings } from '../quota/standings.ts'
import { makeChanges } from './changes.ts'
import type { GrowthBases } from './growth-bases.ts'
import type { PlanFreesCache } from './plan-frees.ts'
import { type ProjectRow, rowOf } from './project-row.ts'
import { type RegistrySums, sumsOf } from './sums.ts'

/** What a registry as a whole holds. Only who sees all projects is told. Bytes. */
export interface RegistryWhole {
  /** Each content once. */
  bytes: number
  /** By how much that changed in a week; `null` if it is not known. */
  growthBytes: number | null
}

/** What somebody sees of all projects. */
export interface OverviewPart {
  /** Names what was seen: `since` takes it. */
  version: string
  /** Since when growth is counted, epoch ms; `null` if that is not known yet. */
  growthSince: number | null
  registries: (RegistrySums & { whole: RegistryWhole | null })[]
  rows: ProjectRow[]
  /** The ids of projects that are no more. */
  gone: string[]
}

type Viewer = Pick<Access, 'seesAll' | 'sees'>

/**
 * Makes the overview: the rows of all projects, which are read once for all who look, and what changed in them. It rejects with the
 * error of Redis if Redis fails.
 */
export function makeOverview(deps: {
  registries: readonly string[]
  /** All projects, as of a moment ago. */
  standings: () => Promise<Standings>
  registryBytes: (registry: string) => Promise<number>
  growthBases: () => Promise<GrowthBases | undefined>
  planFrees: Pick<PlanFreesCache, 'of' | 'look' | 'revision'>
}) {
  const changes = makeChanges()
  // Another process, and this one after a restart, counts other versions.
  const epoch = randomBytes(6).toString('base64url')
  let wholes = new Map<string, RegistryWhole>()
  let growthSince: number | null = null
  let taken: { standings: Standings; bases: GrowthBases | undefined; plans: number } | undefined

  async function refresh(): Promise<void> {
    const [standings, bases] = await Promise.all([deps.standings(), deps.growthBases()])
    deps.planFrees.look(standings.all)
    wholes = new Map(
      await Promise.all(
        deps.registries.map(async (name) => {
          const bytes = await deps.registryBytes(name)
          const base = bases?.of(name) ?? null
          return [name, { bytes, growthBytes: base === null ? null : bytes - base }] as const
        }),
      ),
    )
    growthSince = bases?.since ?? null
    const plans = deps.planFrees.revision()
    if (taken?.standings === standings && taken.bases === bases && taken.plans === plans) return
    taken = { standings, bases, plans }
    changes.take(
      standings.all.map((one) =>
        rowOf(one, { base: bases?.of(one.id) ?? null, plan: deps.planFrees.of(one.id) }),
      ),
    )
  }

  const versionNow = () => `${epoch}-${changes.version}`

  function partOf(viewer: Viewer, seen: { rows: ProjectRow[]; gone: string[] }): OverviewPart {
    const rows = viewer.seesAll ? seen.rows : seen.rows.filter(({ id }) => viewer.sees(id))
    const gone = viewer.seesAll ? seen.gone : seen.gone.filter((id) => viewer.sees(id))
    return { version: versionNow(), growthSince, registries: registriesFor(viewer), rows, gone }
  }

  function registriesFor({ seesAll, sees }: Viewer): OverviewPart['registries'] {
    const all = changes.rows()
    const sums = sumsOf(seesAll ? all : all.filter(({ id }) => sees(id)), seesAll ? deps.registries : [])
    return sums.map((sum) => ({ ...sum, whole: seesAll ? (wholes.get(sum.registry) ?? null) : null }))
  }

  return {
    /** All that somebody sees. */
    async all(viewer: Viewer): Promise<OverviewPart> {
      await refresh()
      return partOf(viewer, { rows: changes.rows(), gone: [] })
    },
    /** What changed since a version. `unknown`: all must be read again. */
    async since(version: string, viewer: Viewer): Promise<OverviewPart | 'unchanged' | 'unknown'> {
      await refresh()
      if (version === versionNow()) return 'unchanged'
      const [of, number] = [version.slice(0, epoch.length), version.slice(epoch.length + 1)]
      const changed = of === epoch && /^\d{1,15}$/.test(number) ? changes.since(Number(number)) : undefined
      return changed === undefined ? 'unknown' : partOf(viewer, changed)
    },
  }
}
export type Overview = ReturnType<typeof makeOverview>
