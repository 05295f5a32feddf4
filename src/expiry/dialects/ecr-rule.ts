import { makeWildcard } from '../../platform/wildcard.ts'
import type { PolicyImage } from './dialect.ts'
import type { EcrRule } from './ecr-policy.ts'

/** What one rule says about an image that it selects. */
export interface Mark {
  /** Whether the action of the rule is due. */
  isMarked: boolean
  /** A sentence about the image. */
  because: string
}

const DAY = 86_400e6

/** The tagging requirements of a rule. */
export interface Selector {
  /**
   * Every pattern or prefix of a list must match a tag, not always the same one ("Filtering on multiple tags in a single
   * rule" in "Examples of lifecycle policies").
   */
  selects(image: PolicyImage): boolean
  /** Whether the rule is about a tag. The image may have others. */
  isAbout(tag: string): boolean
}

export function makeSelector({ selection }: EcrRule): Selector {
  const { tagStatus, tagPatternList = [], tagPrefixList = [] } = selection
  if (tagStatus === 'any') return { selects: () => true, isAbout: () => true }
  if (tagStatus === 'untagged') return { selects: ({ tags }) => tags.length === 0, isAbout: () => false }
  const filters = [
    ...tagPatternList.map(makeWildcard),
    ...tagPrefixList.map((prefix) => (tag: string) => tag.startsWith(prefix)),
  ]
  return {
    selects: ({ tags }) => filters.every((matches) => tags.some(({ name }) => matches(name))),
    isAbout: (tag) => filters.some((matches) => matches(tag)),
  }
}

/** Judges the images of a repository that the rule selects. `now` is epoch µs. Takes O(n log n). */
export function marksOf(
  { selection }: EcrRule,
  selected: readonly PolicyImage[],
  now: number,
): (image: PolicyImage) => Mark {
  if (selection.countType === 'imageCountMoreThan') return countedFrom(selected, selection.countNumber)
  return (image) => agedOver(image, selection, now)
}

/**
 * The newest `count` images stay. An image whose push time is not known stays too, and takes no place: it may be older
 * than the others. (In ECR the time is always known.)
 */
function countedFrom(selected: readonly PolicyImage[], count: number): (image: PolicyImage) => Mark {
  const newestFirst = selected.filter(({ pushedAt }) => pushedAt !== null).sort(byAge)
  const places = new Map(newestFirst.map((image, index) => [image, index + 1]))
  return (image) => {
    const place = places.get(image)
    if (place === undefined) return UNDATED
    return {
      isMarked: place > count,
      because: `it is number ${place} of the images that the rule selects, newest first, and ${count} may stay`,
    }
  }
}

/**
 * Newest first. ECR does not say how it orders equal times. Here an index is newer than what is not one, since it is pushed
 * after its children; an image without tags is newer than a tagged one, as in "Filtering on all images", example B,
 * where D expires and E, pushed on the same day, counts; then the higher digest is newer.
 */
const byAge = (a: PolicyImage, b: PolicyImage): number =>
  (b.pushedAt ?? 0) - (a.pushedAt ?? 0) ||
  Number(b.children.length > 0) - Number(a.children.length > 0) ||
  Number(b.tags.length === 0) - Number(a.tags.length === 0) ||
  (a.digest > b.digest ? -1 : 1)

/** Strictly older: an image of exactly one day is not "older than one day" (image E of "Filtering on all images", example B). */
function agedOver(
  { pushedAt, pulledAt }: PolicyImage,
  { countType, countNumber }: EcrRule['selection'],
  now: number,
): Mark {
  const isPulled = countType === 'sinceImagePulled' && pulledAt !== null
  const since = isPulled ? pulledAt : pushedAt
  if (since === null) return UNDATED
  const isMarked = now - since > countNumber * DAY
  const event = isPulled ? 'pulled last' : 'pushed'
  const days = `${countNumber} day${countNumber === 1 ? '' : 's'} ago`
  return { isMarked, because: `it was ${event} ${isMarked ? `over ${days}` : `${days} at most`}` }
}

const UNDATED: Mark = { isMarked: false, because: 'it is not known when it was pushed' }
