import { createHash } from 'node:crypto'
import { addSamples, NOTHING, type Sample } from './sample.ts'

/** A group of projects with a quota. `projects`: its globs. */
export interface Group {
  group: string
  projects: readonly string[]
}

/** The id of a group's history. A group whose projects were changed has another history, which begins anew. */
export function groupHistoryId({ group, projects }: Group): string {
  const definition = createHash('sha256').update(JSON.stringify(projects)).digest('hex')
  return `group:${group}:${definition.slice(0, 16)}`
}

export const isGroupHistory = (id: string): boolean => id.startsWith('group:')

/** The ids of largest projects that a sum names. */
const LARGEST = 10

/** The sum over a group, and the ids of its largest projects, the largest first. */
export interface GroupSample {
  group: Group
  sample: Sample
  projects: string[]
}

/** Sums the samples of projects over their groups. */
export function sumGroups(groupsOf: (project: string) => readonly Group[]) {
  const sums = new Map<string, { group: Group; sample: Sample; largest: { id: string; bytes: number }[] }>()
  return {
    add(project: string, sample: Sample): void {
      for (const group of groupsOf(project)) {
        const before = sums.get(group.group) ?? { group, sample: NOTHING, largest: [] }
        const largest = [...before.largest, { id: project, bytes: sample.uniqueBytes }]
          .sort((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1))
          .slice(0, LARGEST)
        sums.set(group.group, { group, sample: addSamples(before.sample, sample), largest })
      }
    },
    all: (): GroupSample[] =>
      [...sums.values()].map(({ largest, ...sum }) => ({ ...sum, projects: largest.map(({ id }) => id) })),
  }
}
