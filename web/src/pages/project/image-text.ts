import { formatDuration } from '../../../../src/platform/units.ts'

/** The part of an image, as the API tells it, that these sentences are about. */
export interface Aged {
  at: string | null
  ageSource: 'event' | 'registry' | 'storage' | 'image' | 'seen'
  lastPullAt: string | null
  pullsSince: string | null
  tags: readonly unknown[]
  isOrphan: boolean
}

const SOURCES: Record<Aged['ageSource'], string> = {
  event: '',
  registry: 'as GitLab says',
  storage: 'as its storage says',
  image: 'built then; pushed later',
  seen: 'first seen then; may be older',
}

/** What tells the age of an image, if it is not the event of its push. */
export const ageNote = ({ ageSource }: Pick<Aged, 'ageSource'>): string => SOURCES[ageSource]

/** What it means that no pull of an image is known. `now`: epoch ms. */
export function pullText({ pullsSince }: Pick<Aged, 'pullsSince'>, areHeard: boolean, now: number): string {
  if (!areHeard || pullsSince === null) return 'not known'
  const [largest = '0s'] = formatDuration(Math.max(0, now - Date.parse(pullsSince))).split(' ')
  return `none in ${largest}`
}

/** Why an image without a tag is there. */
export function whyUntagged({ isOrphan, lastPullAt }: Pick<Aged, 'isOrphan' | 'lastPullAt'>): string {
  if (isOrphan) return 'It signs or describes an image that is gone.'
  const used = lastPullAt === null ? '' : ' Somebody pulls it by its digest.'
  return `Its tag was moved or deleted, or it was pushed by its digest.${used}`
}
