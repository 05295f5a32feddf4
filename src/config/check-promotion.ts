import { makeGlob } from '../platform/glob.ts'
import { makeLoopsOf, type TaggedImage } from '../promotion/match.ts'
import { makeProjectOf } from '../usage/project.ts'
import type { Report } from './config-error.ts'
import { samplesOf } from './glob.ts'
import type { Config, PromotionRule } from './schema.ts'

/** Repositories and tags that are tried for one rule: 400 images. */
const MOST_EXAMPLES = 20

/**
 * Reports rules that lead back to themselves, each with an example: such an image is never copied. The examples are names
 * that the globs of the rules match, so a loop of rarer names is not found. Reports caches as targets, too.
 */
export function checkPromotion({ promotion, registries }: Config, report: Report): void {
  const { rules } = promotion
  const projectRules = new Map(
    Object.entries(registries).map(([name, { project }]) => [name, makeProjectOf(project)]),
  )
  const loopsOf = makeLoopsOf(
    rules,
    ({ registry, repository }) => projectRules.get(registry)?.(repository) ?? repository,
  )
  for (const image of examplesOf(rules))
    for (const { rule, way } of loopsOf(image))
      report(
        ['promotion', 'rules', String(rules.findIndex(({ name }) => name === rule))],
        `leads back to itself, so it does not copy such images: ${way.map(shown).join(' → ')}`,
      )
  for (const [index, { to }] of rules.entries())
    if (registries[to.registry]?.type === 'cache')
      report(
        ['promotion', 'rules', String(index), 'to', 'registry'],
        'expected a registry that takes pushes; this one is a cache',
        JSON.stringify(to.registry),
      )
}

/** Images that the rules match, each once: for a rule, names from its own globs and from those of other rules. */
function examplesOf(rules: readonly PromotionRule[]): Iterable<TaggedImage> {
  const names = (of: 'repository' | 'tag') => rules.flatMap(({ from }) => samplesOf(from[of]))
  const [repositories, tags] = [names('repository'), names('tag')]
  const some = (glob: string, others: readonly string[]) =>
    [...new Set([...samplesOf(glob), ...others.filter(makeGlob(glob))])].slice(0, MOST_EXAMPLES)
  const images = new Map<string, TaggedImage>()
  for (const { from } of rules)
    for (const repository of some(from.repository, repositories))
      for (const tag of some(from.tag, tags)) {
        const image = { registry: from.registry, repository, tag }
        images.set(shown(image), image)
      }
  return images.values()
}

const shown = ({ registry, repository, tag }: TaggedImage): string => `${registry}/${repository}:${tag}`
