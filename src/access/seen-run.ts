import type { Deleted, RunSummary } from '../expiry/decision.ts'
import { summaryOf } from '../expiry/runs.ts'
import { type Access, coversAll } from './access.ts'

/**
 * What an access sees of a run: all of it if it sees all projects in which the run was asked for; or else what the run did in those
 * that it sees, with numbers of these only; or nothing, `undefined`. `deletesOf` gives what the run has recorded; it is not called
 * for a run that has done nothing.
 */
export async function seenRun(
  access: Pick<Access, 'seesAll' | 'sees' | 'projects'>,
  run: RunSummary,
  deletesOf: (id: string) => Promise<readonly Deleted[]>,
): Promise<RunSummary | undefined> {
  if (coversAll(access, run.projects)) return run
  const held = run.held?.filter(({ project }) => access.sees(project)) ?? []
  const isNothing = Object.values(run.outcomes).every((count) => count === 0)
  const deletes = isNothing ? [] : (await deletesOf(run.id)).filter(({ project }) => access.sees(project))
  if (deletes.length === 0 && held.length === 0) return undefined
  return partOf(run, deletes, held)
}

/** Without what is told of the run as a whole: its texts may name other projects, also that of who asked for it. */
function partOf(run: RunSummary, deletes: Deleted[], held: NonNullable<RunSummary['held']>): RunSummary {
  const { id, at, policy, registry, dryRun, state, undo } = run
  const by = run.by === 'schedule' ? run.by : 'somebody who sees more projects'
  const bytesOf = (of: readonly Deleted[]) => of.reduce((sum, { bytes = 0 }) => sum + bytes, 0)
  const progress = {
    ...{ planned: deletes.length, done: deletes.length, plannedBytes: bytesOf(deletes) },
    freedBytes: bytesOf(deletes.filter(({ outcome }) => outcome === 'deleted')),
  }
  const { kept: _, ...part } = summaryOf({
    ...{ id, at, policy, registry, dryRun, by, state, progress, kept: 0, deletes },
    ...(held.length > 0 && { held }),
    ...(undo && { undo }),
  })
  return part
}
