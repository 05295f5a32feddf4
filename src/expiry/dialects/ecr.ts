import type { Dialect, Outcome, PolicyImage, Scene } from './dialect.ts'
import { type EcrRule, readEcrPolicy, storageClassOf } from './ecr-policy.ts'
import { type EcrRelations, ecrRelationsOf, type Ruling, settle } from './ecr-relations.ts'
import { type Mark, makeSelector, marksOf, type Selector } from './ecr-rule.ts'
import { trapsInOutcome, trapsInRules } from './ecr-traps.ts'

/** Amazon ECR's lifecycle policies. What is cited is in Amazon's ECR user guide. */
export const ecr: Dialect = {
  unit: 'digest',
  decidesUntagged: true,
  // Only rules that archive look at them ("sinceImagePulled").
  heedsPulls: false,
  read(document) {
    const rules = readEcrPolicy(document)
    // No image here is archived, so rules for the archive select none, and shield none from the other rules.
    const active = rules
      .filter((rule) => storageClassOf(rule) === 'standard')
      .map((rule) => ({ rule, selector: makeSelector(rule) }))
    const traps = trapsInRules(rules)
    return (scene) => decide(active, traps, scene)
  },
}

/** A rule for images that are not archived. */
export interface ActiveRule {
  rule: EcrRule
  selector: Selector
}

/** An image with what became of it, and by which rule. */
export interface Decided extends Ruling {
  image: PolicyImage
  /** Absent if no rule selects the image. */
  rule: EcrRule | undefined
  relations: EcrRelations
}

/** A policy in ECR belongs to a repository, so repositories are counted apart. */
function decide(rules: readonly ActiveRule[], traps: readonly string[], { images, now }: Scene): Outcome {
  const repositories = Map.groupBy(images, ({ repository }) => repository)
  const decided = new Map(
    [...repositories.values()].flatMap((repository) =>
      decideRepository(rules, repository.toSorted(byDigest), now).map((one) => [one.image, one] as const),
    ),
  )
  return {
    verdicts: images.map((image) => {
      const { isKept, reason } = decided.get(image) as Decided
      return { image, isKept, reason }
    }),
    warnings: [...traps, ...trapsInOutcome(rules, [...decided.values()], now)],
  }
}

/**
 * "All rules are evaluated at the same time": each judges all images that it selects, also those that a rule before it
 * selects. "An image that matches the tagging requirements of a rule cannot be expired or archived by a rule with a lower
 * priority": only the first rule that selects an image has an effect on it.
 */
function decideRepository(
  rules: readonly ActiveRule[],
  images: readonly PolicyImage[],
  now: number,
): Decided[] {
  const byFirstRule = new Map<PolicyImage, { rule: EcrRule; mark: Mark }>()
  for (const { rule, selector } of rules) {
    const selected = images.filter(selector.selects)
    const markOf = marksOf(rule, selected, now)
    for (const image of selected)
      if (!byFirstRule.has(image)) byFirstRule.set(image, { rule, mark: markOf(image) })
  }
  const relations = ecrRelationsOf(images)
  const settled = settle(images, relations, (image) => rulingOf(byFirstRule.get(image)))
  return [...settled].map(([image, ruling]) => ({
    ...{ image, relations, rule: byFirstRule.get(image)?.rule },
    ...ruling,
  }))
}

/** A rule that archives keeps: a `transition` never becomes a delete. */
function rulingOf(first: { rule: EcrRule; mark: Mark } | undefined): Ruling {
  if (first === undefined) return { isKept: true, reason: 'no rule selects it' }
  const { rule, mark } = first
  const isKept = !mark.isMarked || rule.action.type === 'transition'
  const does = !isKept ? 'expires it' : mark.isMarked ? 'archives it in ECR, so it is kept' : 'keeps it'
  return { isKept, reason: `rule ${rule.rulePriority} ${does}: ${mark.because}` }
}

const byDigest = (a: PolicyImage, b: PolicyImage): number => (a.digest < b.digest ? -1 : 1)
