import fc from 'fast-check'
import type { RepositoryReading } from '../src/reconcile/reading.ts'
import { AGE_SOURCES, type Age } from '../src/usage/age.ts'
import {
  ABSENT,
  type Evidence,
  type Extent,
  type Fact,
  type Reference,
  type StandingFact,
} from '../src/usage/fact.ts'
import { digestOf } from './image.ts'

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'

/** Few contents, so that random histories use the same ones again. */
const blobDigest = (n: number) => digestOf(Buffer.from(`blob ${n}`))
const blobSize = (n: number) => 1000 * (n + 1) + 7
const manifestDigest = (n: number) => digestOf(Buffer.from(`manifest ${n}`))
const manifestSize = (n: number) => 400 + n
const MANIFESTS = 6

/** The size that a fact tells, given the true one: the true size, 0 for none, or a wrong one. In bytes. */
type SizeTold = (size: number) => number
const truly: SizeTold = (size) => size
const anySizeTold: fc.Arbitrary<SizeTold> = fc.constantFrom<SizeTold[]>(
  truly,
  truly,
  () => 0,
  () => 3,
  (size) => size * 1000,
  () => 2 ** 39,
  () => ABSENT,
  () => 2 ** 48 - 1,
)

/**
 * What manifest `n` references: 0 to 3 are images with shared blobs, 4 is an index of two of them, 5 has a subject and
 * names a layer twice.
 */
function referencesOf(n: number, extent: Extent, told: SizeTold = truly): Reference[] {
  const blob = (b: number): Reference => ({ kind: 'blob', digest: blobDigest(b), size: told(blobSize(b)) })
  const child = (m: number): Reference => ({
    kind: 'child',
    digest: manifestDigest(m),
    size: manifestSize(m),
  })
  if (n === 4) return [child(0), child(1)]
  const subject: Reference = { kind: 'subject', digest: manifestDigest(0), size: manifestSize(0) }
  if (n === 5) return [blob(0), blob(1), blob(1), ...(extent === 'contents' ? [] : [subject])]
  return [blob(n), blob(n + 1), blob(n + 2)]
}

/** The time at which histories begin: 2026-11-23T16:02:26.518381Z, epoch µs. */
export const EPOCH = 1_795_449_746_518_381

/** Names that sort differently as UTF-16 and as UTF-8, and names that are cut. */
const anyActor = fc.constantFrom(
  undefined,
  'ann',
  'bob',
  '\uffee',
  '😀',
  'é'.repeat(30),
  `${'x'.repeat(39)}é`,
)

/** With few times, before and after the deletions of a history. */
const anyAge: fc.Arbitrary<{ age?: Age }> = fc
  .option(fc.tuple(fc.constantFrom(...AGE_SOURCES), fc.integer({ min: -6, max: 3 })), { nil: undefined })
  .map((age) => (age ? { age: { source: age[0], at: EPOCH - age[1] * 2_000_000 } } : {}))

