import type { Pieces } from '../platform/pieces.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { ageOfItem, type Item, isInFuture, isOlder, PARTIAL_US, useIsUnknown } from './age-and-use.ts'
import type { Decision } from './decision.ts'
import type { Finding } from './finding.ts'
import { placeKey, type Ranked, type Standing, standingsOf } from './newest.ts'
import { ordinaryTags, type Relations } from './relations.ts'
import { type ExpiryRule, type Newest, ruleName } from './rule.ts'
import { type Circumstances, type CompiledSelection, compileSelection } from './selection.ts'

/** A verdict about an image, or about one of its tags, from one point of view. */
export interface Opinion {
  verdict: 'keep' | 'delete'
  rule: Decision['rule']
  reason: string
  /** The rules decide nothing: it stays for want of a rule. */
  isLeft?: true
  /** What nearly decided otherwise, a sentence each. */
  nearMisses?: string[]
}

export const keep = (rule: string | null, reason: string): Opinion => ({ verdict: 'keep', rule, reason })

/** Reasons to keep an image, whatever a policy says. */
export const NO_TIME = 'the time of its tagging is not known'
export const IN_THE_FUTURE = 'it was pushed or pulled in the future: clocks differ'

/** What the policy says of an image: of each of its tags, and of the image as a whole. */
export interface Opinions {
  tags: { name: string; opinion: Opinion }[]
  whole: Opinion[]
}

/** A rule with what it needs to decide. */
interface CompiledRule {
  name: string
  rule: ExpiryRule
  selection: CompiledSelection
}

/**
 * Gives the opinions of the rules on an image. They are on each of its tags, or on the image if it has none. What belongs to another
 * image has none unless it has a tag: it goes with that image. `images` are all images of the repository, those that are not
 * `here` were deleted. With `explain`, near misses are told.
 */
