import type { Decide, Dialect, Outcome, PolicyImage, Scene } from './dialect.ts'
import { expire, type Item, keep, type Opinion } from './items.ts'
import { type PrunePolicy, readPrunePolicies } from './quay-policy.ts'

/**
 * Quay's auto-prune policies, of an organization or of a repository. In each repository, all policies by age act first,
 * then those by number, both in the order of the list. What one prunes, the next does not see (execute_policies_for_repo
 * in data/model/autoprune.py).
 */
export const quay: Dialect = {
  unit: 'tag',
  decidesUntagged: false,
  heedsPulls: false,
  read(document): Decide {
    const { policies, warnings } = readPrunePolicies(document)
    return (scene) => decide(policies, warnings, scene)
  },
}

/** A tag, or a manifest without tags. */
interface Entry extends Item {
  taggedAt: number | null
}

/** A tag that policies see, and when it was set, in epoch µs: a tag that moves is new (`lifetime_start_ms`). */
interface Candidate {
  entry: Entry
  name: string
  taggedAt: number
}

function decide(
  policies: readonly PrunePolicy[],
  warnings: readonly string[],
  { images, now }: Scene,
): Outcome {
  const entries = images.flatMap((image): Entry[] =>
    image.tags.length === 0
      ? [{ image, taggedAt: null }]
      : image.tags.map(({ name, taggedAt }) => ({ image, tag: name, taggedAt })),
  )
  const inOrder = [...policies].sort((a, b) => Number('count' in a.limit) - Number('count' in b.limit))
  const opinions = new Map<Entry, Opinion>()
  for (const repository of Map.groupBy(entries, ({ image }) => image.repository).values())
    prune(inOrder, repository, opinions, now)

  const verdicts = entries.map((entry) => {
    const { image, tag } = entry
    const opinion = opinions.get(entry) ?? keep(reasonToSpare(entry) ?? 'no policy selects it')
    return { image, ...(tag === undefined ? {} : { tag }), ...opinion }
  })
  return { verdicts, warnings: [...warnings, ...warningsOf(verdicts)] }
}

/** Prunes one repository. Adds opinions on what a policy pruned or counted. */
function prune(
  policies: readonly PrunePolicy[],
  entries: readonly Entry[],
  opinions: Map<Entry, Opinion>,
  now: number,
): void {
  let left = entries.flatMap((entry) => candidateOf(entry) ?? [])
  for (const { limit, selects, reasons } of policies) {
    const seen = left.filter(({ name }) => selects(name))
    const pruned = new Set(
      'count' in limit
        ? seen.toSorted(byAge).slice(limit.count)
        : seen.filter(({ taggedAt }) => now - taggedAt > limit.age),
    )
    for (const candidate of seen)
      opinions.set(candidate.entry, pruned.has(candidate) ? expire(reasons.pruned) : keep(reasons.kept))
    left = left.filter((candidate) => !pruned.has(candidate))
  }
}

/** The newest first. Quay leaves ties to its database; here the name decides. */
const byAge = (a: Candidate, b: Candidate): number => b.taggedAt - a.taggedAt || (a.name < b.name ? -1 : 1)

function candidateOf(entry: Entry): Candidate | undefined {
  const { tag, taggedAt } = entry
  if (tag === undefined || taggedAt === null || reasonToSpare(entry) !== undefined) return undefined
  return { entry, name: tag, taggedAt }
}

/**
 * Why no policy sees the entry. What is spared takes no place in a count. Quay's queries leave out immutable tags and
 * cosign's names (fetch_paginated_autoprune_repo_tags_by_number in data/model/oci/tag.py). Quay knows the time of every tag;
 * where it is not known here, the tag is spared.
 */
function reasonToSpare({ image, tag, taggedAt }: Entry): string | undefined {
  if (tag === undefined) return 'Quay prunes tags, and it has none'
  if (subjectOf(tag) !== undefined) return "Quay does not prune cosign's tags"
  if (image.immutable) return 'it is immutable'
  return taggedAt === null ? 'it is not known when it was tagged' : undefined
}

/** COSIGN_TAG_SCHEMA_RE in data/model/oci/tag.py. */
const COSIGN = /^sha256-([a-f0-9]{64})\.(?:sig|att|sbom)$/

/** The digest that a tag of cosign names. */
function subjectOf(tag: string): string | undefined {
  const hex = COSIGN.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

/** Quay deletes cosign's tags with the last other tag of their image, whatever the policies (_expire_cosign_sibling_tags). */
function warningsOf(verdicts: Outcome['verdicts']): string[] {
  const keyOf = ({ repository }: PolicyImage, digest: string) => `${repository}@${digest}`
  const others = verdicts.filter(({ tag }) => tag !== undefined && subjectOf(tag) === undefined)
  const staying = new Set(
    others.filter(({ isKept }) => isKept).map(({ image }) => keyOf(image, image.digest)),
  )
  const losing = new Set(
    others.filter(({ isKept }) => !isKept).map(({ image }) => keyOf(image, image.digest)),
  )
  const isSibling = ({ image, tag = '' }: Item) => {
    const key = keyOf(image, subjectOf(tag) ?? '')
    return losing.has(key) && !staying.has(key)
  }
  return verdicts.some(isSibling)
    ? ["policies: Quay itself deletes cosign's tags with the last tag of their image; no policy decides that"]
    : []
}
