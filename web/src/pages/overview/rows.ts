import type { Answer } from '../../api/request.ts'

export type OverviewAnswer = Answer<'/v1/overview'>
type Columns = OverviewAnswer['projects']
type Flag = Columns['flag'][number]

/** A project. Bytes; times in epoch ms; `null` is not known, or never. */
export interface Row {
  readonly id: string
  readonly uniqueBytes: number
  readonly exclusiveBytes: number
  readonly flag: Flag
  readonly flagSince: number | null
  readonly growthBytes: number | null
  readonly lastPushAt: number | null
  readonly lastPullAt: number | null
  readonly planAt: number | null
  readonly planUniqueBytes: number | null
  readonly planFreesBytes: number | null
}

/** All that the overview shows, as of one version. */
export interface Overview {
  readonly version: string
  readonly growthSince: number | null
  readonly registries: OverviewAnswer['registries']
  readonly rows: ReadonlyMap<string, Row>
}

/** The rows of columns. The n-th of each column is of the same project. */
export function rowsOf(columns: Columns): Row[] {
  const { uniqueBytes, exclusiveBytes, flag, flagSince, growthBytes } = columns
  const { lastPushAt, lastPullAt, planAt, planUniqueBytes, planFreesBytes } = columns
  return columns.id.map((id, n) => ({
    id,
    uniqueBytes: uniqueBytes[n] ?? 0,
    exclusiveBytes: exclusiveBytes[n] ?? 0,
    flag: flag[n] ?? 'ok',
    flagSince: flagSince[n] ?? null,
    growthBytes: growthBytes[n] ?? null,
    lastPushAt: lastPushAt[n] ?? null,
    lastPullAt: lastPullAt[n] ?? null,
    planAt: planAt[n] ?? null,
    planUniqueBytes: planUniqueBytes[n] ?? null,
    planFreesBytes: planFreesBytes[n] ?? null,
  }))
}

export const overviewOf = ({ version, growthSince, registries, projects }: OverviewAnswer): Overview => ({
  ...{ version, growthSince, registries },
  rows: new Map(rowsOf(projects).map((row) => [row.id, row])),
})

/** The overview after a change that the service sent. */
export function withChange(
  { rows }: Overview,
  { version, growthSince, registries, projects, gone }: OverviewAnswer & { gone: readonly string[] },
): Overview {
  const next = new Map(rows)
  for (const id of gone) next.delete(id)
  for (const row of rowsOf(projects)) next.set(row.id, row)
  return { version, growthSince, registries, rows: next }
}
