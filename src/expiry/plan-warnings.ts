import type { ExpiryPolicy } from './plan.ts'

/** What a dialect and an eviction warn of is told this often at most: they may have a sentence for each image. */
const MOST = 100

/** Collects what the plan of a policy warns of, each once. */
export function makePlanWarnings() {
  const told = new Set<string>()
  let taken: string[] = []
  return {
    /** Drops it if it was told, or if there are too many. */
    warn(warning: string): void {
      if (told.has(warning) || told.size === MOST) return
      told.add(warning)
      taken.push(warning)
    },

    /** Gives those that came since the last call. */
    take(): string[] {
      const warnings = taken
      taken = []
      return warnings
    },
  }
}
export type PlanWarnings = ReturnType<typeof makePlanWarnings>

/** `failures`: why it is not known what is protected. */
export const failureWarning = (registry: string, failure: string): string =>
  `a run deletes nothing at ${registry} now: ${failure}`

/** What is warned of if the plan of a policy has not decided on any image. */
export function nothingWarning(
  { registry, project = '**', repository }: Pick<ExpiryPolicy, 'registry' | 'project' | 'repository'>,
  filter: { project?: string | undefined; repository?: string | undefined },
): string {
  const asked = filter.repository ?? filter.project
  const of = asked === undefined ? '' : ` of ${asked}`
  return `the index has no image${of} that it is about (match: registry ${registry}, project ${project}, repository ${repository})`
}
