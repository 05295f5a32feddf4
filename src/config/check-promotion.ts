import { RE2JS } from 're2js'
import { makeLoopsOf, makeMatch } from '../promotion/match.ts'
import { makeProjectOf } from '../usage/project.ts'
import type { Report } from './config-error.ts'
import { examplesOf, shownImage } from './promotion-examples.ts'
import type { Config, PromotionRule } from './schema.ts'

const VARIABLES = ['repository', 'tag', 'project', 'name']

/**
 * Reports rules that lead back to themselves, each with an example: such an image is never copied. The examples are names
 * that the globs of the rules match, so a loop of rarer names is not found. Reports caches as targets, variables that are
 * none, and receipts that cannot be attached, too.
 */
export function checkPromotion(config: Config, report: Report): void {
  const { promotion, registries } = config
  const { rules } = promotion
  const place = (index: number, ...path: string[]) => ['promotion', 'rules', String(index), ...path]
  const loopsOf = makeLoopsOf(rules, projectIn(config))
  for (const image of examplesOf(rules))
    for (const { rule, way } of loopsOf(image))
      report(
        place(rules.findIndex(({ name }) => name === rule)),
        `leads back to itself, so it does not copy such images: ${way.map(shownImage).join(' → ')}`,
      )
  for (const [index, { from, to, attachReceipt }] of rules.entries()) {
    const groups = groupsOf(from.tag)
    const known = groups.length === 0 ? '' : `: {${groups.join('}, {')}}`
    if (attachReceipt && promotion.receiptKey === undefined)
      report(
        place(index, 'attachReceipt'),
        'expected promotion.receiptKey as well: only a signed receipt is attached',
      )
    if (registries[to.registry]?.type === 'cache')
      report(
        place(index, 'to', 'registry'),
        'expected a registry that takes pushes; this one is a cache',
        JSON.stringify(to.registry),
      )
    for (const key of ['repository', 'tag'] as const)
      for (const [, variable = ''] of to[key].matchAll(/\{(\w+)\}/g))
        if (!VARIABLES.includes(variable) && !groups.includes(variable))
          report(
            place(index, 'to', key),
            `expected {${VARIABLES.join('}, {')}}, or a group of the pattern in from.tag${known}; {${variable}} is none of these`,
          )
  }
}

/** The numbers and names of the groups of a pattern; 0 is the whole tag. A glob has none. */
function groupsOf(tag: PromotionRule['from']['tag']): string[] {
  if ('glob' in tag) return []
  const pattern = RE2JS.compile(tag.pattern)
  const numbers = Array.from({ length: pattern.groupCount() + 1 }, (_, group) => String(group))
  return [...numbers, ...Object.keys(pattern.namedGroups())]
}

function projectIn({ registries }: Pick<Config, 'registries'>) {
  const rules = new Map(
    Object.entries(registries).map(([name, { project }]) => [name, makeProjectOf(project)]),
  )
  return ({ registry, repository }: { registry: string; repository: string }) =>
    rules.get(registry)?.(repository) ?? repository
}

/** Warns of target tags at which images of several repositories can meet: the first one that comes keeps the tag. */
export function meetingsOf(config: Pick<Config, 'promotion' | 'registries'>): string[] {
  const { rules } = config.promotion
  const warnings = new Set<string>()
  for (const { name, from, to } of rules)
    if (/[*?[{(!]/.test(from.repository) && !/\{(repository|project)\}/.test(to.repository))
      warnings.add(
        `promotion rule ${name}: repositories of several projects can have one target, ${to.repository}; with {repository} each has its own`,
      )
  const match = makeMatch(rules, projectIn(config))
  const seen = new Map<string, { rule: string; image: string; source: string }>()
  for (const image of examplesOf(rules))
    for (const { rule, to } of match(image)) {
      const target = shownImage(to)
      const source = `${image.registry}/${image.repository}`
      const one = { rule: rule.name, image: shownImage(image), source }
      const first = seen.get(target) ?? one
      seen.set(target, first)
      if (first.rule !== one.rule && first.source !== one.source)
        warnings.add(
          `promotion rules ${first.rule} and ${one.rule} can meet at one target: ${first.image} and ${one.image} both go to ${target}`,
        )
    }
  return [...warnings]
}
