import type { Damage } from './damage.ts'

/** An image that cannot be pulled whole: a manifest that a tag names, or that no index of the repository lists. */
export interface BrokenImage {
  repository: string
  /** Of its manifest or index. */
  digest: string
  /** The first `MOST_TAGS`, in order. */
  tags: string[]
  tagCount: number
  /** What is wrong with it and with all that it lists: the first `MOST_DAMAGES`. */
  damages: Damage[]
  damageCount: number
}

/** A repository as it was looked at. */
export interface LookedAt {
  repository: string
  manifests: readonly {
    digest: string
    /** `undefined`: not known here. */
    references: readonly { kind: string; digest: string; size: number }[] | undefined
    /** What is wrong with its own contents; `undefined` if nobody has looked. */
    damages?: readonly Damage[]
  }[]
  unreadable: readonly ({ digest: string; damage?: Damage } | { tag: string })[]
  tags: readonly { tag: string; digest: string }[]
}

export const MOST_TAGS = 20
export const MOST_DAMAGES = 20

/** The tag under which clients list referrers (OCI distribution spec 1.1): what it lists need not be there. */
const REFERRERS_TAG = /^sha\d+-[0-9a-f]{32,}$/

/** A manifest, and what is below it. */
interface Seen {
  damages: Damage[]
  /** Whether it and all below it were looked at. */
  isKnown: boolean
}

/**
 * The images of a repository that are broken, and the digests of those that are whole. An image that was not looked at is
 * in neither. `sparse`: whether an index may lack children as long as it has one of them.
 */
export function brokenImages(
  reading: LookedAt,
  { sparse }: { sparse: boolean },
): { broken: BrokenImage[]; whole: Set<string> } {
  const tagsOf = Map.groupBy(reading.tags, ({ digest }) => digest)
  const own = new Map<string, Seen>()
  for (const { digest, damages, references } of reading.manifests)
    own.set(digest, {
      damages: [...(damages ?? [])],
      isKnown: damages !== undefined && references !== undefined,
    })
  for (const one of reading.unreadable)
    if ('digest' in one)
      own.set(one.digest, { damages: one.damage ? [one.damage] : [], isKnown: one.damage !== undefined })

  const isReferrerList = (digest: string): boolean => {
    const named = tagsOf.get(digest) ?? []
    return named.length > 0 && named.every(({ tag }) => REFERRERS_TAG.test(tag))
  }
  const childrenOf = new Map<string, readonly { digest: string; size: number }[]>()
  for (const { digest, references = [] } of reading.manifests) {
    const children = references.filter(({ kind }) => kind === 'child')
    if (children.length > 0 && !isReferrerList(digest)) childrenOf.set(digest, children)
  }
  const listed = new Set([...childrenOf.values()].flat().map(({ digest }) => digest))

  function lookInto(digest: string, seen: Set<string>): Seen[] {
    const here = own.get(digest)
    if (seen.has(digest) || here === undefined) return []
    seen.add(digest)
    const children = childrenOf.get(digest) ?? []
    const isSparse = sparse && children.some((child) => own.has(child.digest))
    const below = children.flatMap((child): Seen[] => {
      if (own.has(child.digest)) return lookInto(child.digest, seen)
      const damage = { digest: child.digest, part: 'child', fault: 'missing', size: child.size } as const
      return [{ damages: isSparse ? [] : [damage], isKnown: true }]
    })
    return [here, ...below]
  }

  const broken: BrokenImage[] = []
  const whole = new Set<string>()
  for (const digest of own.keys()) {
    const tags = (tagsOf.get(digest) ?? []).map(({ tag }) => tag).sort()
    if (tags.length === 0 && listed.has(digest)) continue
    const all = lookInto(digest, new Set())
    const damages = [...new Map(all.flatMap((one) => one.damages).map((one) => [one.digest, one])).values()]
    if (damages.length === 0 && all.every(({ isKnown }) => isKnown)) whole.add(digest)
    if (damages.length > 0) broken.push(imageOf(reading.repository, digest, tags, damages))
  }
  return { broken, whole }
}

export const imageOf = (
  repository: string,
  digest: string,
  tags: readonly string[],
  damages: readonly Damage[],
): BrokenImage => ({
  ...{ repository, digest, tags: tags.slice(0, MOST_TAGS), tagCount: tags.length },
  ...{ damages: damages.slice(0, MOST_DAMAGES), damageCount: damages.length },
})
