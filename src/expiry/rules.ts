import type { Pieces } from '../platform/pieces.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { ageOfItem, type Item, isInFuture, isOlder, PARTIAL_US, useIsUnknown } from './age-and-use.ts'
import type { Decision } from './decision.ts'
import type { Finding } from './finding.ts'
import { isAmongNewest, rankingsOf } from './rankings.ts'
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
  /** It stays only until an image of its repository was read. */
  isUnread?: true
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

interface Compiled {
  name: string
  selection: CompiledSelection
}
interface KeepingRule extends Compiled {
  keep: true | Newest
}

/** What a rule that did not decide says of an item: why it nearly did; `undefined` if it did not nearly. */
type Tell = (rule: Compiled, because: string | undefined) => void

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
  const compile = (rule: ExpiryRule): Compiled => ({
    ...{ name: ruleName(rule), selection: compileSelection(rule, circumstances) },
  })
  const keeping = rules.flatMap((rule): KeepingRule[] =>
    rule.keep === undefined ? [] : [{ ...compile(rule), keep: rule.keep }],
  )
  const expiring = rules.filter(({ expire }) => expire).map(compile)
  const standingOf = yield* rankingsOf(keeping, images, { itemsOf, isHere, circumstances })

  function itemsOf(image: IndexedImage): Item[] {
    if (image.tags.length === 0)
      return relations.parentsOf(image).length > 0
        ? []
        : [{ image, tag: undefined, whole: relations.withDescendants(image) }]
    const whole = relations.withDescendants(image)
    return ordinaryTags(image).map((tag) => ({ image, tag, whole }))
  }

  /** Whether a rule keeps an item, of which no condition fails. */
  function isKeptBy(rule: KeepingRule, item: Item, findings: readonly Finding[]): Finding {
    const unknown = findings.find(({ holds }) => holds === undefined)
    if (unknown)
      return { holds: undefined, because: `it is not known whether it is kept: ${unknown.because}` }
    if (rule.keep === true) return { holds: true, because: listed(findings) || 'its rule keeps it' }
    return isAmongNewest(standingOf(rule, item), rule.keep, () => useUnknown(item))
  }
  const useUnknown = (item: Item): string | undefined =>
    useIsUnknown(circumstances.use, isOlder(circumstances.now, ageOfItem(item), PARTIAL_US).holds === true)

  /** The opinion of the rules that keep, if one does. Otherwise `outnumbered` gets why an item is not among the newest. */
  function keepingOpinion(item: Item, tell: Tell, outnumbered: string[]): Opinion | undefined {
    for (const rule of keeping) {
      if (!rule.selection.isAbout(item)) {
        if (explain) tell(rule, rule.selection.nameMiss(item))
        continue
      }
      const findings = rule.selection.findings(item, explain)
      const failed = findings.filter(({ holds }) => holds === false)
      if (failed.length > 0) {
        if (failed.length === 1) tell(rule, failed[0]?.because)
        continue
      }
      const { holds, because } = isKeptBy(rule, item, findings)
      if (holds !== false) return keep(rule.name, because)
      outnumbered.push(`by "${rule.name}" ${because}`)
      tell(rule, because)
    }
    return undefined
  }

  /** The opinion of the rules that expire. If none does, the first that is about the item says why. */
  function expiringOpinion(item: Item, tell: Tell, outnumbered: readonly string[]): Opinion {
    let nearest: Opinion | undefined
    for (const rule of expiring) {
      if (!rule.selection.isAbout(item)) {
        if (explain) tell(rule, rule.selection.nameMiss(item))
        continue
      }
      const findings = rule.selection.findings(item, explain)
      const against = findings.filter(({ holds }) => holds !== true)
      if (against.length === 0) {
        const reason = [listed(findings), ...outnumbered].filter((text) => text !== '').join(', ')
        return { verdict: 'delete', rule: rule.name, reason: reason || 'its rule has no other condition' }
      }
      nearest ??= { ...keep(rule.name, against[0]?.because ?? ''), isLeft: true }
      if (against.length === 1) tell(rule, against[0]?.because)
    }
    return nearest ?? { ...keep(null, 'no rule expires it'), isLeft: true }
  }

  function opinionOn(item: Item): Opinion {
    const doubt = guard(item, circumstances.now)
    if (doubt !== undefined) return keep(null, doubt)
    const nearMisses: string[] = []
    const tell: Tell = ({ name }, because) => {
      if (explain && because !== undefined) nearMisses.push(`"${name}": ${because}`)
    }
    const outnumbered: string[] = []
    const opinion = keepingOpinion(item, tell, outnumbered) ?? expiringOpinion(item, tell, outnumbered)
    if (nearMisses.length > 0) opinion.nearMisses = nearMisses
    return opinion
  }

  return (image) => {
    const opinions: Opinions = { tags: [], whole: [] }
    for (const item of itemsOf(image)) {
      const opinion = opinionOn(item)
      if (item.tag === undefined) opinions.whole.push(opinion)
      else opinions.tags.push({ name: item.tag.name, opinion })
    }
    return opinions
  }
}

const listed = (findings: readonly Finding[]): string => findings.map(({ because }) => because).join(', ')

/** Why the times of an item are no ground for any rule. */
function guard(item: Item, now: number): string | undefined {
  if ((item.tag?.age ?? item.image.age).at === 0) return NO_TIME
  return isInFuture(item, now) ? IN_THE_FUTURE : undefined
}
