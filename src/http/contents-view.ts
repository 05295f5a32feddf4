import { type Static, Type } from 'typebox'
import { ageOfItem } from '../expiry/age-and-use.ts'
import { ARTIFACT_KINDS, type ArtifactKind, kindWithTags } from '../expiry/details/artifact-kind.ts'
import type { Head } from '../expiry/heads.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import { type Age, isDated } from '../usage/age.ts'
import { ageOfTag } from '../usage/age-of-tag.ts'
import { digestOfKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Share } from '../usage/shares.ts'
import { wholeSize } from '../usage/whole-size.ts'

/** Contents of an image that are told one by one; the others are summed up. Docker makes 127 layers at most. */
const MOST_LAYERS = 128
/** Parts and referrers of an image that are told. */
const MOST_MEMBERS = 100

const bytes = (description: string) => Type.Integer({ minimum: 0, description })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const instant = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })
const ageSource = Type.Enum(['event', 'registry', 'storage', 'image', 'seen'], {
  description: 'What tells the time; `seen`: nothing, and it was first seen then.',
})
const kind = Type.Union([Type.Enum([...ARTIFACT_KINDS]), Type.Null()], {
  description: 'What it is. Null if that was not read from the registry yet.',
})

const Member = Type.Object({
  digest: Type.String({ description: 'Its digest.' }),
  tags: Type.Array(Type.String(), { description: 'Its tags.' }),
  mediaType: Type.String({ description: 'The media type of its manifest.' }),
  kind,
  sizeBytes: bytes('The size of the manifest with its config and layers.'),
})

/** An image of a repository, with what belongs to it. */
export const ContentsImage = Type.Object({
  digest: Type.String({ description: 'Its digest.' }),
  mediaType: Type.String({ description: 'The media type of its manifest.' }),
  kind,
  tags: Type.Array(
    Type.Object({
      name: Type.String({ description: 'The name of the tag.' }),
      at: instant('Since when the tag names the image. Null if it is not known.'),
      ageSource,
      pushedBy: Type.Union([Type.String(), Type.Null()], {
        description: 'Who pushed the tag last. Null if it is not known.',
      }),
    }),
    { description: 'Its tags, by name.' },
  ),
  at: instant('When it was last pushed, by any tag or as a part. Null if it is not known.'),
  ageSource,
  isResolved: Type.Boolean({
    description: 'Whether all that it references is known. If not, sizes may be too small.',
  }),
  isOrphan: Type.Boolean({ description: 'Whether it signs or describes an image that is gone.' }),
  listedBy: Type.Union([Type.String(), Type.Null()], {
    description: 'The digest of an index that lists it: it can only go with that. Null if there is none.',
  }),
  sizeBytes: bytes('Its size with all parts, each content once.'),
  sharedBytes: bytes('Those of them that other images of the project hold, too.'),
  freesBytes: bytes(
    'What the next garbage collection would free if the image and its tags were deleted now, and nothing else.',
  ),
  protectedBy: Type.Union([Type.String(), Type.Null()], {
    description:
      'Why no policy deletes it: the configuration, what runs, or somebody who keeps it. Null: nothing protects it.',
  }),
  lastPullAt: instant('When it or a part was last pulled. Null if no pull is known.'),
  pullsSince: instant('Since when its pulls are known. Null: they are not known.'),
  layers: Type.Array(
    Type.Object({
      key: Type.String({ description: '`key:` and the first 16 bytes of its digest in hex.' }),
      sizeBytes: bytes('Its size as the manifest states it.'),
      otherImages: count('How many other manifests of the project hold it.'),
      otherProjects: count('How many other projects of the registry hold it.'),
    }),
    { description: `Its configs and layers, those that most images hold first; the ${MOST_LAYERS} largest.` },
  ),
  otherLayers: Type.Object(
    { count: count('How many.'), sizeBytes: bytes('Their sizes together.') },
    { description: 'The layers that are left out.' },
  ),
  parts: Type.Array(Member, { description: `What an index lists, the first ${MOST_MEMBERS}.` }),
  partCount: count('How many parts there are.'),
  referrers: Type.Array(Member, {
    description: `What signs, attests or describes it, the first ${MOST_MEMBERS}.`,
  }),
  referrerCount: count('How many referrers there are.'),
})
export type ContentsImage = Static<typeof ContentsImage>

export interface Known {
  shares: ReadonlyMap<string, Share>
  kinds: ReadonlyMap<string, { kind: ArtifactKind }>
  /** By tag. */
  pushers: ReadonlyMap<string, string>
  freesBytes: number
  /** Why no policy deletes it: half a sentence. */
  protectedBy: string | undefined
  /** Since when the registry's pulls are heard, epoch µs; `undefined` if they are not. */
  pullsSince: number | undefined
}

