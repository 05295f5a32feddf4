import type { Flag } from '../queue/alert.ts'
import type { Standing } from '../quota/standings.ts'

/** What expiry would free in a project, in bytes, and when that was planned (epoch ms). */
export interface PlanFrees {
  at: number
  /** Of its unique bytes. */
  uniqueBytes: number
  /** Of the registry: less, if other projects hold some of it. */
  registryBytes: number
}

/** A project as the overview shows it. Bytes; times in epoch ms. `null`: it is not known, or never was. */
export interface ProjectRow {
  id: string
  uniqueBytes: number
  exclusiveBytes: number
  referencedBytes: number
  flag: Flag
  /** Since when it has this flag. */
  flagSince: number | null
  /** By how much its unique bytes changed in a week. */
  growthBytes: number | null
  lastPushAt: number | null
  lastPullAt: number | null
  /** When it was planned what expiry would free. */
  planAt: number | null
  planUniqueBytes: number | null
  planFreesBytes: number | null
}

/** `base`: the unique bytes that growth is counted from. */
export const rowOf = (
  { id, uniqueBytes, exclusiveBytes, referencedBytes, flag, since, lastPushAt, lastPullAt }: Standing,
  { base, plan }: { base: number | null; plan: PlanFrees | undefined },
): ProjectRow => ({
  ...{ id, uniqueBytes, exclusiveBytes, referencedBytes, flag },
  flagSince: since === null ? null : Date.parse(since),
  growthBytes: base === null ? null : uniqueBytes - base,
  lastPushAt: msOf(lastPushAt),
  lastPullAt: msOf(lastPullAt),
  planAt: plan?.at ?? null,
  planUniqueBytes: plan?.uniqueBytes ?? null,
  planFreesBytes: plan?.registryBytes ?? null,
})

/** From epoch µs, 0 for never. */
const msOf = (us: number): number | null => (us === 0 ? null : Math.floor(us / 1000))

export const isSameRow = (a: ProjectRow, b: ProjectRow): boolean =>
  a.uniqueBytes === b.uniqueBytes &&
  a.exclusiveBytes === b.exclusiveBytes &&
  a.referencedBytes === b.referencedBytes &&
  a.flag === b.flag &&
  a.flagSince === b.flagSince &&
  a.growthBytes === b.growthBytes &&
  a.lastPushAt === b.lastPushAt &&
  a.lastPullAt === b.lastPullAt &&
  a.planAt === b.planAt &&
  a.planUniqueBytes === b.planUniqueBytes &&
  a.planFreesBytes === b.planFreesBytes
