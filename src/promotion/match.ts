import { makeGlob } from '../platform/glob.ts'

/** A promotion rule as configured; `to` holds templates. */
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

/** Where an image goes by a rule. */
export interface Match {
  rule: string
  to: TaggedImage
}

/**
 * The rules that a tagged push matches, with their targets. A rule to which its own target leads back, by itself
 * or through other rules, is passed over: it would promote its result for ever.
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

  /** Follows each rule once, so that names which grow from rule to rule come to an end. */
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
