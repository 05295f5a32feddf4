import semver, { type SemVer } from 'semver'
import { isDated } from '../usage/age.ts'
import { ageOfItem, certainUseOf, type Item, type KnownUse, useOfItem } from './age-and-use.ts'
import type { Newest } from './rule.ts'

/** Where an image stands among those that a rule is about. */
export interface Standing {
  /** How many images are certainly newer. */
  newer: number
  /** How many images are certainly newer, or may be: their order is not known. Equal times tell no order. */
  perhapsNewer: number
  /** Whether the image's own place is known, and not only a bound. */
  isDated: boolean
}

/** An item that a rule is about, and what it is compared in: the repository, or what a group of the pattern matches. */
export interface Ranked extends Item {
  group: string
  /** Images that were deleted take no place. */
  isHere: boolean
}

/** An image is as new as the newest of its items: at `earliest` or later, and at `latest` or earlier. */
interface Interval {
  digest: string
  earliest: number
  latest: number
  isHere: boolean
}

/** The name of an image in a group, as `standingsOf` gives it. */
export const placeKey = (digest: string, group: string): string => `${digest} ${group}`

/**
 * The standings of images, by `placeKey`. Each image takes one place in a group, whatever the number of its tags. Items whose
 * tag is no version have none by `semver`. Takes O(n log n): a repository may have 100,000 tags.
 */
export function standingsOf(
  items: readonly Ranked[],
  by: Newest['by'],
  use: Pick<KnownUse, 'since'>,
): Map<string, Standing> {
  const placeOf = by === 'semver' ? byVersion(items) : by === 'used' ? byUse(use) : byPush
  const standings = new Map<string, Standing>()
  for (const [group, members] of Map.groupBy(items, (item) => item.group)) {
    const intervals = new Map<string, Interval>()
    for (const item of members) {
      const place = placeOf(item)
      if (place === undefined) continue
      const { digest } = item.image
      const known = intervals.get(digest)
      intervals.set(digest, {
        ...{ digest, isHere: item.isHere },
        earliest: Math.max(known?.earliest ?? Number.NEGATIVE_INFINITY, place.earliest),
        latest: Math.max(known?.latest ?? Number.NEGATIVE_INFINITY, place.latest),
      })
    }
    for (const [digest, standing] of compare([...intervals.values()]))
      standings.set(placeKey(digest, group), standing)
  }
  return standings
}

function* compare(intervals: readonly Interval[]): Generator<[digest: string, Standing]> {
  const counted = intervals.filter((one) => one.isHere)
  const earliests = Float64Array.from(counted, ({ earliest }) => earliest).sort()
  const latests = Float64Array.from(counted, ({ latest }) => latest).sort()
  for (const { digest, earliest, latest, isHere } of intervals)
    yield [
      digest,
      {
        // Places are whole numbers: one after `latest` is one from `latest + 1` on.
        newer: countFrom(earliests, latest + 1),
        // An image that is here is itself among those that are counted.
        perhapsNewer: countFrom(latests, earliest) - (isHere ? 1 : 0),
        isDated: earliest === latest,
      },
    ]
}

type Place = Pick<Interval, 'earliest' | 'latest'>

function byPush(item: Item): Place {
  const age = ageOfItem({ ...item, whole: [] })
  // A time of 0 is not known.
  const latest = age.at > 0 ? age.at : Number.POSITIVE_INFINITY
  return { earliest: isDated(age) ? age.at : Number.NEGATIVE_INFINITY, latest }
}

const byUse =
  (use: Pick<KnownUse, 'since'>) =>
  (item: Item): Place => {
    const earliest = certainUseOf(item)
    return { earliest, latest: Math.max(earliest, useOfItem(item, use).at) }
  }

/** Versions that Semantic Versioning takes for equal have one place. */
function byVersion(items: readonly Item[]): (item: Item) => Place | undefined {
  const tags = new Set(items.flatMap(({ tag }) => tag?.name ?? []))
  const versions = [...tags].flatMap((tag) => {
    const version = versionOf(tag)
    return version === null ? [] : [{ tag, version }]
  })
  versions.sort((a, b) => a.version.compare(b.version))
  const places = new Map<string, number>()
  let place = 0
  for (const [i, { tag, version }] of versions.entries()) {
    const before = versions[i - 1]
    if (before !== undefined && version.compare(before.version) > 0) place += 1
    places.set(tag, place)
  }
  return ({ tag }) => {
    const found = tag && places.get(tag.name)
    return found === undefined ? undefined : { earliest: found, latest: found }
  }
}

/** Whether a tag is a version. */
export const isVersion = (tag: string): boolean => versionOf(tag) !== null

/** `v1.2.3` is a version, too; `1.2` is none. */
const versionOf = (tag: string): SemVer | null => semver.parse(tag, { loose: true })

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
