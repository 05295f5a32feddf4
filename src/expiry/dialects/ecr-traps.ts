import { printable } from '../../platform/printable.ts'
import type { ActiveRule, Decided } from './ecr.ts'
import { type EcrRule, storageClassOf } from './ecr-policy.ts'

/** Where a policy does something else than its author may think. A sentence each. */
export const trapsInRules = (rules: readonly EcrRule[]): string[] =>
  rules.flatMap((rule, index) => [
    ...archiveTraps(rule),
    ...tagTraps(rule),
    ...shadowTraps(rule, rules.slice(0, index)),
  ])

function archiveTraps(rule: EcrRule): string[] {
  const name = nameOf(rule)
  if (storageClassOf(rule) === 'archive')
    return [`${name} selects archived images. Tallyman archives nothing, so the rule expires nothing.`]
  if (rule.action.type === 'transition')
    return [
      `${name} archives images in ECR. Tallyman archives nothing, so the rule keeps the images that it selects, and no later rule expires them.`,
    ]
  return []
}

/** The characters of a tag, by the OCI distribution spec. */
const TAG_CHARACTERS = /^[\w.-]*$/

function tagTraps(rule: EcrRule): string[] {
  const { tagPatternList = [], tagPrefixList = [] } = rule.selection
  const name = nameOf(rule)
  const impossible = [
    ...tagPatternList.filter((pattern) => !TAG_CHARACTERS.test(pattern.replaceAll('*', ''))),
    ...tagPrefixList.filter((prefix) => !TAG_CHARACTERS.test(prefix)),
  ]
  return [
    ...impossible.map(
      (text) =>
        `${name} selects nothing: no tag can match "${printable(text)}". Only * in tagPatternList is a wildcard.`,
    ),
    ...(tagPatternList.length + tagPrefixList.length > 1
      ? [`${name} selects only images with tags for all entries of its list: the list means "and", not "or".`]
      : []),
  ]
}

/** A rule is without effect if one before it selects at least the same images: a list with fewer entries selects more. */
function shadowTraps(rule: EcrRule, earlier: readonly EcrRule[]): string[] {
  const entries = entriesOf(rule)
  const shadow = earlier.find(
    (other) =>
      storageClassOf(other) === storageClassOf(rule) &&
      other.selection.tagStatus === 'tagged' &&
      rule.selection.tagStatus === 'tagged' &&
      entriesOf(other).every((entry) => /^\*+$/.test(entry) || entries.includes(entry)),
  )
  return shadow
    ? [
        `${nameOf(rule)} has no effect: ${nameOf(shadow)} selects the same images, and only the first rule decides.`,
      ]
    : []
}

/** As patterns. */
const entriesOf = ({ selection }: EcrRule): string[] => [
  ...(selection.tagPatternList ?? []),
  ...(selection.tagPrefixList ?? []).map((prefix) => `${prefix}*`),
]

const DAY = 86_400e6

/** What the policy does to these images that its author may not expect. `now` is epoch µs. */
export const trapsInOutcome = (
  rules: readonly ActiveRule[],
  decided: readonly Decided[],
  now: number,
): string[] => [
  ...childTraps(rules, decided),
  ...rules.flatMap((one) => [...otherTagTraps(one, decided), ...retagTraps(one.rule, decided, now)]),
  ...referrerTraps(decided),
]

/** AWS documents no exception for children: github.com/aws/containers-roadmap/issues/2613 tells how they are counted. */
function childTraps(rules: readonly ActiveRule[], decided: readonly Decided[]): string[] {
  const children = decided.filter(({ image, relations }) => relations.listedBy(image).length > 0)
  return rules
    .filter(({ rule }) => rule.selection.countType === 'imageCountMoreThan')
    .flatMap(({ rule, selector }) => {
      const count = children.filter(({ image }) => selector.selects(image)).length
      return count === 0
        ? []
        : [
            `${nameOf(rule)} also counts the children of indexes. Of the images that it counts here: ${count}.`,
          ]
    })
}

/** An image goes with all its tags: github.com/aws/containers-roadmap/issues/1738. */
function otherTagTraps({ rule, selector }: ActiveRule, decided: readonly Decided[]): string[] {
  const count = decided.filter(
    (one) => !one.isKept && one.rule === rule && one.image.tags.some(({ name }) => !selector.isAbout(name)),
  ).length
  return count === 0
    ? []
    : [`${nameOf(rule)} expires images that also have tags that its list does not match: ${count}.`]
}

/** The age of an image is that of its first push: github.com/aws/containers-roadmap/issues/2746. */
function retagTraps(rule: EcrRule, decided: readonly Decided[], now: number): string[] {
  const { countType, countNumber } = rule.selection
  if (countType === 'imageCountMoreThan') return []
  const isRecent = ({ taggedAt }: { taggedAt: number | null }) =>
    taggedAt !== null && now - taggedAt <= countNumber * DAY
  const retagged = decided.filter((one) => !one.isKept && one.rule === rule && one.image.tags.some(isRecent))
  return retagged.length === 0
    ? []
    : [
        `${nameOf(rule)} expires images with a tag set in the last ${countNumber} days, because the push of the image is older: ${retagged.length}.`,
      ]
}

/** The rules treat signatures as images of their own: github.com/aws/containers-roadmap/issues/2613. */
function referrerTraps(decided: readonly Decided[]): string[] {
  const kept = new Set(decided.filter(({ isKept }) => isKept).map(({ image }) => image))
  const signatures = decided.filter(({ image, isKept, relations }) => {
    const subject = relations.subjectOf(image)
    return !isKept && subject !== undefined && kept.has(subject)
  })
  return signatures.length === 0
    ? []
    : [`The rules expire signatures or attestations of images that they keep: ${signatures.length}.`]
}

const nameOf = ({ rulePriority }: EcrRule): string => `Rule ${rulePriority}`
