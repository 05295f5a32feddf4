import { makeGlob } from '../platform/glob.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision } from './decision.ts'
import { isReferrerTag } from './relations.ts'

/** A rule as configured; durations in ms. An image must meet every condition that is given. */
export interface ExpiryRule {
  tag: string
  olderThan?: number | undefined
  notPulledFor?: number | undefined
  keepNewest?: number | undefined
}

/** A verdict about an image from one point of view, and why. */
export type Opinion = Pick<Decision, 'verdict' | 'rule' | 'reason'>

export const keep = (rule: string | null, reason: string): Opinion => ({ verdict: 'keep', rule, reason })

type Tag = IndexedImage['tags'][number]

/** Whether the image meets one condition for deleting. */
interface Finding {
  holds: boolean
  /** Half a sentence about the image. */
  because: string
}

/**
 * Gives the opinion of the rules on one tag of an image. Only the first rule whose glob matches the tag counts.
 * `images` are all images of the repository; `now` is epoch µs.
 */
export function makeOpinionOfTag(
  rules: readonly ExpiryRule[],
  images: readonly IndexedImage[],
  withDescendants: (image: IndexedImage) => IndexedImage[],
  now: number,
): (image: IndexedImage, tag: Tag) => Opinion {
  const compiled = rules.map((rule) => ({ rule, matches: makeGlob(rule.tag) }))
  const ruleOf = (tag: string) => compiled.find(({ matches }) => matches(tag))?.rule
  const ranks = new Map(rules.map((rule) => [rule, ranksOf(images, (tag) => ruleOf(tag) === rule, now)]))

  return (image, tag) => {
    const rule = ruleOf(tag.name)
    if (rule === undefined) return keep(null, 'no rule matches its tag')
    if (tag.taggedAt === 0) return keep(rule.tag, 'the time of its tagging is not known')
    const whole = withDescendants(image)
    // Every push counts: by digest, and under a tag that names another image by now.
    const pushedAt = whole.reduce((latest, part) => Math.max(latest, part.pushedAt), tag.taggedAt)
    const pulledAt = whole.reduce((latest, part) => Math.max(latest, part.pulledAt), 0)
    if (Math.max(pushedAt, pulledAt) > now)
      return keep(rule.tag, 'it was pushed or pulled in the future: clocks differ')

    const findings: Finding[] = []
    if (rule.olderThan !== undefined) findings.push(isOlder(now - pushedAt, rule.olderThan * 1000))
    if (rule.notPulledFor !== undefined)
      findings.push(isUnused(now, { pushedAt, pulledAt }, rule.notPulledFor * 1000))
    if (rule.keepNewest !== undefined)
      findings.push(isOutnumbered(ranks.get(rule)?.get(image.digest) ?? 1, rule.keepNewest))
    if (findings.length === 0) return keep(rule.tag, 'its rule has no condition')
    const against = findings.find(({ holds }) => !holds)
    if (against) return keep(rule.tag, against.because)
    return {
      verdict: 'delete',
      rule: rule.tag,
      reason: findings.map(({ because }) => because).join(', '),
    }
  }
}

const isOlder = (age: number, bound: number): Finding =>
  age > bound
    ? { holds: true, because: `it is ${span(age)} old` }
    : { holds: false, because: `it is ${span(age)} old, not over ${span(bound)}` }

/** For an image that was never pulled, the time counts from its push. */
function isUnused(now: number, used: { pushedAt: number; pulledAt: number }, bound: number): Finding {
  const idle = now - Math.max(used.pushedAt, used.pulledAt)
  if (idle > bound) return { holds: true, because: `it was not pulled for ${span(idle)}` }
  const how = used.pulledAt > used.pushedAt ? 'pulled' : 'pushed'
  return { holds: false, because: `it was ${how} ${span(idle)} ago` }
}

const isOutnumbered = (rank: number, keepNewest: number): Finding =>
  rank > keepNewest
    ? { holds: true, because: `newer images that match: ${rank - 1}` }
    : { holds: false, because: `it is number ${rank} of the ${keepNewest} newest` }

/**
 * Digest → rank. The newest image has rank 1. An image is as new as the youngest of its tags that match. Tags of
 * signatures and tags set in the future do not count; images without another tag come last. Images of the same age
 * stay in the order of `images`.
 */
function ranksOf(
  images: readonly IndexedImage[],
  matches: (tag: string) => boolean,
  now: number,
): Map<string, number> {
  const isRanked = ({ name, taggedAt }: Tag) => matches(name) && !isReferrerTag(name) && taggedAt <= now
  const newestFirst = images
    .map(({ digest, tags }) => ({
      digest,
      at: Math.max(0, ...tags.filter(isRanked).map((t) => t.taggedAt)),
    }))
    .sort((a, b) => b.at - a.at)
  return new Map(newestFirst.map(({ digest }, i) => [digest, i + 1]))
}

/** µs for people to read, rounded down: `3 days`, `2 hours`, `5 seconds`. */
function span(us: number): string {
  const units = [
    [86_400e6, 'day'],
    [3_600e6, 'hour'],
    [60e6, 'minute'],
  ] as const
  const [unit, name] = units.find(([size]) => us >= size) ?? [1e6, 'second']
  const count = Math.floor(us / unit)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}
