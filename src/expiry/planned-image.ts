import { type Static, Type } from 'typebox'
import type { Pieces } from '../platform/pieces.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import { type Age, isDated } from '../usage/age.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { wholeSize } from '../usage/whole-size.ts'
import { ageOfItem, certainUseOf, type Item, type KnownUse, useIsUnknown, useOfItem } from './age-and-use.ts'
import { Decision } from './decision.ts'
import { findRelations, ordinaryTags } from './relations.ts'

const instant = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })

/** A decision with what people want to know about its image. */
export const PlannedImage = Type.Object({
  ...Decision.properties,
  age: instant(
    'Since when it is there: its latest push, or that of its newest tag or of a part. With `ageSource: seen`, it may be older. Null if it is not known.',
  ),
  ageSource: Type.Enum(['event', 'registry', 'storage', 'image', 'seen'], {
    description: 'What tells its age (docs/usage.md, Ages).',
  }),
  lastUse: instant('Its latest pull, reported use or push that is known. Null if none is.'),
  isUseKnown: Type.Boolean({
    description:
      'Whether it was not used after `lastUse`, for certain. False if its registry sends no pulls, if some pulls may not be heard (`pulls: partial`), or if pulls from before are not known.',
  }),
  sizeBytes: Type.Integer({
    description:
      'The size of the manifest with its config and layers. For an index: with its children, each content once.',
  }),
  reclaimableBytes: Type.Optional(
    Type.Integer({ description: 'What goes with it, given all that the plan deletes before it.' }),
  ),
  announcedAt: Type.Optional(
    instant(
      'When it was announced that it goes, or a tag of it. Null if the next run announces it. Only of a configured policy with `notice` and the mode `apply`.',
    ),
  ),
  goesFrom: Type.Optional(instant('From when on a run deletes it. Null if it is not announced yet.')),
})
export type PlannedImage = Static<typeof PlannedImage>

/** Makes what describes the decision on an image. `images` are all of one repository. */
export function* makeDescribe(
  images: readonly IndexedImage[],
  use: KnownUse,
): Pieces<(decision: Decision) => PlannedImage> {
  const relations = yield* findRelations(images)
  const byDigest = new Map(images.map((image) => [image.digest, image]))
  return (decision) => {
    const image = byDigest.get(decision.digest)
    if (image === undefined) throw new Error(`${decision.digest} is none of these images`)
    return { ...decision, ...ageAndUse(image, relations.withDescendants(image), use) }
  }
}

/** The age, the last use and the size of an image. `whole` is the image and all that it lists. */
export function ageAndUse(image: IndexedImage, whole: readonly IndexedImage[], use: KnownUse) {
  const tags = ordinaryTags(image)
  const items: Item[] = (tags.length > 0 ? tags : [undefined]).map((tag) => ({ image, tag, whole }))
  const { at, source } = items.map((item) => ageOfItem(item)).reduce(later)
  const lastUse = Math.max(...items.map(certainUseOf))
  const perhapsUsed = Math.max(...items.map((item) => useOfItem(item, use).at))
  return {
    age: formatTimestamp(at),
    ageSource: source === 'undated' ? ('seen' as const) : source,
    lastUse: formatTimestamp(lastUse),
    isUseKnown: perhapsUsed <= lastUse && useIsUnknown(use, false) === undefined,
    sizeBytes: wholeSize(whole),
  }
}

/** Of equal times the one that is not only a bound. */
const later = (a: Age, b: Age): Age => (b.at > a.at || (b.at === a.at && isDated(b)) ? b : a)
