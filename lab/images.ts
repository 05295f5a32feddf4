import fc from 'fast-check'
import type { ExpiryRule, RulePolicy } from '../src/expiry/plan.ts'
import type { Age } from '../src/usage/age.ts'
import type { IndexedImage } from '../src/usage/indexed-image.ts'
import { digestOf, OCI_INDEX, OCI_MANIFEST } from './image.ts'

/** 2026-11-23T16:02:26.518381Z, epoch µs. */
export const NOW = 1_795_449_746_518_381
export const DAY = 86_400_000_000
export const DAY_MS = 86_400_000

/** The digest of the content that a test gives this name. */
export const digest = (name: string): string => digestOf(Buffer.from(name))

/** The digest's first 16 bytes, in hex, as the index stores references. */
const keyOf = (name: string): string => digest(name).slice('sha256:'.length, 'sha256:'.length + 32)

/** A tag like `sha256-<hex>.sig`. Without a suffix it is the tag of the list of referrers. */
export const referrerTag = (name: string, suffix: string): string =>
  `${digest(name).replace(':', '-')}${suffix}`

/** A time of which an event told, or any other age. */
export type SomeAge = number | Age

const ageOf = (age: SomeAge): Age => (typeof age === 'number' ? { at: age, source: 'event' } : age)

/** An age of which only a bound is known. */
export const seen = (at: number): Age => ({ at, source: 'seen' })

/** An age that is the time in the image's config. */
export const built = (at: number): Age => ({ at, source: 'image' })

/** An image of the index, described by what matters for expiry. `tags`: name → when it was set, epoch µs. */
export function indexed(
  name: string,
  options: {
    repository?: string
    tags?: Record<string, SomeAge>
    /** Names of its children, if it is an index. */
    lists?: string[]
    /** Names of its blobs. */
    layers?: string[]
    /** The name of its subject. */
    subject?: string
    /** Without it, as old as the youngest tag. */
    age?: SomeAge
    /** Without it, since the latest time among the ages. */
    heardSince?: number
    pulledAt?: number
  } = {},
): IndexedImage {
  const { repository = 'team/app', tags = {}, lists = [], layers = [`layer of ${name}`] } = options
  const tagList = Object.entries(tags).map(([tag, age]) => ({ name: tag, age: ageOf(age) }))
  const ages = tagList.map((tag) => tag.age).sort((a, b) => b.at - a.at)
  const age = ageOf(options.age ?? ages[0] ?? seen(0))
  return {
    repository,
    digest: digest(name),
    mediaType: lists.length > 0 ? OCI_INDEX : OCI_MANIFEST,
    size: 500,
    totalSize: 5000,
    references: [
      ...lists.map((child) => ({ kind: 'child' as const, key: keyOf(child), size: 0 })),
      ...layers.map((layer) => ({ kind: 'blob' as const, key: keyOf(layer), size: 100 })),
      ...(options.subject === undefined
        ? []
        : [{ kind: 'subject' as const, key: keyOf(options.subject), size: 0 }]),
    ],
    isResolved: true,
    tags: tagList.sort((a, b) => (a.name < b.name ? -1 : 1)),
    age,
    heardSince: options.heardSince ?? Math.max(age.at, ages[0]?.at ?? 0),
    pulledAt: options.pulledAt ?? 0,
  }
}

/** An image whose references are unknown: registries without `includereferences` send none. */
export const unresolved = (image: IndexedImage): IndexedImage => ({
  ...image,
  references: undefined,
  isResolved: false,
})

/** An artifact as its push event tells it: without its subject. */
export const withoutSubject = (image: IndexedImage): IndexedImage => ({
  ...image,
  references: image.references?.filter(({ kind }) => kind !== 'subject'),
  isResolved: false,
})

/** Mostly whole days before now, exactly or a microsecond off: on a rule's limit or just beside it. Sometimes unknown (0). */
const anyTime = fc.oneof(
  {
    weight: 30,
    arbitrary: fc
      .tuple(
        fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 8, max: 30 })),
        fc.constantFrom(-1, 0, 1),
      )
      .map(([days, off]) => NOW - days * DAY - off),
  },
  { weight: 1, arbitrary: fc.constant(0) },
)
/** Mostly from events; often the same time as another, since reconciles give many images one time. */
const anyAge: fc.Arbitrary<Age> = fc.record({
  at: anyTime,
  source: fc.constantFrom(
    'event',
    'event',
    'event',
    'seen',
    'seen',
    'undated',
    'image',
    'storage',
    'registry',
  ),
})
const anyPull = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: anyTime })

const TAGS = ['latest', 'v1', 'v2', 'v3', 'pr-1', 'pr-2', 'pr-3', 'pr-4', 'nightly-1', 'nightly-2']
const SUFFIXES = ['.sig', '.att', '.sbom', '']

/** Mostly a higher number, which makes chains; sometimes any number, which makes cycles and missing images. */
const anyNeighbour = (n: number): fc.Arbitrary<number> =>
  fc.oneof(
    { weight: 30, arbitrary: fc.integer({ min: 1, max: 2 }).map((step) => n + step) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }) },
  )

