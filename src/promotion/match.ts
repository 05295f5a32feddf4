import { makeGlob } from '../platform/glob.ts'
import { type MatchTag, makeMatchTag } from '../platform/match-tag.ts'
import type { PromotionRule } from './rule.ts'
import { subjectOfTag } from './subject-of-tag.ts'

export interface TaggedImage {
  registry: string
  repository: string
  tag: string
}

/** A rule that matches an image, and where it copies the image to. */
export interface Match<Rule = PromotionRule> {
  rule: Rule
  to: TaggedImage
}

/** Finds the rules that match an image. */
export type FindMatches = (image: TaggedImage) => Match[]

/** As far as a rule tells what it is about. */
type Route = Pick<PromotionRule, 'name' | 'when' | 'from' | 'to'>

/**
 * Finds the rules that match a tagged image, with their targets. A rule is skipped if its target would match the same
 * rule again, directly or through other rules: it would promote its own results for ever. No rule matches a tag by which
 * signatures are found (`sha256-…`): these travel with their image, and what the target has there is added to.
 */
export function makeMatch<Rule extends Route>(
  rules: readonly Rule[],
  projectOf: (image: TaggedImage) => string,
) {
  const { matching, wayBack } = compile(rules, projectOf)
  return (image: TaggedImage): Match<Rule>[] =>
    matching(image)
      .map((compiled) => ({ compiled, to: compiled.targetOf(image) }))
      .filter(({ compiled, to }) => wayBack(compiled, to) === undefined)
      .map(({ compiled, to }) => ({ rule: compiled.rule, to }))
}

/**
 * Makes a function that tells for which rules a tagged push is skipped, and the way on which promotions lead back to the
 * rule: from the push to an image that the rule matches again.
 */
export function makeLoopsOf(rules: readonly Route[], projectOf: (image: TaggedImage) => string) {
  const { matching, wayBack } = compile(rules, projectOf)
  return (image: TaggedImage): { rule: string; way: TaggedImage[] }[] =>
    matching(image).flatMap((rule) => {
      const way = wayBack(rule, rule.targetOf(image))
      return way === undefined ? [] : [{ rule: rule.rule.name, way: [image, ...way] }]
    })
}

function compile<Rule extends Route>(rules: readonly Rule[], projectOf: (image: TaggedImage) => string) {
  const compiled = rules.map((rule) => {
    const [repository, tag] = [makeGlob(rule.from.repository), makeMatchTag(rule.from.tag)]
    return {
      rule,
      matches: (image: TaggedImage) =>
        image.registry === rule.from.registry && repository(image.repository) && tag.matches(image.tag),
      targetOf: (image: TaggedImage) => expand(rule.to, image, { project: projectOf(image), tag }),
    }
  })
  type Compiled = (typeof compiled)[number]
  const matching = (image: TaggedImage) =>
    subjectOfTag(image.tag) === undefined ? compiled.filter(({ matches }) => matches(image)) : []
  /** Rules that copy on their own. */
  const acting = (image: TaggedImage) => matching(image).filter(({ rule }) => rule.when === 'push')

  /**
   * The images on the way from `image` to one that `rule` matches; `undefined` if promotions do not lead there. Follows each
   * rule once: names that grow with each rule would never end.
   */
  function wayBack(rule: Compiled, image: TaggedImage): TaggedImage[] | undefined {
    const ways = new Map(acting(image).map((next) => [next, [image]]))
    for (const [next, way] of ways) {
      const to = next.targetOf(way.at(-1) ?? image)
      for (const other of acting(to)) if (!ways.has(other)) ways.set(other, [...way, to])
    }
    return ways.get(rule)
  }

  return { matching, wayBack }
}

function expand(
  to: TaggedImage,
  image: TaggedImage,
  { project, tag }: { project: string; tag: MatchTag },
): TaggedImage {
  const values: Record<string, string> = {
    repository: image.repository,
    tag: image.tag,
    project,
    name: image.repository.slice(image.repository.lastIndexOf('/') + 1),
  }
  // The configuration is checked: other variables are groups of the tag's pattern.
  const fill = (template: string) =>
    template.replaceAll(/\{(\w+)\}/g, (_, key: string) => values[key] ?? tag.groupOf(image.tag, key))
  return { registry: to.registry, repository: fill(to.repository), tag: fill(to.tag) }
}
