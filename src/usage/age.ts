/**
 * What tells since when a repository has an image, or a tag its image. The position is the code in the index. The later
 * ones are better:
 * - `seen`: nothing does. It was there when it was first read; it may be older.
 * - `undated`: the same. What was read tells no time, or none that is believed.
 * - `image`: the time in its config or its annotations. It was built then, and pushed at that time or later.
 * - `storage`: when the storage wrote the link of the manifest or tag. A copy of the storage may have newer times.
 * - `registry`: GitLab's `published_at`.
 * - `event`: the registry's event of the push.
 */
export const AGE_SOURCES = ['seen', 'undated', 'image', 'storage', 'registry', 'event'] as const
export type AgeSource = (typeof AGE_SOURCES)[number]

/** Since when something exists (epoch µs), and what tells that. */
export interface Age {
  at: number
  source: AgeSource
}

/** An age, and the time of the fact that told it (epoch µs). */
export interface ToldAge {
  at: number
  age: Age
  /** Whether the age is not after a deletion of what it is about. Then it does not count: it was pushed again since. */
  isVoid: boolean
}

/** The rank of a source among all of them, and its code in the index. */
export const rankOf = (source: AgeSource): number => AGE_SOURCES.indexOf(source)

/** Whether an age has a better source than another. */
export const isBetterAge = (age: Age, other: Age): boolean => rankOf(age.source) > rankOf(other.source)

/** Whether `at` is the time of an age, and not only a bound: the thing may be older than `seen` says. */
export const isDated = ({ source }: Age): boolean => source !== 'seen' && source !== 'undated'

/** Whether an age of this source has a time other than that of the fact which told it. */
export const hasOwnTime = (source: AgeSource): boolean =>
  source === 'image' || source === 'storage' || source === 'registry'

/** Whether a time does not count, since what it is about was deleted at `deletedAt` (epoch µs): it was pushed again since. */
const isVoidBy = (age: Age, deletedAt: number): boolean => hasOwnTime(age.source) && age.at <= deletedAt

/** What an age that was told at `toldAt` is worth after a deletion. Times are epoch µs. */
export const ageAfter = (age: Age, toldAt: number, deletedAt: number): Age =>
  isVoidBy(age, deletedAt) ? { at: toldAt, source: 'undated' } : age

/** The same, but what was told is kept. */
export const voidAfter = (told: ToldAge, deletedAt: number): ToldAge => ({
  ...told,
  isVoid: told.isVoid || isVoidBy(told.age, deletedAt),
})

/** Docker's first release. Builds that are to be reproducible state 1970 or 1980 (docs/registries.md, Ages). */
const FIRST_IMAGE_US = Date.UTC(2013, 2, 20) * 1000

/** Whether a time that an image states can be true (epoch µs). */
export const isBelievableBuildTime = (at: number, now: number): boolean => at >= FIRST_IMAGE_US && at <= now

/**
 * The age of an image, and since when its pulls are heard. Times are epoch µs, 0 for never: `pushedAt` of the latest push
 * that was heard, `foundAt` of the latest presence, `pulledAt` of the latest pull.
 */
export function ageOfImage(image: {
  pushedAt: number
  foundAt: number
  told: ToldAge | undefined
  pulledAt: number
}): { age: Age; heardSince: number } {
  const { pushedAt, foundAt, told, pulledAt } = image
  if (pushedAt > 0)
    return { age: { at: pushedAt, source: 'event' }, heardSince: Math.max(pushedAt, told?.at ?? 0) }
  if (told) return { age: told.isVoid ? { at: told.at, source: 'undated' } : told.age, heardSince: told.at }
  const at = foundAt || pulledAt
  return { age: { at, source: 'seen' }, heardSince: at }
}
