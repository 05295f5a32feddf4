import { expire, type Item, keep, type Opinion } from './items.ts'
import { type Candidate, candidateOf, keptBy } from './zot-criteria.ts'
import { hasCriteria, type KeepTags, type RepositoryPolicy } from './zot-policy.ts'

/** zot keeps these as signatures of their subject, without statistics (pkg/meta/parse.go, SetImageMetaFromInput). */
const COSIGN_SIGNATURE = /sha256-.+\.sig/

/** Patterns are searched in the tag, not anchored. An entry without patterns matches every tag (pkg/retention/matcher.go). */
export const isMatch = ({ patterns }: KeepTags, tag: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => pattern.test(tag))

/**
 * Decides on the tags of one repository, as GetRetainedTagsFromMetaDB does (pkg/retention/retention.go). A tag belongs to
 * the first entry of `keepTags` that matches it, and falls through to no other. An entry without criteria keeps what it
 * matches. The times are those of the manifest: a tag that is moved to an old manifest is old.
 */
export function decideTags(
  policy: RepositoryPolicy | undefined,
  tags: readonly Item[],
  now: number,
): (item: Item) => Opinion {
  if (policy === undefined) return () => keep('no policy matches its repository')
  const { path, keepTags } = policy
  if (keepTags.length === 0) return () => keep(`${path} has no keepTags`)

  const opinions = new Map<Item, Opinion>()
  const counted = tags
    .filter(({ tag = '' }) => !COSIGN_SIGNATURE.test(tag))
    .flatMap((item) => candidateOf(item) ?? [])
  const entryOf = ({ item: { tag = '' } }: Candidate) => keepTags.find((entry) => isMatch(entry, tag))
  for (const [entry, candidates] of Map.groupBy(counted, entryOf)) {
    const opinionOf =
      entry === undefined
        ? () => expire(`no pattern of ${path}.keepTags matches it`)
        : byEntry(entry, candidates, now)
    for (const { item } of candidates) opinions.set(item, opinionOf(item))
  }
  // What zot has no statistics of is kept, also if no pattern matches it.
  return (item) => opinions.get(item) ?? keep('zot has no statistics of it')
}

function byEntry(entry: KeepTags, candidates: readonly Candidate[], now: number): (item: Item) => Opinion {
  if (!hasCriteria(entry)) return () => keep(`${entry.path} keeps all that it matches`)
  const kept = keptBy(entry, candidates, now)
  return (item) => {
    const reason = kept.get(item)
    return reason === undefined
      ? expire(`it meets no criterion of ${entry.path}`)
      : keep(`${reason} of ${entry.path}`)
  }
}
