import type { Overview } from './rows.ts'
import { lastMonday, type Told } from './sentence.ts'

interface Sample {
  at: string
  uniqueBytes: number
}
interface Threshold {
  share: number
  soonestDays: number | null
  likelyDays: number | null
  latestDays: number | null
}

/** What is known beside the overview. Only who sees all projects has it. */
export interface Beside {
  /** The hours of the registry. */
  samples?: readonly Sample[] | undefined
  thresholds?: readonly Threshold[] | undefined
  /** What its storage held at the last reconcile. */
  storedBytes?: number | undefined
}

/** What the sentence about a registry says. `undefined` if nothing is known of it. */
export function toldOf(overview: Overview, registry: string, beside: Beside, now: number): Told | undefined {
  const sums = overview.registries.find((one) => one.registry === registry)
  if (sums === undefined) return undefined
  const whole = sums.bytes
  const base = beside.samples?.find(({ at }) => Date.parse(at) >= lastMonday(now))
  const full = beside.thresholds?.find(({ share }) => share === 1)
  const growth = growthOf({ whole, base, sums, overview })
  const stored = whole ?? sums.uniqueBytes
  return {
    bytes: beside.storedBytes ?? stored,
    counts: beside.storedBytes !== undefined ? 'disk' : whole === null ? 'projects' : 'registry',
    ...{ projects: sums.projects, over: sums.over, warning: sums.warning, growth },
    sharedShare: sums.referencedBytes > 0 ? Math.max(0, 1 - stored / sums.referencedBytes) : undefined,
    ...(full && { full: { soonest: full.soonestDays, likely: full.likelyDays, latest: full.latestDays } }),
  }
}

function growthOf({
  whole,
  base,
  sums,
  overview,
}: {
  whole: number | null
  base: Sample | undefined
  sums: Overview['registries'][number]
  overview: Overview
}): Told['growth'] {
  if (whole !== null && base !== undefined)
    return { bytes: whole - base.uniqueBytes, since: Date.parse(base.at) }
  if (overview.growthSince === null) return undefined
  if (whole !== null)
    return sums.growthBytes === null ? undefined : { bytes: sums.growthBytes, since: overview.growthSince }
  const known = [...overview.rows.values()].filter(
    ({ id, growthBytes }) => growthBytes !== null && id.startsWith(`${sums.registry}/`),
  )
  const bytes = known.reduce((sum, { growthBytes }) => sum + (growthBytes ?? 0), 0)
  return known.length === 0 ? undefined : { bytes, since: overview.growthSince }
}
