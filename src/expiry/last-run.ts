import type { RunSummary } from './decision.ts'
import type { ExpiryRuns } from './runs.ts'

/** Records that are read at once, and how many are looked through: each is an object of the store. */
const PAGE = 100
const MOST = 2_000

/** The last run of a policy in all projects of a registry that came to its end, dry or real. `undefined` if none of the last 2,000 runs is. */
export async function lastRunOf(
  runs: Pick<ExpiryRuns, 'recent' | 'positionOf'>,
  policy: string,
  registry: string,
): Promise<RunSummary | undefined> {
  let after: string | undefined
  for (let read = 0; read < MOST; read += PAGE) {
    const page: RunSummary[] = await runs.recent(PAGE, after)
    const found = page.find(
      (run) =>
        run.policy === policy &&
        run.registry === registry &&
        run.state === 'done' &&
        run.projects === undefined,
    )
    const last = page.at(-1)
    if (found !== undefined || last === undefined || page.length < PAGE) return found
    after = runs.positionOf(last)
  }
  return undefined
}