/** One random fact. There are few names and few times, so that they collide. Manifest 3 never tells its references. */
export const anyFact: fc.Arbitrary<Fact> = fc
  .record({
    kind: fc.constantFrom<Fact['kind'][]>(
      ...([
        'push',
        'push',
        'push',
        'pull',
        'pull',
        'scan',
        'link',
        'link',
        'delete',
        'delete',
        'untag',
        'present',
        'present',
      ] as const),
      'drop',
    ),
    via: fc.constantFrom<Evidence[]>('push', 'pull'),
    extent: fc.constantFrom<Extent[]>('contents', 'all', 'read'),
    repository: fc.constantFrom('team/app', 'team/app/api', 'team/app/web'),
    // Steps of 2 s: pulls fall inside and outside the grace period after a delete.
    at: fc.integer({ min: 0, max: 12 }).map((n) => EPOCH + n * 2_000_000),
    manifest: fc.integer({ min: 0, max: MANIFESTS - 1 }),
    blob: fc.integer({ min: 0, max: 6 }),
    tag: fc.constantFrom(undefined, 'v1', 'v2', 'latest'),
    actor: anyActor,
    age: anyAge,
    id: fc.integer({ min: 0, max: 20 }).map((n) => `event-${n}`),
    deleteBlob: fc.boolean(),
    told: anySizeTold,
    toldOfBlobs: anySizeTold,
  })
  .map(
    ({
      kind,
      repository,
      at,
      manifest,
      blob,
      tag,
      actor,
      age,
      id,
      deleteBlob,
      via,
      extent,
      told,
      toldOfBlobs,
    }): Fact => {
      const manifestFields = {
        ...{ repository, at, digest: manifestDigest(manifest), size: told(manifestSize(manifest)) },
        mediaType: manifest === 4 ? OCI_INDEX : OCI_MANIFEST,
      }
      const referring =
        manifest === 3 ? {} : { references: referencesOf(manifest, extent, toldOfBlobs), extent }
      const tagged = tag === undefined ? {} : { tag }
      const pushed = actor === undefined ? {} : { actor }
      switch (kind) {
        case 'push':
          return { kind, ...manifestFields, ...referring, ...tagged, ...pushed }
        case 'pull':
          return { kind, ...manifestFields, ...tagged, id }
        case 'present':
          return {
            kind,
            via,
            ...manifestFields,
            ...referring,
            ...tagged,
            ...pushed,
            ...(via === 'push' && age),
          }
        case 'scan':
          return { kind, repository, at, id: `scan-${id}` }
        case 'link':
          return { kind, repository, at, digest: blobDigest(blob), size: told(blobSize(blob)) }
        case 'delete':
          return { kind, repository, at, digest: deleteBlob ? blobDigest(blob) : manifestDigest(manifest) }
        case 'untag':
          return { kind, repository, at, tag: tag ?? 'v1' }
        default:
          return { kind, repository, at }
      }
    },
  )

export const anyStandingFact = anyFact.filter(
  (fact): fact is StandingFact => !['push', 'pull', 'scan'].includes(fact.kind),
)

/** A history, and its facts as they may arrive: shuffled, some twice, cut into batches. */
export const anyHistory = fc.array(anyFact, { minLength: 1, maxLength: 40 }).chain((facts) =>
  fc.record({
    facts: fc.constant(facts),
    deliveries: fc
      .tuple(
        fc.shuffledSubarray(facts, { minLength: facts.length }),
        fc.shuffledSubarray(facts),
        fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1 }),
      )
      .map(([all, again, sizes]) => cut([...all, ...again], sizes)),
  }),
)

function cut<T>(items: T[], sizes: number[]): T[][] {
  const batches: T[][] = []
  for (let i = 0, n = 0; i < items.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    batches.push(items.slice(i, i + size))
    i += size
  }
  return batches
}

/** What a registry may hold in a repository; its contents are those of the histories. */
export const anyTruth = (repository: string): fc.Arbitrary<RepositoryReading> =>
  fc
    .record({
      manifests: fc.uniqueArray(fc.integer({ min: 0, max: MANIFESTS - 1 })),
      blobs: fc.uniqueArray(fc.integer({ min: 0, max: 6 })),
      tags: fc.dictionary(fc.constantFrom('v1', 'v2', 'latest'), fc.nat()),
      modifiedAt: fc.constantFrom(0, EPOCH, EPOCH + 14_000_000),
      age: anyAge,
    })
    .map(({ manifests, blobs, tags, modifiedAt, age }) => {
      const present = manifests.map((n) => ({
        ...{ digest: manifestDigest(n), size: manifestSize(n), ...age },
        mediaType: n === 4 ? OCI_INDEX : OCI_MANIFEST,
        references: referencesOf(n, 'all'),
      }))
      // A registry links the blobs that its manifests reference.
      const referenced = present.flatMap(({ references }) => references.filter((ref) => ref.kind === 'blob'))
      const linked = new Map(referenced.map(({ digest, size }) => [digest, size]))
      for (const n of blobs) linked.set(blobDigest(n), blobSize(n))
      return {
        ...{ repository, manifests: present, unreadable: [] },
        tags: Object.entries(tags).flatMap(([tag, n]) => {
          const manifest = present[n % Math.max(1, present.length)]
          return manifest ? [{ tag, digest: manifest.digest, ...age }] : []
        }),
        links: [...linked].map(([digest, size]) => ({ digest, size, modifiedAt })),
        absent: [],
      }
    })
