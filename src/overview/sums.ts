import { splitProjectId } from '../usage/project.ts'
import type { ProjectRow } from './project-row.ts'

/** The sums over projects of a registry. Bytes. */
export interface RegistrySums {
  registry: string
  projects: number
  /** Counts what several projects hold once for each. */
  uniqueBytes: number
  exclusiveBytes: number
  referencedBytes: number
  over: number
  warning: number
  /** Projects of which it is known what expiry would free, and what it would free in them. */
  planned: number
  planFreesBytes: number
  /** When the oldest of these plans was made, epoch ms. */
  planFrom: number | null
}

const noneOf = (registry: string): RegistrySums => ({
  ...{ registry, projects: 0, uniqueBytes: 0, exclusiveBytes: 0, referencedBytes: 0 },
  ...{ over: 0, warning: 0, planned: 0, planFreesBytes: 0, planFrom: null },
})

/** The sums over these rows, of each registry that has one, in the order of their names; and of `registries`, also if they have none. */
export function sumsOf(rows: Iterable<ProjectRow>, registries: readonly string[]): RegistrySums[] {
  const sums = new Map(registries.map((name) => [name, noneOf(name)]))
  for (const row of rows) {
    const { registry } = splitProjectId(row.id)
    const sum = sums.get(registry) ?? noneOf(registry)
    sums.set(registry, sum)
    sum.projects += 1
    sum.uniqueBytes += row.uniqueBytes
    sum.exclusiveBytes += row.exclusiveBytes
    sum.referencedBytes += row.referencedBytes
    if (row.flag !== 'ok') sum[row.flag] += 1
    if (row.planFreesBytes === null || row.planAt === null) continue
    sum.planned += 1
    sum.planFreesBytes += row.planFreesBytes
    sum.planFrom = Math.min(sum.planFrom ?? row.planAt, row.planAt)
  }
  return [...sums.values()].toSorted((a, b) => (a.registry < b.registry ? -1 : 1))
}
