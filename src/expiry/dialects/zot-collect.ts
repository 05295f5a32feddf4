import type { PolicyImage } from './dialect.ts'
import { expire, type Item, keep, type Opinion } from './items.ts'
import { candidateOf, keptBy } from './zot-criteria.ts'
import { hasCriteria, type RepositoryPolicy } from './zot-policy.ts'

/** zot's `gcDelay` if it is not set, in µs (pkg/storage/constants, DefaultGCDelay). */
export const DEFAULT_GC_DELAY = 3600e6

type Rules = Pick<RepositoryPolicy, 'path' | 'deleteReferrers' | 'deleteUntagged' | 'keepUntagged'>

/** Where no policy matches, untagged manifests go and referrers stay (HasDeleteUntagged and HasDeleteReferrer). */
const NO_POLICY: Rules = {
  path: '',
  deleteReferrers: false,
  deleteUntagged: true,
  keepUntagged: undefined,
}

/**
 * Decides on the manifests of one repository that have no tags, as zot's garbage collection does after it took tags
 * (pkg/storage/gc/gc.go, removeManifestsPerRepoPolicy). Until nothing changes, a manifest goes that has no tag left, that
 * no index lists and that has no subject; with `deleteReferrers` also one whose subject is gone, with its tags. Nothing
 * goes that was pushed less than `delay` (µs) ago. `opinions` has those on tags; they are changed and added to. Gives the
 * manifests that stay without the tags that they had, with the reasons.
 */
export function collect(
  policy: RepositoryPolicy | undefined,
  items: readonly Item[],
  opinions: Map<Item, Opinion>,
  delay: number,
  now: number,
): Map<PolicyImage, string> {
  const rules: Rules = policy ?? NO_POLICY
  const itemsOf = Map.groupBy(items, ({ image }) => image)
  const images = [...itemsOf.keys()]
  const byDigest = new Map(images.map((image) => [image.digest, image]))
  const referrers = new Map<string, PolicyImage[]>()
  for (const item of items)
    for (const subject of subjectsOf(item)) {
      const known = referrers.get(subject)
      if (known === undefined) referrers.set(subject, [item.image])
      else known.push(item.image)
    }
  const holders = new Map<string, number>()
  for (const { children } of images)
    for (const child of new Set(children)) holders.set(child, (holders.get(child) ?? 0) + 1)
  const statistics = keptUntagged(rules, items, now)
  const gone = new Set<PolicyImage>()

  const hasSubject = (subject: string): boolean => {
    const image = byDigest.get(subject)
    return image !== undefined && !gone.has(image)
  }
  const isOlder = ({ pushedAt }: PolicyImage, age: number): boolean =>
    pushedAt !== null && pushedAt + age <= now
  const hasTag = (image: PolicyImage): boolean =>
    (itemsOf.get(image) ?? []).some((item) => item.tag !== undefined && opinions.get(item)?.isKept)

  /** `undefined` if the manifest goes. */
  function reasonToStay(image: PolicyImage): string | undefined {
    const isOrphan = image.subject !== null && !hasSubject(image.subject)
    if (isOrphan && rules.deleteReferrers && isOlder(image, delay)) return undefined
    if (hasTag(image)) return 'it has a tag'
    if (!rules.deleteUntagged) return `${rules.path}.deleteUntagged is false`
    if (image.subject !== null) return 'it has a subject'
    if ((holders.get(image.digest) ?? 0) > 0) return 'an index lists it'
    if (image.pushedAt === null) return 'it is not known when it was pushed'
    return statistics(image) ?? (isOlder(image, delay) ? undefined : 'it was pushed less than the delay ago')
  }

  // The loop also reaches what is pushed while it runs.
  const queue = [...images]
  for (const image of queue) {
    if (gone.has(image)) continue
    const tags = (itemsOf.get(image) ?? []).filter(({ tag }) => tag !== undefined)
    if (rules.deleteReferrers && isOlder(image, DEFAULT_GC_DELAY))
      for (const item of tags) {
        const subject = subjectOfTag(item.tag)
        if (subject !== undefined && !hasSubject(subject)) opinions.set(item, expire(ORPHAN))
      }
    if (reasonToStay(image) !== undefined) continue
    gone.add(image)
    for (const item of tags) if (opinions.get(item)?.isKept) opinions.set(item, expire(ORPHAN))
    for (const child of new Set(image.children)) {
      const left = (holders.get(child) ?? 0) - 1
      holders.set(child, left)
      const listed = byDigest.get(child)
      if (left === 0 && listed !== undefined) queue.push(listed)
    }
    for (const referrer of referrers.get(image.digest) ?? []) queue.push(referrer)
  }

  for (const item of items) {
    if (item.tag !== undefined) continue
    const { image } = item
    const goes = image.subject === null ? 'it has no tag, and no index lists it' : ORPHAN
    opinions.set(item, gone.has(image) ? expire(goes) : keep(reasonToStay(image) ?? ''))
  }
  const stripped = images.filter((image) => image.tags.length > 0 && !hasTag(image) && !gone.has(image))
  return new Map(stripped.map((image) => [image, reasonToStay(image) ?? '']))
}

const ORPHAN = 'deleteReferrers is true, and its subject is gone'

/** What cosign's tags refer to by their name, as zot takes them. */
function subjectOfTag(tag = ''): string | undefined {
  const hex = /^sha256-([0-9a-f]{64})\.(?:sig|sbom)$/.exec(tag)?.[1]
  return hex === undefined ? undefined : `sha256:${hex}`
}

const subjectsOf = ({ image, tag }: Item): string[] =>
  [image.subject, subjectOfTag(tag)].filter((subject) => typeof subject === 'string')

/**
 * What `keepUntagged` says of manifests without tags: the reason if it keeps one (GetRetainedUntaggedFromMetaDB). zot drops
 * the statistics of a manifest with its last tag, so one that loses it now is kept. Children of an index that were pushed on
 * their own are counted like any other manifest; signatures have no statistics, so they are not.
 */
function keptUntagged(
  { path, keepUntagged }: Rules,
  items: readonly Item[],
  now: number,
): (image: PolicyImage) => string | undefined {
  if (keepUntagged === undefined || !hasCriteria(keepUntagged)) return () => undefined
  const untagged = items.filter(({ tag, image }) => tag === undefined && image.subject === null)
  const kept = keptBy(
    keepUntagged,
    untagged.flatMap((item) => candidateOf(item) ?? []),
    now,
  )
  const reasons = new Map(
    [...kept].map(([{ image }, reason]) => [image, `${reason} of ${path}.keepUntagged`]),
  )
  return (image) => (image.tags.length > 0 ? 'zot has no statistics of it' : reasons.get(image))
}
