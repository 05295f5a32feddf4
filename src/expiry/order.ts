import { isDated } from '../usage/age.ts'
import { ageOfTag } from '../usage/age-of-tag.ts'
import type { IndexedImage, IndexedTag } from '../usage/indexed-image.ts'
import { isReferrerTag } from './relations.ts'

/** Where an image stands among those of its repository that a rule matches. */
export interface Standing {
  /** How many images are certainly newer. */
  newer: number
  /** How many images are certainly newer, or may be: their order is not known. Equal times tell no order. */
  perhapsNewer: number
  /** Whether the image's own time is known, and not only a bound. */
  isDated: boolean
}

/** An image is as new as the youngest of its tags that match: tagged at `earliest` or later, and at `latest` or earlier. */
interface Interval {
  digest: string
  earliest: number
  latest: number
  isHere: boolean
}

/**
 * Digest → standing, of the images with a tag that matches. Tags of signatures and tags set in the future do not count, nor do
 * images that are not `here`.
 * `now` is epoch µs. Takes O(n log n): a repository may have 100,000 tags.
 */
export function standingsOf(
  images: readonly IndexedImage[],
  matches: (tag: string) => boolean,
  now: number,
  isHere: (image: IndexedImage) => boolean,
): Map<string, Standing> {
  const isRanked = ({ name, age }: IndexedTag) => matches(name) && !isReferrerTag(name) && age.at <= now
  const intervals = images.flatMap(
    (image) => intervalOf(image, image.tags.filter(isRanked), isHere(image)) ?? [],
  )
  const counted = intervals.filter((one) => one.isHere)
  const earliests = Float64Array.from(counted, ({ earliest }) => earliest).sort()
  const latests = Float64Array.from(counted, ({ latest }) => latest).sort()
  return new Map(
    intervals.map(({ digest, earliest, latest, isHere }) => [
      digest,
      {
        // Times are whole numbers: a time after `latest` is one from `latest + 1` on.
        newer: countFrom(earliests, latest + 1),
        // An image that is here is itself among those that are counted.
        perhapsNewer: countFrom(latests, earliest) - (isHere ? 1 : 0),
        isDated: earliest === latest,
      },
    ]),
  )
}

function intervalOf(image: IndexedImage, tags: readonly IndexedTag[], isHere: boolean): Interval | undefined {
  if (tags.length === 0) return undefined
  let [earliest, latest] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const tag of tags) {
    const age = ageOfTag(image, tag)
    if (isDated(age)) earliest = Math.max(earliest, age.at)
    // A time of 0 is not known.
    latest = Math.max(latest, age.at > 0 ? age.at : Number.POSITIVE_INFINITY)
  }
  return { digest: image.digest, earliest, latest, isHere }
}

/** How many of the sorted numbers are at least `bound`. */
function countFrom(sorted: Float64Array, bound: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < bound) low = middle + 1
    else high = middle
  }
  return sorted.length - low
}
