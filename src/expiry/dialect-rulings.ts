import type { IndexedImage } from '../usage/indexed-image.ts'
import { type KnownUse, PARTIAL_US, useIsUnknown } from './age-and-use.ts'
import type { PolicyImage, Scene } from './dialects/dialect.ts'
import { DIALECTS, type DialectName } from './dialects/dialects.ts'
import { keep as kept, type Opinion as Ruling } from './dialects/items.ts'
import { policyImagesOf } from './policy-images.ts'
import type { Relations } from './relations.ts'

/** The retention policy of another system, as its API returns it. */
export interface DialectDocument {
  dialect: DialectName
  document: unknown
}

/** What a document needs to know beside the images. `now` is epoch µs. */
export interface DialectCircumstances {
  now: number
  use: KnownUse
  warn: (warning: string) => void
}

export const NO_IMAGES: Scene = { images: [], now: 0, project: '' }

/** The key of the ruling on a tag of an image, or on its manifest. */
export const keyOf = ({ digest }: { digest: string }, tag = ''): string => `${digest} ${tag}`

/**
 * The verdicts of a document, by the keys of tags and manifests. What is not known may be so or so, and an image expires only if
 * it expires either way:
 * - Tags whose time is not known may take a place among the newest, or not.
 * - Pulls from before Tallyman heard of them: none, or the last of them when the first could be heard.
 * - Where a policy compares pulls with each other, two ways are not enough: then all images stay whose last pull is not known.
 */
export function rulingsOf(
  { dialect, document }: DialectDocument,
  images: readonly IndexedImage[],
  relations: Relations,
  { now, use, warn }: DialectCircumstances,
): Map<string, Ruling> {
  const decideScene = DIALECTS[dialect].read(document)
  const repository = images[0]?.repository ?? ''
  const project = repository.includes('/') ? repository.slice(0, repository.indexOf('/')) : ''
  const decide = (policyImages: readonly PolicyImage[]) => {
    const { verdicts, stays, warnings } = decideScene({
      images: policyImages.map((image) => before(now, image)),
      now,
      project,
    })
    const rulings = new Map<string, Ruling>(
      verdicts.map(({ image, tag, ...ruling }) => [keyOf(image, tag), ruling]),
    )
    for (const [image, reason] of stays ?? []) rulings.set(keyOf(image), kept(reason))
    return { rulings, warnings }
  }
  const decideUsed = (usedAt: (image: IndexedImage) => number) =>
    decide(policyImagesOf(images, usedAt)).rulings

  const asKnown = policyImagesOf(images)
  const { rulings, warnings } = decide(asKnown)
  const always = decideScene(NO_IMAGES).warnings
  for (const warning of warnings) warn(always.includes(warning) ? warning : `${repository}: ${warning}`)
  /** Keeps what others keep, too. */
  const keepAlso = (others: ReadonlyMap<string, Ruling>, because: string) => {
    for (const [key, { isKept, reason }] of others)
      if (isKept && rulings.get(key)?.isKept === false) rulings.set(key, kept(`${reason}; ${because}`))
  }

  const dated = asKnown.flatMap(withoutUnknownTags)
  if (dated.some((image, n) => image !== asKnown[n]) || dated.length < asKnown.length)
    keepAlso(decide(dated).rulings, 'tags whose time is not known take no place here')

  if (!DIALECTS[dialect].heedsPulls || [...rulings.values()].every(({ isKept }) => isKept)) return rulings
  const isLastPullKnown = makeIsLastPullKnown(relations, use, now)
  keepAlso(
    decideUsed((image) => (isUseHidden(relations.withDescendants(image), use, now) ? now : heardUse(image))),
    'pulls that may be unknown count here',
  )
  const places = new Map(images.map((image, n) => [image, n]))
  const placeOf = (image: IndexedImage) => places.get(image) ?? 0
  const rising = decideUsed((image) => now - images.length + placeOf(image))
  const falling = decideUsed((image) => now - placeOf(image))
  if ([...rising].every(([key, { isKept }]) => falling.get(key)?.isKept === isKept)) return rulings
  for (const image of images.filter((one) => !isLastPullKnown(one)))
    for (const tag of ['', ...image.tags.map(({ name }) => name)])
      if (rulings.get(keyOf(image, tag))?.isKept === false)
        rulings.set(keyOf(image, tag), kept('its last pull is not known, and the policy compares pulls'))
  return rulings

  /** When an image was pulled last, if a pull from before it was heard of counts as one at that time. */
  function heardUse(image: IndexedImage): number {
    const whole = relations.withDescendants(image)
    return Math.max(use.since, ...whole.flatMap((part) => [part.heardSince, part.pulledAt]))
  }
}

/** Whether a pull of the image may be unknown at any time, also just now. */
const isUseHidden = (whole: readonly IndexedImage[], use: KnownUse, now: number): boolean =>
  useIsUnknown(
    use,
    whole.every(({ age }) => now - age.at > PARTIAL_US),
  ) !== undefined

/** An image that was pushed while its registry's pulls were heard, or pulled since: its last pull is known. */
const makeIsLastPullKnown = (relations: Relations, use: KnownUse, now: number) => (image: IndexedImage) => {
  const whole = relations.withDescendants(image)
  if (isUseHidden(whole, use, now)) return false
  const isPulled = whole.some(({ pulledAt }) => pulledAt > 0)
  return isPulled || whole.every(({ age, heardSince }) => age.source === 'event' && heardSince >= use.since)
}

/** An image without the tags whose time is not known; none if it has no others. */
function withoutUnknownTags(image: PolicyImage): PolicyImage[] {
  const tags = image.tags.filter(({ taggedAt }) => taggedAt !== null)
  if (tags.length === image.tags.length) return [image]
  return tags.length > 0 ? [{ ...image, tags }] : []
}

/** An image without the times after `now`, which are not true: it takes no place among the newest. */
function before(now: number, image: PolicyImage): PolicyImage {
  const past = (at: number | null) => (at === null || at > now ? null : at)
  return {
    ...image,
    tags: image.tags.map(({ name, taggedAt }) => ({ name, taggedAt: past(taggedAt) })),
    ...{ pushedAt: past(image.pushedAt), pulledAt: past(image.pulledAt), createdAt: past(image.createdAt) },
  }
}
