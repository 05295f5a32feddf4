import type { Answer } from '../../api/request.ts'

export type Promotion = Answer<'/v1/promotions/{id}'>
export type Receipt = Answer<'/v1/promotions/{id}/receipt'>
export type Gate = NonNullable<NonNullable<Promotion['progress']>['gates']>[number]

export const STATES: Record<Promotion['state'], { text: string; badge: string }> = {
  queued: { text: 'queued', badge: 'badge' },
  active: { text: 'copying', badge: 'badge badge-warning' },
  waiting: { text: 'waits', badge: 'badge badge-warning' },
  promoted: { text: 'promoted', badge: 'badge badge-ok' },
  dropped: { text: 'dropped', badge: 'badge' },
  failed: { text: 'failed', badge: 'badge badge-over' },
}

/** Whether its state may still change by itself. */
export const isUnderWay = ({ state }: Pick<Promotion, 'state'>): boolean =>
  state === 'queued' || state === 'active' || state === 'waiting'

/** Whether a gate of it waits for people. Its name begins with the type (docs/promotion.md, Gates). */
export const waitsForPeople = ({ state, progress }: Pick<Promotion, 'state' | 'progress'>): boolean =>
  state === 'waiting' &&
  progress?.gates?.some((gate) => gate.gate.startsWith('approval ') && gate.state === 'waiting') === true

/** The gates at which it is, the ones that are not open first. */
export const gatesOf = ({ progress }: Pick<Promotion, 'progress'>): Gate[] =>
  (progress?.gates ?? []).toSorted((a, b) => Number(a.state === 'open') - Number(b.state === 'open'))

/** How much of the image is at the target, in hundredths; `undefined` if that is not known. */
export function percentOf({ progress }: Pick<Promotion, 'progress'>): number | undefined {
  const { bytes, totalBytes } = progress ?? {}
  if (bytes === undefined || !totalBytes) return undefined
  return Math.min(100, Math.round((100 * bytes) / totalBytes))
}

/** `registry/repository:tag` */
export const placeText = ({
  registry,
  repository,
  tag,
}: {
  registry: string
  repository: string
  tag?: string
}) => `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}`
