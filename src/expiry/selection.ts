import { type MatchTag, makeMatchTag } from '../platform/match-tag.ts'
import {
  ageOfItem,
  type Item,
  isOlder,
  isUnused,
  type KnownUse,
  PARTIAL_US,
  useIsUnknown,
  useOfItem,
} from './age-and-use.ts'
import {
  hasAnnotation,
  hasArtifactType,
  hasLabel,
  hasMediaType,
  isLargerThan,
  isOfKind,
  isPushedBy,
  isSmallerThan,
  type Condition as OfDetails,
} from './conditions-details.ts'
import type { Details } from './details/details.ts'
import type { Finding } from './finding.ts'
import { ordinaryTags } from './relations.ts'
import type { Selection } from './rule.ts'

/** What the conditions of rules need to know beside the images. */
export interface Circumstances {
  /** epoch µs */
  now: number
  use: KnownUse
  /** By digest. */
  details?: ReadonlyMap<string, Details> | undefined
  /** Who pushed each tag last. */
  pushers?: ReadonlyMap<string, string> | undefined
}

type Condition = (item: Item) => Finding

/** A selection that is ready to be compared with many items. */
export interface CompiledSelection {
  /** Whether an item has a name that the selection is about: its tag, none, or all of the image's. */
  isAbout(item: Item): boolean
  /** The other conditions, up to the first that does not hold for certain; with `all`, each. */
  findings(item: Item, all?: boolean): Finding[]
  /** Why an item is not one that the selection is about though it nearly is; `undefined` if it is far from it. */
  nameMiss(item: Item): string | undefined
  groupOf(item: Item, group: string): string
}

export function compileSelection(selection: Selection, circumstances: Circumstances): CompiledSelection {
  const tag = selection.tag && makeMatchTag(selection.tag)
  const only = selection.only && makeMatchTag(selection.only.tag)
  const conditions = [
    ...conditionsOnTime(selection, circumstances),
    ...conditionsOnDetails(selection, circumstances),
  ]
  const isOnly = ({ image }: Item, { matches }: MatchTag): boolean => {
    const tags = ordinaryTags(image)
    return tags.length > 0 && tags.every(({ name }) => matches(name))
  }
  return {
    isAbout: (item) =>
      (tag === undefined || (item.tag !== undefined && tag.matches(item.tag.name))) &&
      (selection.tagged === undefined || selection.tagged === (item.tag !== undefined)) &&
      (only === undefined || isOnly(item, only)),

    findings(item, all = false) {
      const findings: Finding[] = []
      for (const condition of conditions) {
        const finding = condition(item)
        findings.push(finding)
        if (finding.holds === false && !all) break
      }
      return findings
    },

    nameMiss(item) {
      if (item.tag === undefined) return undefined
      const part = tag?.partOf(item.tag.name)
      if (part !== undefined) return `its pattern matches \`${part}\`, not the whole tag`
      const isTag = tag === undefined || tag.matches(item.tag.name)
      const other = only && ordinaryTags(item.image).find(({ name }) => !only.matches(name))
      return isTag && other !== undefined ? `the image has the tag ${other.name}, too` : undefined
    },

    groupOf: ({ tag: named }, group) => (named === undefined ? '' : (tag?.groupOf(named.name, group) ?? '')),
  }
}

function conditionsOnTime({ olderThan, notUsedFor, trust }: Selection, { now, use }: Circumstances) {
  const conditions: Condition[] = []
  if (olderThan !== undefined)
    conditions.push((item) => isOlder(now, ageOfItem(item, trust), olderThan * 1000))
  if (notUsedFor !== undefined)
    conditions.push((item) => {
      const unused = isUnused(now, useOfItem(item, use), notUsedFor * 1000)
      if (unused.holds !== true) return unused
      const unknown = useIsUnknown(use, isOlder(now, ageOfItem(item, trust), PARTIAL_US).holds === true)
      return unknown === undefined ? unused : { holds: undefined, because: unknown }
    })
  return conditions
}

function conditionsOnDetails(selection: Selection, { details, pushers }: Circumstances): Condition[] {
  const {
    kind,
    mediaType,
    artifactType,
    largerThan,
    smallerThan,
    label = {},
    annotation = {},
    pushedBy,
  } = selection
  const conditions: OfDetails[] = []
  if (kind !== undefined) conditions.push(isOfKind(kind))
  if (mediaType !== undefined) conditions.push(hasMediaType(mediaType))
  if (artifactType !== undefined) conditions.push(hasArtifactType(artifactType))
  if (largerThan !== undefined) conditions.push(isLargerThan(largerThan))
  if (smallerThan !== undefined) conditions.push(isSmallerThan(smallerThan))
  for (const [name, value] of Object.entries(label)) conditions.push(hasLabel(name, value))
  for (const [name, value] of Object.entries(annotation)) conditions.push(hasAnnotation(name, value))
  if (pushedBy !== undefined) conditions.push(isPushedBy(pushedBy))
  return conditions.map(
    (condition): Condition =>
      ({ image, tag, whole }) =>
        condition({ image, parts: whole, details: details?.get(image.digest), pushers, tag: tag?.name }),
  )
}

/** What a selection must be told beside the index: what manifests and configs say, and who pushed. */
export const needsOf = ({ kind, mediaType, artifactType, label, annotation, pushedBy }: Selection) => ({
  details: (kind ?? mediaType ?? artifactType ?? label ?? annotation) !== undefined,
  labels: label !== undefined,
  pushers: pushedBy !== undefined,
})
