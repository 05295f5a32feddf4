import { makeGlob } from '../platform/glob.ts'
import { type Age, isDated } from '../usage/age.ts'
import { ageOfTag } from '../usage/age-of-tag.ts'
import type { IndexedImage, IndexedTag } from '../usage/indexed-image.ts'
import type { Decision } from './decision.ts'
import { type Standing, standingsOf } from './order.ts'
import { ordinaryTags, type Relations } from './relations.ts'

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

/** Reasons to keep an image, whatever a policy says. */
export const NO_TIME = 'the time of its tagging is not known'
export const IN_THE_FUTURE = 'it was pushed or pulled in the future: clocks differ'

/** Whether the image meets one condition for deleting. */
interface Finding {
  holds: boolean
  /** Half a sentence about the image. */
  because: string
}

/** The opinion on each tag of an image. If there are several, each names its tag. */
export function opinionsOfTags(
  tags: readonly IndexedTag[],
  opinionOfTag: (tag: IndexedTag) => Opinion,
): Opinion[] {
  const opinions = tags.map((tag) => ({ tag, opinion: opinionOfTag(tag) }))
  if (opinions.length === 1) return opinions.map(({ opinion }) => opinion)
  return opinions.map(({ tag, opinion }) => ({ ...opinion, reason: `tag ${tag.name}: ${opinion.reason}` }))
}

/** Gives the opinions of the rules on an image. `images` are all images of the repository, those that are
 * not `here` were deleted; `now` is epoch µs. */
export function makeRuleOpinions(
  rules: readonly ExpiryRule[],
  images: readonly IndexedImage[],
  relations: Relations,
  now: number,
  isHere: (image: IndexedImage) => boolean,
): (image: IndexedImage) => Opinion[] {
  const opinionOfTag = makeOpinionOfTag(rules, images, relations.withDescendants, now, isHere)
  return (image) => opinionsOfTags(ordinaryTags(image), (tag) => opinionOfTag(image, tag))
}

/** Only the first rule whose glob matches the tag counts. */
function makeOpinionOfTag(
  rules: readonly ExpiryRule[],
  images: readonly IndexedImage[],
  withDescendants: (image: IndexedImage) => IndexedImage[],
  now: number,
  isHere: (image: IndexedImage) => boolean,
): (image: IndexedImage, tag: IndexedTag) => Opinion {
  const compiled = rules.map((rule) => ({ rule, matches: makeGlob(rule.tag) }))
  const ruleOf = (tag: string) => compiled.find(({ matches }) => matches(tag))?.rule
  const ordering = rules.filter(({ keepNewest }) => keepNewest !== undefined)
  const standings = new Map(
    ordering.map((rule) => [rule, standingsOf(images, (tag) => ruleOf(tag) === rule, now, isHere)]),
  )

  return (image, tag) => {
    const rule = ruleOf(tag.name)
    if (rule === undefined) return keep(null, 'no rule matches its tag')
    if (tag.age.at === 0) return keep(rule.tag, NO_TIME)
    const whole = withDescendants(image)
    // Every push counts: by digest, and under a tag that names another image by now.
    const age = latestAge([ageOfTag(image, tag), ...whole.map((part) => part.age)])
    const use = usesOf(whole, tag).reduce((latest, one) => (one.at > latest.at ? one : latest))
    if (Math.max(age.at, use.at) > now) return keep(rule.tag, IN_THE_FUTURE)

    const findings: Finding[] = []
    if (rule.olderThan !== undefined) findings.push(isOlder(now, age, rule.olderThan * 1000))
    if (rule.notPulledFor !== undefined) findings.push(isUnused(now, use, rule.notPulledFor * 1000))
    if (rule.keepNewest !== undefined)
      findings.push(isOutnumbered(standings.get(rule)?.get(image.digest) ?? UNKNOWN, rule.keepNewest))
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

/** Of equal times the one that is not only a bound. */
const latestAge = (ages: Age[]): Age =>
  ages.reduce((latest, age) => (age.at > latest.at || (age.at === latest.at && isDated(age)) ? age : latest))

/** A bound is enough to delete: the image is at least that old. */
function isOlder(now: number, age: Age, bound: number): Finding {
  const since = span(now - age.at)
  const isOld = now - age.at > bound
  if (!isDated(age))
    return isOld
      ? { holds: true, because: `it is at least ${since} old` }
      : { holds: false, because: `its age is not known: it was first seen ${since} ago` }
  const because = age.source === 'image' ? `it was built ${since} ago` : `it is ${since} old`
  return { holds: isOld, because: isOld ? because : `${because}, not over ${span(bound)}` }
}

/** A time from which on an image may count as unused. */
interface Use {
  at: number
  /** Half a sentence that goes on with how long ago it was. */
  what: string
  /** The end of the sentence. */
  more?: string
}

/**
 * Every pull and push of an image's parts that is known. Pulls from before `heardSince` are not known, so this time counts
 * as well. So does the time at which a fresh tag is first seen: somebody has set it.
 */
const usesOf = (whole: readonly IndexedImage[], tag: IndexedTag): Use[] => [
  ...whole.flatMap(({ age, heardSince, pulledAt }) => [
    age.source === 'event'
      ? { at: heardSince, what: 'it was pushed' }
      : { at: heardSince, what: 'it was first seen', more: ', and pulls from before are not known' },
    ...(isDated(age) ? [{ at: age.at, what: 'it was pushed' }] : []),
    { at: pulledAt, what: 'it was pulled' },
  ]),
  { at: tag.age.at, what: isDated(tag.age) ? 'it was pushed' : 'its tag was first seen' },
]

function isUnused(now: number, { at, what, more = '' }: Use, bound: number): Finding {
  const idle = now - at
  return idle > bound
    ? { holds: true, because: `it was not pulled for ${span(idle)}` }
    : { holds: false, because: `${what} ${span(idle)} ago${more}` }
}

const UNKNOWN: Standing = { newer: 0, perhapsNewer: Number.POSITIVE_INFINITY, isDated: false }

/** An image is outnumbered only by images that are certainly newer. */
function isOutnumbered(standing: Standing, keepNewest: number): Finding {
  const { newer, perhapsNewer } = standing
  if (newer >= keepNewest) return { holds: true, because: `newer images that match: ${newer}` }
  if (perhapsNewer >= keepNewest) {
    const unknown = standing.isDated ? 'it is not known which images are newer' : 'its age is not known'
    return { holds: false, because: `${unknown}: it may be among the ${keepNewest} newest` }
  }
  const because =
    perhapsNewer > newer
      ? `it is among the ${keepNewest} newest`
      : `it is number ${newer + 1} of the ${keepNewest} newest`
  return { holds: false, because }
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
