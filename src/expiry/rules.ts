import { makeGlob } from '../platform/glob.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision } from './decision.ts'
import { isReferrerTag } from './relations.ts'

/** A rule as configured; durations in ms. Every condition that is given must hold. */
export interface ExpiryRule {
  tag: string
  olderThan?: number | undefined
  notPulledFor?: number | undefined
  keepNewest?: number | undefined
}

/** What is to become of an image, and why. */
export type Opinion = Pick<Decision, 'verdict' | 'rule' | 'reason'>

export const keep = (rule: string | null, reason: string): Opinion => ({ verdict: 'keep', rule, reason })

type Tag = IndexedImage['tags'][number]

/** Whether a condition for deleting holds, as a half-sentence about the image. */
interface Finding {
  holds: boolean
  because: string
}

/**
 * What the rules say of an image under one of its tags: the first rule whose glob matches the tag speaks, and
 * none but it. `images` are all of the repository, `wholeOf` an image with its parts, `now` is epoch µs.
 */
export function makeOpinionOfTag(
  rules: readonly ExpiryRule[],
  images: readonly IndexedImage[],
  wholeOf: (image: IndexedImage) => IndexedImage[],
  now: number,
): (image: IndexedImage, tag: Tag) => Opinion {
  const compiled = rules.map((rule) => ({ rule, matches: makeGlob(rule.tag) }))
  const ruleOf = (tag: string) => compiled.find(({ matches }) => matches(tag))?.rule
  const places = new Map(rules.map((rule) => [rule, placesOf(images, (tag) => ruleOf(tag) === rule, now)]))

  return (image, tag) => {
    const rule = ruleOf(tag.name)
    if (rule === undefined) return keep(null, 'no rule matches its tag')
    if (tag.taggedAt === 0) return keep(rule.tag, 'when it was tagged is not known')
    const whole = wholeOf(image)
    // A push under another tag that has moved on since, or by digest, is a push all the same.
    const pushedAt = whole.reduce((latest, part) => Math.max(latest, part.pushedAt), tag.taggedAt)
    const pulledAt = whole.reduce((latest, part) => Math.max(latest, part.pulledAt), 0)
    if (Math.max(pushedAt, pulledAt) > now) return keep(rule.tag, 'it was used in the future: clocks differ')

    const findings: Finding[] = []
    if (rule.olderThan !== undefined) findings.push(isOlder(now - pushedAt, rule.olderThan * 1000))
    if (rule.notPulledFor !== undefined)
      findings.push(isUnused(now, { pushedAt, pulledAt }, rule.notPulledFor * 1000))
    if (rule.keepNewest !== undefined)
      findings.push(isOutnumbered(places.get(rule)?.get(image.digest) ?? 1, rule.keepNewest))
    const against = findings.length > 0 ? findings.find(({ holds }) => !holds) : NOTHING_ASKED
    if (against) return keep(rule.tag, against.because)
    return {
      verdict: 'delete',
      rule: rule.tag,
      reason: findings.map(({ because }) => because).join(', '),
    }
  }
}

const NOTHING_ASKED: Finding = { holds: false, because: 'its rule states no condition' }

const isOlder = (age: number, bound: number): Finding =>
  age > bound
    ? { holds: true, because: `it is ${span(age)} old` }
    : { holds: false, because: `it is ${span(age)} old, not over ${span(bound)}` }

/** An image that nobody pulled yet gets the same time from its push. */
function isUnused(now: number, used: { pushedAt: number; pulledAt: number }, bound: number): Finding {
  const idle = now - Math.max(used.pushedAt, used.pulledAt)
  if (idle > bound) return { holds: true, because: `it was not pulled for ${span(idle)}` }
  const how = used.pulledAt > used.pushedAt ? 'pulled' : 'pushed'
  return { holds: false, because: `it was ${how} ${span(idle)} ago` }
}

const isOutnumbered = (place: number, keepNewest: number): Finding =>
  place > keepNewest
    ? { holds: true, because: `${place - 1} that match are newer` }
    : { holds: false, because: `it is number ${place} of the ${keepNewest} newest` }

/**
 * Digest → place, from 1 for the newest, by when a tag that counts was last set on it; equal times by digest, so
 * that plans do not waver. Signatures and what is tagged in the future take no place from images.
 */
function placesOf(
  images: readonly IndexedImage[],
  counts: (tag: string) => boolean,
  now: number,
): Map<string, number> {
  const isRanked = ({ name, taggedAt }: Tag) =>
    counts(name) && !isReferrerTag(name) && taggedAt > 0 && taggedAt <= now
  const newestFirst = images
    .map(({ digest, tags }) => ({
      digest,
      at: Math.max(0, ...tags.filter(isRanked).map((t) => t.taggedAt)),
    }))
    .filter(({ at }) => at > 0)
    .sort((a, b) => b.at - a.at || (a.digest < b.digest ? -1 : 1))
  return new Map(newestFirst.map(({ digest }, i) => [digest, i + 1]))
}

/** µs as people say it, rounded down: `3 days`, `2 hours`, `5 seconds`. */
function span(us: number): string {
  const units = [
    [86_400e6, 'day'],
    [3_600e6, 'hour'],
    [60e6, 'minute'],
    [1e6, 'second'],
  ] as const
  const [unit, name] = units.find(([size]) => us >= size) ?? [1e6, 'second']
  const count = Math.floor(us / unit)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
