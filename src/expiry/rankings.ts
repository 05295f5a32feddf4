import type { Pieces } from '../platform/pieces.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { type Item, isInFuture } from './age-and-use.ts'
import type { Finding } from './finding.ts'
import { isVersion, placeKey, type Ranked, type Standing, standingsOf } from './newest.ts'
import type { Newest } from './rule.ts'
import type { Circumstances, CompiledSelection } from './selection.ts'

/** A rule that keeps all that it is about, or the newest. */
export interface KeepingRule {
  selection: CompiledSelection
  keep: true | Newest
}

/**
 * Ranks the images of a repository by each of the rules that keep the newest. Only what a rule is certainly about takes a place, and no image that
 * was used in the future. Gives where an item stands; `undefined` if it has no place.
 */
export function* rankingsOf<Rule extends KeepingRule>(
  rules: readonly Rule[],
  images: readonly IndexedImage[],
  deps: {
    itemsOf: (image: IndexedImage) => readonly Item[]
    isHere: (image: IndexedImage) => boolean
    circumstances: Circumstances
  },
): Pieces<(rule: Rule, item: Item) => Standing | undefined> {
  const { itemsOf, isHere, circumstances } = deps
  const ranked = rules.flatMap((rule): { rule: Rule; keep: Newest; items: Ranked[] }[] =>
    rule.keep === true ? [] : [{ rule, keep: rule.keep, items: [] }],
  )
  if (ranked.length > 0)
    for (const image of images) {
      for (const item of itemsOf(image))
        for (const { rule, items } of ranked)
          if (isRanked(rule, item)) items.push({ ...item, isHere: isHere(image), group: groupOf(rule, item) })
      yield
    }

  function isRanked({ selection }: KeepingRule, item: Item): boolean {
    if (!selection.isAbout(item) || isInFuture(item, circumstances.now)) return false
    return selection.findings(item).every(({ holds }) => holds)
  }

  const standings = new Map<Rule, Map<string, Standing>>()
  for (const { rule, keep, items } of ranked) {
    standings.set(rule, standingsOf(items, keep.by, circumstances.use))
    yield
  }
  return (rule, item) => {
    // Another tag of the image may be a version.
    if (rule.keep !== true && rule.keep.by === 'semver' && !isVersion(item.tag?.name ?? '')) return undefined
    return standings.get(rule)?.get(placeKey(item.image.digest, groupOf(rule, item)))
  }
}

const groupOf = ({ selection, keep }: KeepingRule, item: Item): string =>
  keep === true || keep.per === 'repository' ? '' : selection.groupOf(item, keep.per.group)

/**
 * Whether an image is among the newest. It is not only if enough others are certainly newer. `useUnknown` says why its use is not
 * known, if it is not.
 */
export function isAmongNewest(
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
    const place = `it is number ${newer + 1}${perhapsNewer > newer ? ' or later' : ''}`
    return {
      holds: false,
      because: `${place}, and the rule keeps the ${newest === 1 ? '' : `${newest} `}newest`,
    }
  }
  if (perhapsNewer >= newest)
    return mayBe(standing.isDated ? 'it is not known which images are newer' : 'its age is not known')
  const because =
    perhapsNewer > newer
      ? `it is among the ${newest} newest`
      : `it is number ${newer + 1} of the ${newest} newest`
  return { holds: true, because }
}
