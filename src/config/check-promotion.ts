import { makeLoopsOf, type TaggedImage } from '../promotion/match.ts'
import { makeProjectOf } from '../usage/project.ts'
import type { Report } from './config-error.ts'
import { samplesOf } from './glob.ts'
import type { Config } from './schema.ts'

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
  const sources = new Set(rules.map(({ from }) => from.registry))
  const repositories = new Set(rules.flatMap(({ from }) => samplesOf(from.repository)))
  const tags = new Set(rules.flatMap(({ from }) => samplesOf(from.tag)))
  for (const registry of sources)
    for (const repository of repositories)
      for (const tag of tags)
        for (const { rule, way } of loopsOf({ registry, repository, tag })) {
          const path = ['promotion', 'rules', String(rules.findIndex(({ name }) => name === rule))]
          report(path, `leads back to itself, so it does not copy such images: ${way.map(shown).join(' → ')}`)
        }
  for (const [index, { to }] of rules.entries())
    if (registries[to.registry]?.type === 'cache')
      report(
        ['promotion', 'rules', String(index), 'to', 'registry'],
        'expected a registry that takes pushes; this one is a cache',
        JSON.stringify(to.registry),
      )
}

const shown = ({ registry, repository, tag }: TaggedImage): string => `${registry}/${repository}:${tag}`
