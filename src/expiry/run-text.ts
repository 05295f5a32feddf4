import { Value } from 'typebox/value'
import { formatSize } from '../platform/units.ts'
import { type Amount, amountText, imagesText } from './amount.ts'
import { type Noticed, Progress, type RunSummary } from './decision.ts'

/** A run in one line, with what it did. */
export function runText(run: RunSummary): string {
  const { id, policy, dryRun, state, progress } = run
  const name = `${dryRun ? 'dry run' : 'run'} ${id} of ${policy}`
  const isOver = state !== 'waiting' && state !== 'running'
  return `${name}: ${isOver ? doneText(run) : `${state}, ${progressText(progress)}`}`
}

/** What a run did that is over, or would have done. */
export function doneText(run: RunSummary): string {
  const { dryRun, state, stopped, held = [] } = run
  const parts = dryRun ? wouldDo(run) : did(run)
  if (held.length > 0) parts.push(`held ${held.length} ${held.length === 1 ? 'project' : 'projects'}`)
  if (stopped !== undefined) parts.push(`${state}: ${stopped}`)
  return parts.join('; ')
}

function wouldDo({ state, outcomes, progress, kept }: RunSummary): string[] {
  const { planned, plannedTags } = outcomes
  const amount = {
    images: planned,
    tags: plannedTags,
    ...(state === 'done' && { bytes: progress.plannedBytes }),
  }
  const keep = kept === undefined ? '' : `, keep ${imagesText(kept)}`
  return [`would delete ${amountText(amount)}${keep}`]
}

function did(run: RunSummary): string[] {
  const { outcomes, progress, announced, waiting, held = [] } = run
  const { absent, moved, refused, failed } = outcomes
  const deleted = deletedIn(run)
  const isNothing = deleted.images + deleted.tags === 0
  const kept = keptIn(run)
  return [
    ...(announced === undefined
      ? []
      : [`announced ${amountText(announced)}: they go after ${announced.until}`]),
    ...(waiting === undefined
      ? []
      : [`${amountText(waiting)} wait for their notice, until ${waiting.until} at least`]),
    ...(isNothing && (announced ?? waiting) !== undefined
      ? []
      : [`deleted ${amountText({ ...deleted, bytes: progress.freedBytes })}`]),
    ...(absent > 0 ? [`gone already ${absent}`] : []),
    ...(moved > 0 ? [`kept since something changed meanwhile ${moved}`] : []),
    ...(refused > 0 ? [`refused by the registry ${refused}`] : []),
    ...(failed > 0 ? [`failed ${failed}`] : []),
    ...(kept === undefined || (kept === 0 && held.length > 0) ? [] : [`kept ${imagesText(kept)}`]),
  ]
}

const deletedIn = ({ outcomes: { deleted, untagged } }: RunSummary): Amount => ({
  images: deleted,
  tags: untagged,
})

/** How many images a run kept, without those that go once their notice is over. `undefined` if that is not known. */
export const keptIn = ({
  kept,
  announced,
  waiting,
}: Pick<RunSummary, 'kept' | 'announced' | 'waiting'>): number | undefined =>
  kept && Math.max(0, kept - (announced?.images ?? 0) - (waiting?.images ?? 0))

/** How many images and single tags. */
export const countOf = (noticed: Noticed | undefined): number => (noticed?.images ?? 0) + (noticed?.tags ?? 0)

/** How far a run is. Without a plan it has none. */
export function progressText(progress: unknown): string {
  if (!Value.Check(Progress, progress)) return 'it makes its plan'
  const { planned, plannedBytes, done, freedBytes } = progress
  return `${done} of ${planned} images and single tags are done with, ${formatSize(freedBytes)} of ${formatSize(plannedBytes)} deleted`
}

/** The numbers of a run for the audit: of images and single tags, by what became of them; of bytes; and of held projects. */
export function countsOf(run: RunSummary): Record<string, number> {
  const { outcomes, progress, announced, waiting, held = [], kept } = run
  const { planned: _, plannedTags: __, ...others } = outcomes
  const { planned, plannedBytes, freedBytes } = progress
  return {
    ...{ planned, plannedBytes, ...others, freedBytes },
    ...(kept !== undefined && { kept }),
    ...(announced && { announced: countOf(announced) }),
    ...(waiting && { waiting: countOf(waiting) }),
    ...(held.length > 0 && { held: held.length }),
  }
}
