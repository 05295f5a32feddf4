import { formatDuration, formatSize } from '../platform/units.ts'
import type { RegistryAlert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Advice } from './advice.ts'
import type { CollectionRun } from './collection-run.ts'

/** The alert about a registry that stays read-only: at once, and then each hour. `at`: epoch ms. */
export const heldAlert = (
  { registry, id }: Pick<CollectionRun, 'registry' | 'id'>,
  why: string,
  at: number,
): RegistryAlert => ({
  id: jobId('collection held', id, new Date(at).toISOString().slice(0, 'YYYY-MM-DDTHH'.length)),
  ...{ at: new Date(at).toISOString(), registry, event: 'collection.held' },
  text: `${registry} is READ-ONLY, and Tallyman cannot let writes in again after the collection ${id}: ${why}. It goes on trying. Make it writable by hand if that is quicker.`,
})

/** The alert that a registry takes writes again after that. */
export const releasedAlert = (
  { registry, id }: Pick<CollectionRun, 'registry' | 'id'>,
  at: number,
): RegistryAlert => ({
  id: jobId('collection released', id, String(at)),
  ...{ at: new Date(at).toISOString(), registry, event: 'collection.released' },
  text: `${registry} takes writes again.`,
})

/** The alert about the end of a collection; `undefined` if nobody needs to be told. */
export function endedAlert(run: CollectionRun): RegistryAlert | undefined {
  const { id, registry, dryRun, outcome, endedAt } = run
  const isOurs = outcome === 'refused' && run.by !== SCHEDULE
  if (dryRun || endedAt === null || outcome === null || outcome === 'stopped' || isOurs) return undefined
  return {
    id: jobId('collection', id),
    ...{ at: endedAt, registry, event: outcome === 'done' ? 'collection.done' : 'collection.failed' },
    text: `${registry}: ${runText(run)}`,
  }
}

/** Who asked for a collection that nobody asked for. */
export const SCHEDULE = 'schedule'

/** What came of a collection, in a sentence or some. */
export function runText(run: CollectionRun): string {
  const { outcome, promised, freed, pauseMs, error, differences } = run
  const pause = pauseMs === null ? '' : `Writes were refused for ${formatDuration(pauseMs)} at most.`
  const sum = promised === null ? 'what it would free is not known' : `it would free ${textOf(promised)}`
  switch (outcome) {
    case 'planned':
      return [`a collection of garbage could run: ${sum}.`, ...sentences(differences)].join(' ')
    case 'refused':
      return `a collection of garbage did not run: ${error}. (--force runs it nevertheless.)`
    case 'done': {
      const gone = freed === null ? 'what it has freed is not known' : `${textOf(freed)} ${wentTo(run)}`
      const of = promised === null ? '' : `, of ${textOf(promised)} that were promised`
      return [`a collection of garbage is done: ${gone}${of}.`, pause, ...sentences(differences)]
        .filter(Boolean)
        .join(' ')
    }
    case null:
      return `a collection of garbage is under way: ${run.phase}.`
    default: {
      const is = { stopped: 'was stopped', failed: 'failed', interrupted: 'was interrupted' }[outcome]
      const state = run.isHeld ? 'The registry may be read-only.' : 'The registry takes writes.'
      return [`a collection of garbage ${is}: ${error}.`, state, pause].filter(Boolean).join(' ')
    }
  }
}

/** What a collection behind the barrier takes away occupies its space until the trash is emptied. */
const wentTo = ({ mode }: CollectionRun): string =>
  mode === 'barrier' ? 'went to the trash, to be deleted once gc.trash has passed' : 'are free'

const textOf = ({ blobs, bytes }: { blobs: number; bytes: number }): string =>
  `${formatSize(bytes)} (${blobs} ${blobs === 1 ? 'blob' : 'blobs'})`

const sentences = (texts: readonly string[]): string[] => texts.map((text) => `${text}.`)

/** The alert that a collection pays: once until the next collection. */
export const advisedAlert = ({ registry, at, text, lastCollection }: Advice): RegistryAlert => ({
  id: jobId('collection advised', registry, lastCollection?.at ?? 'first', at),
  ...{ at, registry, event: 'collection.advised' },
  text: `${registry}: ${text}`,
})
