import type { Answer } from '../../api/request.ts'

export type Replay = Answer<'/v1/replays/{id}'>
export type Outcome = NonNullable<Replay['result']>['policies'][number]

export const isUnderWay = ({ state }: Pick<Replay, 'state'>): boolean =>
  state === 'waiting' || state === 'running'

export const STATES: Record<Replay['state'], { text: string; badge: string }> = {
  waiting: { text: 'waits', badge: 'badge' },
  running: { text: 'runs', badge: 'badge badge-warning' },
  done: { text: 'done', badge: 'badge badge-ok' },
  failed: { text: 'failed', badge: 'badge badge-over' },
}

/** `12 images`, `12 images and 3 single tags`; `nothing`. */
export function deletedText({ images, tags }: { images: number; tags: number }): string {
  const parts = [
    ...(images > 0 ? [counted(images, 'image', 'images')] : []),
    ...(tags > 0 ? [counted(tags, 'single tag', 'single tags')] : []),
  ]
  return parts.join(' and ') || 'nothing'
}

/** What was pulled after it would have been deleted; `none` if nothing was. */
export function regretText({ regretted }: Pick<Outcome, 'regretted'>): string {
  const what = deletedText(regretted)
  return what === 'nothing' ? 'none' : `${what}, ${counted(regretted.pulls, 'pull', 'pulls')}`
}

const counted = (n: number, one: string, many: string): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`
