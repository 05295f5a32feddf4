import { type Static, Type } from 'typebox'
import { PolicyError } from './dialect.ts'
import { readShape } from './shape.ts'

/*
 * The form of a lifecycle policy. Sources, all in Amazon's ECR user guide: "Lifecycle policy properties",
 * "Lifecycle policy evaluation rules", "Examples of lifecycle policies", "Archiving an image", "Service quotas"; in
 * the API reference "PutLifecyclePolicy", which takes 100 to 30,720 characters. No valid rule is shorter than that.
 */
const closed = { additionalProperties: false }
const Filters = Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })
const Rule = Type.Object(
  {
    rulePriority: Type.Integer({ minimum: 1 }),
    description: Type.Optional(Type.String()),
    selection: Type.Object(
      {
        tagStatus: Type.Enum(['tagged', 'untagged', 'any']),
        tagPatternList: Type.Optional(Filters),
        tagPrefixList: Type.Optional(Filters),
        storageClass: Type.Optional(Type.Enum(['standard', 'archive'])),
        countType: Type.Enum([
          ...([
            'imageCountMoreThan',
            'sinceImagePushed',
            'sinceImagePulled',
            'sinceImageTransitioned',
          ] as const),
        ]),
        countUnit: Type.Optional(Type.Enum(['days'])),
        countNumber: Type.Integer({ minimum: 1 }),
      },
      closed,
    ),
    action: Type.Object(
      {
        type: Type.Enum(['expire', 'transition']),
        targetStorageClass: Type.Optional(Type.Enum(['archive'])),
      },
      closed,
    ),
  },
  closed,
)
/** What `aws ecr get-lifecycle-policy` prints beside the policy. */
const ADDED = {
  registryId: Type.Optional(Type.Unknown()),
  repositoryName: Type.Optional(Type.Unknown()),
  lastEvaluatedAt: Type.Optional(Type.Unknown()),
}
const Policy = Type.Object({ ...ADDED, rules: Type.Array(Rule, { minItems: 1, maxItems: 50 }) }, closed)
const Answer = Type.Object({ ...ADDED, lifecyclePolicyText: Type.String() }, closed)

export type EcrRule = Static<typeof Rule>

const MOST_CHARACTERS = 30_720
const MOST_WILDCARDS = 4
/** An image that is archived stays so for at least this long. */
const DAYS_IN_ARCHIVE = 90

/**
 * Reads a lifecycle policy, or the answer of ECR's API that holds one. The rules come by priority, the first one first.
 * @throws PolicyError for what `PutLifecyclePolicy` refuses
 */
export function readEcrPolicy(document: unknown): EcrRule[] {
  const policy = policyIn(document)
  const { rules } = readShape(Policy, policy)
  // The text has at least as many characters as its shortest form.
  if (JSON.stringify({ rules }).length > MOST_CHARACTERS)
    throw new PolicyError('rules', `a policy has at most ${MOST_CHARACTERS} characters`)
  for (const [index, rule] of rules.entries()) checkRule(rule, `rules[${index}]`)
  checkPriorities(rules)
  for (const storageClass of ['standard', 'archive'] as const) checkSelections(rules, storageClass)
  return rules.toSorted((a, b) => a.rulePriority - b.rulePriority)
}

function policyIn(document: unknown): unknown {
  if (typeof document !== 'object' || document === null || !('lifecyclePolicyText' in document))
    return document
  const { lifecyclePolicyText } = readShape(Answer, document)
  try {
    return JSON.parse(lifecyclePolicyText)
  } catch {
    throw new PolicyError('lifecyclePolicyText', 'it is not JSON')
  }
}

export const storageClassOf = ({ selection }: EcrRule): 'standard' | 'archive' =>
  selection.storageClass ?? 'standard'

function checkRule({ selection, action }: EcrRule, path: string): void {
  const { tagStatus, tagPatternList, tagPrefixList, countType, countUnit, countNumber } = selection
  const refuse = (field: string, message: string): never => {
    throw new PolicyError(`${path}.${field}`, message)
  }
  if (tagStatus !== 'tagged') {
    const field = tagPatternList ? 'tagPatternList' : tagPrefixList && 'tagPrefixList'
    if (field) refuse(`selection.${field}`, 'only a rule for tagged images has a list of tags')
  } else if (!tagPatternList && !tagPrefixList)
    refuse('selection.tagPatternList', 'a rule for tagged images needs tagPatternList or tagPrefixList')
  if (tagPatternList && tagPrefixList)
    refuse('selection.tagPrefixList', 'a rule has either tagPatternList or tagPrefixList')
  for (const [index, pattern] of (tagPatternList ?? []).entries())
    if (pattern.split('*').length - 1 > MOST_WILDCARDS)
      refuse(`selection.tagPatternList[${index}]`, `a pattern has at most ${MOST_WILDCARDS} wildcards (*)`)

  if (countType === 'imageCountMoreThan') {
    if (countUnit) refuse('selection.countUnit', 'a count has no unit')
  } else if (!countUnit) refuse('selection.countUnit', `${countType} needs the unit days`)

  if (countType === 'sinceImageTransitioned') {
    if (selection.storageClass !== 'archive')
      refuse('selection.storageClass', `${countType} needs the storage class archive`)
    if (action.type !== 'expire') refuse('action.type', `the action of ${countType} is expire`)
    if (countNumber < DAYS_IN_ARCHIVE)
      refuse('selection.countNumber', `an image stays archived for at least ${DAYS_IN_ARCHIVE} days`)
  } else if (selection.storageClass === 'archive')
    refuse('selection.storageClass', `the storage class of ${countType} is standard`)
  if (countType === 'sinceImagePulled' && action.type !== 'transition')
    refuse('action.type', `the action of ${countType} is transition, never expire`)

  if (action.type === 'transition' && !action.targetStorageClass)
    refuse('action.targetStorageClass', 'a transition needs the storage class archive')
  if (action.type === 'expire' && action.targetStorageClass)
    refuse('action.targetStorageClass', 'only a transition has a target')
}

function checkPriorities(rules: readonly EcrRule[]): void {
  const seen = new Set<number>()
  for (const [index, { rulePriority }] of rules.entries()) {
    if (seen.has(rulePriority))
      throw new PolicyError(`rules[${index}].rulePriority`, `another rule has the priority ${rulePriority}`)
    seen.add(rulePriority)
  }
}

/** Checks the rules for one storage class against each other. What ECR limits to one rule, it limits per storage class. */
function checkSelections(rules: readonly EcrRule[], storageClass: 'standard' | 'archive'): void {
  const last = Math.max(
    ...rules.filter((rule) => storageClassOf(rule) === storageClass).map(({ rulePriority }) => rulePriority),
  )
  const seen = new Set<string>()
  for (const [index, rule] of rules.entries()) {
    if (storageClassOf(rule) !== storageClass) continue
    const { tagStatus, tagPrefixList } = rule.selection
    if (tagStatus === 'tagged' && !tagPrefixList) continue
    const field = tagPrefixList ? 'tagPrefixList' : 'tagStatus'
    const selected = JSON.stringify(tagPrefixList ? [...new Set(tagPrefixList)].sort() : tagStatus)
    if (seen.has(selected))
      throw new PolicyError(`rules[${index}].selection.${field}`, `another rule selects ${selected} too`)
    seen.add(selected)
    if (tagStatus === 'any' && rule.rulePriority !== last)
      throw new PolicyError(
        `rules[${index}].rulePriority`,
        'the rule for any image must have the highest number',
      )
  }
}