const sometimes = <T>(weights: [never: number, else_: number], arbitrary: fc.Arbitrary<T[]>) =>
  fc.oneof({ weight: weights[0], arbitrary: fc.constant<T[]>([]) }, { weight: weights[1], arbitrary })

const REPOSITORIES = ['team/app', 'team/app', 'team/app', 'team/app', 'team/web', 'other']

/** An image before its tags are made unique: `n` names its content. */
const anyDraft = fc
  .tuple(fc.constantFrom(...REPOSITORIES), fc.integer({ min: 0, max: 8 }))
  .chain(([repository, n]) =>
    fc.record({
      ...{ repository: fc.constant(repository), n: fc.constant(n) },
      lists: sometimes([1, 1], fc.array(anyNeighbour(n), { minLength: 1, maxLength: 3 })),
      tags: sometimes(
        [1, 1],
        fc.array(fc.tuple(fc.constantFrom(...TAGS), anyAge), { minLength: 1, maxLength: 2 }),
      ),
      // The image that it signs, the suffix of the tag, and since when. Images mostly sign those with lower numbers.
      signs: sometimes(
        [3, 1],
        fc.array(fc.tuple(anyNeighbour(-n).map(Math.abs), fc.constantFrom(...SUFFIXES), anyAge), {
          minLength: 1,
          maxLength: 2,
        }),
      ),
      subject: sometimes(
        [6, 1],
        anyNeighbour(-n).map((m) => [Math.abs(m)]),
      ),
      age: anyAge,
      // Mostly as for images that were found with their tags.
      heardSince: fc.oneof(
        { weight: 3, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: anyTime },
      ),
      pulledAt: anyPull,
      hasReferences: fc.integer({ min: 0, max: 99 }).map((dice) => dice !== 50),
    }),
  )

/**
 * Images of up to three repositories that share contents: nested indexes, children of two indexes, cycles, signatures of
 * signatures, and signatures of missing images.
 */
export const anyImages: fc.Arbitrary<IndexedImage[]> = fc
  .array(anyDraft, { minLength: 3, maxLength: 16, size: 'max' })
  .map((drafts) => {
    const taken = new Set<string>()
    const isFree = (name: string) => !taken.has(name) && taken.add(name).size > 0
    return drafts
      .filter(({ repository, n }) => isFree(`${repository}@${n}`))
      .map(({ repository, n, lists, tags, signs, subject, age, heardSince, pulledAt, hasReferences }) => {
        const signatures = signs.map(([m, suffix, at]): [string, Age] => [referrerTag(`${m}`, suffix), at])
        const own = [...tags, ...signatures].filter(([tag]) => isFree(`${repository}:${tag}`))
        const image = indexed(`${n}`, {
          ...{
            repository,
            lists: lists.map(String),
            age,
            pulledAt,
            ...(heardSince !== undefined && { heardSince }),
          },
          ...{ tags: Object.fromEntries(own), ...(subject[0] !== undefined && { subject: `${subject[0]}` }) },
        })
        if (hasReferences) return image
        return n % 2 === 0 ? unresolved(image) : withoutSubject(image)
      })
  })

const anySelection = fc
  .record({
    tag: fc.constantFrom('pr-*', 'v*', 'nightly-*', '**', '**', '*', undefined, '{v1,pr-1}', 'latest'),
    tagged: fc.constantFrom(undefined, undefined, undefined, true, false),
    olderThan: fc.constantFrom(undefined, 1, 1, 3, 7),
    notUsedFor: fc.constantFrom(undefined, undefined, undefined, 2, 5),
  })
  .map(({ tag, olderThan, notUsedFor, tagged }) => ({
    ...(tag !== undefined && { tag: { glob: tag } }),
    // A tag that an image without tags must have leaves nothing.
    ...(tag === undefined && { tagged }),
    olderThan: olderThan && olderThan * DAY_MS,
    notUsedFor: notUsedFor && notUsedFor * DAY_MS,
  }))

const anyRule: fc.Arbitrary<ExpiryRule> = fc.oneof(
  { weight: 3, arbitrary: anySelection.map((selection) => ({ ...selection, expire: true as const })) },
  {
    weight: 1,
    arbitrary: fc.tuple(anySelection, fc.constantFrom(undefined, 1, 2)).map(([selection, newest]) => ({
      ...selection,
      keep:
        newest === undefined
          ? (true as const)
          : { newest, by: 'pushed' as const, per: 'repository' as const },
    })),
  },
)

export const anyPolicy: fc.Arbitrary<RulePolicy> = fc.record({
  name: fc.constant('clean'),
  registry: fc.constant('ci'),
  repository: fc.constantFrom('**', '**', '**', '**', 'team/*', 'team/app', 'nothing'),
  rules: fc.array(anyRule, { minLength: 1, maxLength: 4 }),
})