export function* makeRuleOpinions(
  rules: readonly ExpiryRule[],
  images: readonly IndexedImage[],
  relations: Relations,
  circumstances: Circumstances,
  { isHere, explain }: { isHere: (image: IndexedImage) => boolean; explain: boolean },
): Pieces<(image: IndexedImage) => Opinions> {
  const compiled = rules.map(
    (rule): CompiledRule => ({
      ...{ name: ruleName(rule), rule },
      selection: compileSelection(rule, circumstances),
    }),
  )
  const keeping = compiled.filter(({ rule }) => rule.keep !== undefined)
  const expiring = compiled.filter(({ rule }) => rule.expire === true)
  function itemsOf(image: IndexedImage): Item[] {
    if (image.tags.length === 0 && relations.parentsOf(image).length > 0) return []
    const tags = image.tags.length === 0 ? [undefined] : ordinaryTags(image)
    const whole = tags.length === 0 ? [] : relations.withDescendants(image)
    return tags.map((tag) => ({ image, tag, whole }))
  }

  const ranking = keeping.flatMap((one) =>
    one.rule.keep === true || one.rule.keep === undefined ? [] : [{ ...one, keep: one.rule.keep }],
  )
  const ranked = new Map<ExpiryRule, Ranked[]>(ranking.map(({ rule }) => [rule, []]))
  if (ranking.length > 0)
    for (const image of images) {
      for (const item of itemsOf(image))
        for (const { rule, selection, keep } of ranking)
          if (isRanked(selection, item))
            ranked
              .get(rule)
              ?.push({ ...item, isHere: isHere(image), group: groupIn(selection, keep.per, item) })
      yield
    }
  const standings = new Map<ExpiryRule, Map<string, Standing>>()
  for (const { rule, keep } of ranking)
    standings.set(rule, standingsOf(ranked.get(rule) ?? [], keep.by, circumstances.use))

  function isRanked(selection: CompiledSelection, item: Item): boolean {
    if (!selection.isAbout(item) || isInFuture(item, circumstances.now)) return false
    return selection.findings(item).every(({ holds }) => holds)
  }

  /** Whether a keeping rule keeps an item that it is about. */
  function keeps(one: CompiledRule, item: Item, findings: readonly Finding[]): Finding {
    const unknown = findings.find(({ holds }) => holds === undefined)
    if (unknown)
      return { holds: undefined, because: `it is not known whether it is kept: ${unknown.because}` }
    const { keep } = one.rule
    if (keep === true || keep === undefined)
      return {
        holds: true,
        because: findings.map(({ because }) => because).join(', ') || 'its rule keeps it',
      }
    const place = placeKey(item.image.digest, groupIn(one.selection, keep.per, item))
    const standing = standings.get(one.rule)?.get(place)
    return isAmongNewest(standing, keep, () => useUnknown(item))
  }

  const useUnknown = (item: Item): string | undefined =>
    useIsUnknown(circumstances.use, isOlder(circumstances.now, ageOfItem(item), PARTIAL_US).holds === true)

  function opinionOn(item: Item): Opinion {
    const doubt = guard(item, circumstances.now)
    if (doubt !== undefined) return keep(null, doubt)
    const misses: string[] = []
    const outnumbered: string[] = []
    const miss = (name: string, because: string | undefined) =>
      void (explain && because !== undefined && misses.push(`"${name}": ${because}`))
    const withMisses = (opinion: Opinion): Opinion =>
      misses.length > 0 ? { ...opinion, nearMisses: misses } : opinion

    for (const one of keeping) {
      if (!one.selection.isAbout(item)) {
        if (explain) miss(one.name, one.selection.nameMiss(item))
        continue
      }
      const findings = one.selection.findings(item, explain)
      const failed = findings.filter(({ holds }) => holds === false)
      if (failed.length > 0) {
        if (failed.length === 1) miss(one.name, failed[0]?.because)
        continue
      }
      const { holds, because } = keeps(one, item, findings)
      if (holds !== false) return withMisses(keep(one.name, because))
      outnumbered.push(because)
      miss(one.name, because)
    }
    let nearest: Opinion | undefined
    for (const { name, selection } of expiring) {
      if (!selection.isAbout(item)) {
        if (explain) miss(name, selection.nameMiss(item))
        continue
      }
      const findings = selection.findings(item, explain)
      const against = findings.filter(({ holds }) => holds !== true)
      if (against.length === 0) {
        const reasons = [...findings.map(({ because }) => because), ...outnumbered]
        const reason = reasons.join(', ') || 'its rule has no other condition'
        return withMisses({ verdict: 'delete', rule: name, reason })
      }
      nearest ??= { ...keep(name, against[0]?.because ?? ''), isLeft: true }
      if (against.length === 1) miss(name, against[0]?.because)
    }
    return withMisses(nearest ?? { ...keep(null, 'no rule expires it'), isLeft: true })
  }

  return (image) => {
    const items = itemsOf(image)
    return {
      tags: items.flatMap((item) =>
        item.tag === undefined ? [] : [{ name: item.tag.name, opinion: opinionOn(item) }],
      ),
      whole: items.flatMap((item) => (item.tag === undefined ? [opinionOn(item)] : [])),
    }
  }
}

const groupIn = (selection: CompiledSelection, per: Newest['per'], item: Item): string =>
  per === 'repository' ? '' : selection.groupOf(item, per.group)

/** Why the times of an item are no ground for any rule. */
function guard(item: Item, now: number): string | undefined {
  if ((item.tag?.age ?? item.image.age).at === 0) return NO_TIME
  return isInFuture(item, now) ? IN_THE_FUTURE : undefined
}

/** An image is not among the newest only if enough others are certainly newer. */
function isAmongNewest(
  standing: Standing | undefined,
  { newest, by }: Newest,
  useUnknown: () => string | undefined,
): Finding {
  const mayBe = (because: string): Finding => ({
    ...{ holds: undefined, because: `${because}: it may be among the ${newest} newest` },
  })
  if (standing === undefined) return mayBe('its tag is no semantic version')
  const { newer, perhapsNewer } = standing
  if (newer >= newest) {
    const unknown = by === 'used' ? useUnknown() : undefined
    if (unknown !== undefined) return mayBe(unknown)
    return { holds: false, because: `newer images that match: ${newer}` }
  }
  if (perhapsNewer >= newest)
    return mayBe(standing.isDated ? 'it is not known which images are newer' : 'its age is not known')
  const because =
    perhapsNewer > newer
      ? `it is among the ${newest} newest`
      : `it is number ${newer + 1} of the ${newest} newest`
  return { holds: true, because }
}
