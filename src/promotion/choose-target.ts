import type { ImageName } from '../expiry/image-name.ts'
import { isDigest } from '../registry/digest.ts'
import { isRepositoryName, isTag } from '../registry/name.ts'
import type { Match, TaggedImage } from './match.ts'
import { PromotionRefusal } from './refusal.ts'
import type { Overwrite, PromotionRule } from './rule.ts'

/** A promotion that a person or a CI job asks for. */
export interface PromotionRequest {
  image: ImageName
  /** The registry. */
  to: string
  /** Its name there, `repository:tag`, if no rule says it. */
  as?: string | undefined
  rule?: string | undefined
  /** Whether the image may be one that an index lists. */
  child?: boolean | undefined
  overwrite?: Overwrite | undefined
}

/** Who asks. What the token of a CI job said of it is `claims`; nobody else has some. */
export interface Asker {
  by: string
  /** Whether it gets what a rule says, and may name no target itself: that may be a place of others. */
  isBoundToRules: boolean
  claims?: Record<string, string>
}

export const textOf = ({ registry, repository, reference }: ImageName): string =>
  `${registry}/${repository}${isDigest(reference) ? '@' : ':'}${reference}`

/**
 * Where a promotion that is asked for leads to, and by which rule. Who is bound to rules gets what a rule says. `matches` are the rules that match
 * the image, `rules` all that there are. @throws PromotionRefusal that says what is wrong, and which rules there are
 */
export function chooseTarget(
  { image, to, as, rule, overwrite }: PromotionRequest,
  { isBoundToRules }: Pick<Asker, 'isBoundToRules'>,
  matches: readonly Match[],
  rules: readonly Pick<PromotionRule, 'name' | 'to'>[],
): { rule?: string; to: TaggedImage } {
  const name = textOf(image)
  if (isBoundToRules && (as ?? overwrite) !== undefined)
    throw new PromotionRefusal(
      403,
      '`as` and `overwrite` need a token with admin over all projects: others get what a rule says',
    )
  if (as !== undefined) {
    if (rule !== undefined)
      throw new PromotionRefusal(400, 'expected `as` or `rule`: a rule says the name at the target itself')
    return { to: { registry: to, ...parseAs(as) } }
  }
  const fitting = matches.filter((match) => match.to.registry === to)
  const chosen = rule === undefined ? fitting : fitting.filter((match) => match.rule.name === rule)
  const [first, ...more] = chosen
  if (more.length > 0)
    throw new PromotionRefusal(
      409,
      `several rules copy ${name} to ${to}: say with \`rule\` which: ${namesOf(chosen.map((one) => one.rule))}`,
    )
  if (first !== undefined) return { rule: first.rule.name, to: first.to }

  const there = rules.filter((one) => one.to.registry === to)
  const known = there.length === 0 ? `no rule leads to ${to}` : `rules to ${to}: ${namesOf(there)}`
  const hint = isDigest(image.reference) ? '. Rules are about tags: name the image by its tag' : ''
  if (rule !== undefined)
    throw new PromotionRefusal(
      409,
      `the rule "${rule}" does not copy ${name} to ${to}; that do: ${namesOf(fitting.map((one) => one.rule))}; ${known}${hint}`,
    )
  if (isBoundToRules)
    throw new PromotionRefusal(
      403,
      `no rule copies ${name} to ${to}, and without admin over all projects one is needed; ${known}${hint}`,
    )
  if (isDigest(image.reference))
    throw new PromotionRefusal(400, `say with \`as\` which name ${name} gets at ${to}, as repository:tag`)
  return { to: { registry: to, repository: image.repository, tag: image.reference } }
}

const namesOf = (rules: readonly Pick<PromotionRule, 'name'>[]): string =>
  rules.map((rule) => rule.name).join(', ') || 'none'

function parseAs(text: string): Pick<TaggedImage, 'repository' | 'tag'> {
  const [, repository = '', tag = ''] = /^([^:]*):([^:]*)$/.exec(text) ?? []
  if (isRepositoryName(repository) && isTag(tag)) return { repository, tag }
  throw new PromotionRefusal(400, `\`as\`: expected repository:tag, without a registry, not "${text}"`)
}
