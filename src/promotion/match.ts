import { makeGlob } from '../platform/glob.ts'

/** A promotion rule as configured. `from` holds globs, `to` holds templates. */
export interface PromotionRule {
  name: string
  from: { registry: string; repository: string; tag: string }
  to: { registry: string; repository: string; tag: string }
}

export interface TaggedImage {
  registry: string
  repository: string
  tag: string
}

/** A rule that matches an image, and where it copies the image to. */
export interface Match {
  rule: string
  to: TaggedImage
}

/**
 * Finds the rules that match a tagged push, with their targets. A rule is skipped if its target would match the same
 * rule again, directly or through other rules: it would promote its own results for ever.
 */
export function makeMatch(rules: readonly PromotionRule[], projectOf: (image: TaggedImage) => string) {
  const { matching, wayBack } = compile(rules, projectOf)
  return (image: TaggedImage): Match[] =>
    matching(image)
      .map((rule) => ({ rule, to: rule.targetOf(image) }))
      .filter(({ rule, to }) => wayBack(rule, to) === undefined)
      .map(({ rule, to }) => ({ rule: rule.name, to }))
}

/**
 * Makes a function that tells for which rules a tagged push is skipped, and the way on which promotions lead back to the
 * rule: from the push to an image that the rule matches again.
 */
export function makeLoopsOf(rules: readonly PromotionRule[], projectOf: (image: TaggedImage) => string) {
  const { matching, wayBack } = compile(rules, projectOf)
  return (image: TaggedImage): { rule: string; way: TaggedImage[] }[] =>
    matching(image).flatMap((rule) => {
      const way = wayBack(rule, rule.targetOf(image))
      return way === undefined ? [] : [{ rule: rule.name, way: [image, ...way] }]
    })
}

function compile(rules: readonly PromotionRule[], projectOf: (image: TaggedImage) => string) {
  const compiled = rules.map((rule) => {
    const [repository, tag] = [makeGlob(rule.from.repository), makeGlob(rule.from.tag)]
    return {
      name: rule.name,
      matches: (image: TaggedImage) =>
        image.registry === rule.from.registry && repository(image.repository) && tag(image.tag),
      targetOf: (image: TaggedImage) => expand(rule.to, image, projectOf(image)),
    }
  })
  type Compiled = (typeof compiled)[number]
  const matching = (image: TaggedImage) => compiled.filter(({ matches }) => matches(image))

  /**
   * The images on the way from `image` to one that `rule` matches; `undefined` if promotions do not lead there. Follows each
   * rule once: names that grow with each rule would never end.
   */
  function wayBack(rule: Compiled, image: TaggedImage): TaggedImage[] | undefined {
    const ways = new Map(matching(image).map((next) => [next, [image]]))
    for (const [next, way] of ways) {
      const to = next.targetOf(way.at(-1) ?? image)
      for (const other of matching(to)) if (!ways.has(other)) ways.set(other, [...way, to])
    }
    return ways.get(rule)
  }

  return { matching, wayBack }
}

function expand(to: TaggedImage, image: TaggedImage, project: string): TaggedImage {
  const values: Record<string, string> = {
    repository: image.repository,
    tag: image.tag,
    project,
    name: image.repository.slice(image.repository.lastIndexOf('/') + 1),
  }
  const fill = (template: string) =>
    template.replaceAll(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole)
  return { registry: to.registry, repository: fill(to.repository), tag: fill(to.tag) }
}