/** The latest age of an image, by any of its tags. */
export function ageOfHead({ image, parts }: Head): Age {
  const whole = [image, ...parts]
  const ages = [undefined, ...image.tags].map((tag) => ageOfItem({ image, tag, whole }))
  return ages.reduce((latest, age) => (age.at > latest.at ? age : latest))
}

/** When an image or a part was last pulled, epoch µs; 0 for never. */
export const pulledAtOf = ({ image, parts }: Head): number =>
  Math.max(...[image, ...parts].map(({ pulledAt }) => pulledAt))

/** The keys of the configs and layers of an image and its parts. */
export const layerKeysOf = (head: Head): string[] => [...layersOf(head).keys()]

/** By key: the size that is stated, the largest if several are, and how many of the manifests hold it. */
function layersOf({ image, parts }: Head): Map<string, { size: number; own: number }> {
  const layers = new Map<string, { size: number; own: number }>()
  for (const { references = [] } of [image, ...parts])
    for (const [key, size] of largestByKey(references)) {
      const { size: other = 0, own = 0 } = layers.get(key) ?? {}
      layers.set(key, { size: Math.max(size, other), own: own + 1 })
    }
  return layers
}

function largestByKey(references: NonNullable<IndexedImage['references']>): Map<string, number> {
  const sizes = new Map<string, number>()
  for (const { kind, key, size } of references)
    if (kind === 'blob') sizes.set(key, Math.max(size, sizes.get(key) ?? 0))
  return sizes
}

export function contentsImage(head: Head, known: Known): ContentsImage {
  const { image, parts, referrers, listedBy, isOrphan } = head
  const layers = [...layersOf(head)].map(([key, { size, own }]) => {
    const { images = own, projects = 1 } = known.shares.get(key) ?? {}
    const others = { otherImages: Math.max(0, images - own), otherProjects: Math.max(0, projects - 1) }
    return { key: digestOfKey(key), sizeBytes: size, ...others }
  })
  const bySize = layers.toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.key < b.key ? -1 : 1))
  const shown = bySize
    .slice(0, MOST_LAYERS)
    .sort((a, b) => b.otherImages - a.otherImages || (a.key < b.key ? -1 : 1))
  const left = bySize.slice(MOST_LAYERS)
  const heardSince = Math.max(...[image, ...parts].map((one) => one.heardSince))
  const { pullsSince } = known
  return {
    ...{ digest: image.digest, mediaType: image.mediaType, kind: kindOf(image, known) },
    tags: image.tags.map((tag) => ({
      name: tag.name,
      ...ageView(ageOfTag(image, tag)),
      pushedBy: known.pushers.get(tag.name) || null,
    })),
    ...ageView(ageOfHead(head)),
    ...{ isResolved: [image, ...parts].every((one) => one.isResolved), isOrphan },
    listedBy: listedBy?.digest ?? null,
    sizeBytes: wholeSize([image, ...parts]),
    sharedBytes: sum(layers.filter(({ otherImages }) => otherImages > 0)),
    ...{ freesBytes: known.freesBytes, protectedBy: known.protectedBy ?? null },
    lastPullAt: formatTimestamp(pulledAtOf(head)),
    pullsSince: pullsSince === undefined ? null : formatTimestamp(Math.max(pullsSince, heardSince)),
    layers: shown,
    otherLayers: { count: left.length, sizeBytes: sum(left) },
    ...{ parts: parts.slice(0, MOST_MEMBERS).map((one) => member(one, known)), partCount: parts.length },
    referrers: referrers.slice(0, MOST_MEMBERS).map((one) => member(one, known)),
    referrerCount: referrers.length,
  }
}

const member = (image: IndexedImage, known: Known): Static<typeof Member> => ({
  ...{ digest: image.digest, tags: image.tags.map(({ name }) => name), mediaType: image.mediaType },
  ...{ kind: kindOf(image, known), sizeBytes: image.totalSize },
})

/** What it is, by its manifest if that was read, or else by its tags. */
function kindOf({ digest, tags }: IndexedImage, { kinds }: Known): ArtifactKind | null {
  const kind = kindWithTags(
    kinds.get(digest)?.kind ?? 'other',
    tags.map(({ name }) => name),
  )
  return kind === 'other' && !kinds.has(digest) ? null : kind
}

const ageView = (age: Age) => ({
  at: formatTimestamp(age.at),
  ageSource: isDated(age) && age.source !== 'undated' ? age.source : ('seen' as const),
})

const sum = (layers: readonly { sizeBytes: number }[]): number =>
  layers.reduce((total, { sizeBytes }) => total + sizeBytes, 0)
