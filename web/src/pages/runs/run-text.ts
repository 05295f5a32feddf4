import type { Answer } from '../../api/request.ts'

export type Run = Answer<'/v1/expiry/runs/{id}'>

/** States that come to an end by themselves: the page looks again. */
export const isUnderWay = ({ state }: Pick<Run, 'state'>): boolean =>
  state === 'waiting' || state === 'running'

export const STATES: Record<Run['state'], { text: string; badge: string }> = {
  waiting: { text: 'waits', badge: 'badge' },
  running: { text: 'runs', badge: 'badge badge-warning' },
  done: { text: 'done', badge: 'badge badge-ok' },
  stopped: { text: 'stopped', badge: 'badge badge-warning' },
  failed: { text: 'failed', badge: 'badge badge-over' },
}

const OUTCOMES: [key: keyof Run['outcomes'], one: string, many: string][] = [
  ['deleted', 'image deleted', 'images deleted'],
  ['untagged', 'single tag deleted', 'single tags deleted'],
  ['planned', 'image would go', 'images would go'],
  ['plannedTags', 'single tag would go', 'single tags would go'],
  ['absent', 'was gone already', 'were gone already'],
  ['moved', 'stayed: something changed', 'stayed: something changed'],
  ['refused', 'refused by the registry', 'refused by the registry'],
  ['failed', 'failed', 'failed'],
]

/** `12 images deleted`, `3 refused by the registry`: what is not zero. */
export const outcomesOf = ({ outcomes }: Pick<Run, 'outcomes'>): string[] =>
  OUTCOMES.flatMap(([key, one, many]) => {
    const count = outcomes[key]
    return count === 0 ? [] : [`${count.toLocaleString('en')} ${count === 1 ? one : many}`]
  })

/** What an outcome of a single image means, for people. */
export const OUTCOME_TEXT: Record<string, string> = {
  planned: 'would go',
  deleted: 'deleted',
  untagged: 'tag deleted',
  absent: 'was gone already',
  moved: 'stayed',
  refused: 'refused',
  failed: 'failed',
}

/** How many images and tags of the applied plan the run leaves alone. */
export const leftOf = ({ plan, progress, state }: Run): number =>
  plan === undefined || isUnderWay({ state }) ? 0 : Math.max(0, plan.images + plan.tags - progress.planned)

/** The share that is done, in hundredths. A run that has nothing to do is done with it. */
export const percentOf = ({ progress: { planned, done } }: Pick<Run, 'progress'>): number =>
  planned === 0 ? 100 : Math.min(100, Math.round((100 * done) / planned))
