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

  /** Whether promotions of `image` lead to `rule`. Follows each rule once: names that grow with each rule would never end. */
  function leadsTo(rule: Compiled, image: TaggedImage): boolean {
    const followed = new Map(matching(image).map((next) => [next, image]))
    for (const [next, from] of followed) {
      const to = next.targetOf(from)
      for (const other of matching(to)) if (!followed.has(other)) followed.set(other, to)
    }
    return followed.has(rule)
  }

  return (image: TaggedImage): Match[] =>
    matching(image)
      .map((rule) => ({ rule, to: rule.targetOf(image) }))
      .filter(({ rule, to }) => !leadsTo(rule, to))
      .map(({ rule, to }) => ({ rule: rule.name, to }))
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
