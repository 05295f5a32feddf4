import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import { InvalidManifest, isUnreadable, type RegistryError } from '../registry/registry-error.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { referencesOf } from '../usage/references-of.ts'
import { digestsIn } from './not-understood.ts'
import { requireWholeList } from './require-whole-list.ts'

/** Tags that are looked up at a time. */
const AT_ONCE = 8

type Which = 'all' | 'lacking' | 'new'

/**
 * How long a list of tags may be used for deletes, in ms, unless to make it takes longer than half of that; and how long tags
 * that the index lacks are not looked up again, unless that takes longer than a tenth of it.
 */
const LIST_MS = 1_000

/**
 * How long a list may be used that took `took` to make, in ms: five times as long, since the registry is asked by others, too,
 * but no longer than `LIST_MS`; twice as long if it is that slow, so that half of the time is left for deletes.
 */
const usableFor = (took: number): number => Math.max(2 * took, Math.min(LIST_MS, 5 * took))

/** How long after all tags were looked up only some are, in ms, if that takes at most a tenth of it; else ten times as long as that takes. */
const ALL_MS = 10_000

/**
 * Makes a function that tells what tags at the registry keep now that stand elsewhere than the index says: why, by digest.
 * It lists the tags again and looks up those that are new in the list; each second those that the index lacks, too; and from
 * time to time all. Deletes that go on at the same time share this. `images` gives those that the index has now.
 */
export function makeUntoldTags(
  client: Pick<RegistryClient, 'tags' | 'headManifest' | 'getManifest'>,
  { registry, repository }: { registry: string; repository: string },
  images: () => Promise<readonly IndexedImage[]>,
): () => Promise<ReadonlyMap<string, string>> {
  let seen: ReadonlySet<string> = new Set()
  let found: ReadonlyMap<string, string> = new Map()
  /** Until when not all tags, and not those that the index lacks, are looked up again. */
  let [allUntil, lackingUntil] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let last: { until: number; result: Promise<ReadonlyMap<string, string>> } | undefined

  async function lookUp(which: Which): Promise<void> {
    const tags = await Array.fromAsync(client.tags(repository))
    const known = await images()
    if (which === 'all') {
      const told = known.flatMap((image) => image.tags.map(({ name }) => name))
      await requireWholeList(client, { registry, repository }, tags, told)
    }
    const before = seen
    const isAsked = (tag: string, isTold: boolean) =>
      which === 'all' || !before.has(tag) || (which === 'lacking' && !isTold)
    const untold = await findUntoldTags(client, repository, known, tags, isAsked)
    found = which === 'all' ? untold : new Map([...found, ...untold])
    seen = new Set(tags)
  }

  /** Gives when it began to list the tags. */
  async function look(): Promise<number> {
    const beganAt = performance.now()
    const which = beganAt > allUntil ? 'all' : beganAt > lackingUntil ? 'lacking' : 'new'
    await lookUp(which)
    if (which === 'new') return beganAt
    const endedAt = performance.now()
    const rest = 10 * (endedAt - beganAt)
    lackingUntil = beganAt + Math.max(LIST_MS, rest)
    if (which === 'all') allUntil = beganAt + Math.max(ALL_MS, rest)
    // To look up thousands of tags takes some seconds. Others were pushed meanwhile.
    await lookUp('new')
    return endedAt
  }

  return () => {
    if (last !== undefined && performance.now() <= last.until) return last.result
    const looking = { until: Number.POSITIVE_INFINITY, result: read() } // It is shared while it is made.
    async function read() {
      const beganAt = await look()
      looking.until = beganAt + usableFor(performance.now() - beganAt)
      return found
    }
    last = looking
    looking.result.catch(() => {
      if (last === looking) last = undefined
    })
    return looking.result
  }
}

/**
 * Finds those of some tags at the registry that stand elsewhere than the index says, since their notifications were lost or
 * are late. Looks up those that are asked for; `isTold`: the index has the tag. Gives what they keep by its digest: the
 * image that a tag is on, and, if the index lacks that image, all that it lists. The values say why, for people.
 *
 * A tag that the registry cannot read, since its storage is damaged, keeps what it may name: the image that it is on by the
 * index, or any image if the index lacks the tag. @throws RegistryError if the registry is not well, or is away
 */
async function findUntoldTags(
  client: Pick<RegistryClient, 'headManifest' | 'getManifest'>,
  repository: string,
  images: readonly IndexedImage[],
  tags: readonly string[],
  isAsked: (tag: string, isTold: boolean) => boolean,
): Promise<Map<string, string>> {
  const told = new Map(images.flatMap(({ tags, digest }) => tags.map(({ name }) => [name, digest] as const)))
  const known = new Set(images.map(({ digest }) => digest))
  const asked = tags.filter((tag) => isAsked(tag, told.has(tag)))
  const found = new Map<string, string>()
  const keep = (digest: string, why: string) => void (found.has(digest) || found.set(digest, why))

  async function keepListed(digest: string, tag: string): Promise<void> {
    for (const { digest: listed, isManifest } of await listedBy(client, repository, digest)) {
      if (found.has(listed)) continue
      keep(listed, `it belongs to the tag ${tag} of the registry, which no notification told`)
      if (isManifest && !known.has(listed)) await keepListed(listed, tag)
    }
  }

  async function lookUp(tag: string): Promise<void> {
    const at = await client.headManifest(repository, tag)
    if (at === undefined || told.get(tag) === at.digest) return
    keep(at.digest, `the registry has the tag ${tag} on it, which no notification told`)
    // Of an image that the index has, the plan knows what it lists.
    if (!known.has(at.digest)) await keepListed(at.digest, tag)
  }

  function keepWhatMayBeNamed(tag: string, { answer }: RegistryError): void {
    const named = told.get(tag)
    if (named !== undefined) keep(named, `the registry cannot read its tag ${tag}: ${answer}`)
    else
      for (const digest of known)
        keep(digest, `the registry cannot read its tag ${tag}, which may name any image: ${answer}`)
  }

  const unread: string[] = []
  const lookUpAll = (some: readonly string[], onUnreadable: (tag: string, error: RegistryError) => void) =>
    pMap(
      some,
      (tag) =>
        lookUp(tag).catch((error) => {
          if (!isUnreadable(error)) throw error
          onUnreadable(tag, error)
        }),
      { concurrency: AT_ONCE },
    )
  await lookUpAll(asked, (tag) => unread.push(tag))
  // What fails once may have been a moment of the registry.
  await lookUpAll(unread, keepWhatMayBeNamed)
  return found
}

/**
 * All that a manifest lists, whatever it calls it, but not its subject. `isManifest`: it may be a manifest that lists more: what
 * an index lists may have any media type. If the manifest is not understood, all that its text names.
 */
async function listedBy(
  client: Pick<RegistryClient, 'getManifest'>,
  repository: string,
  digest: string,
): Promise<{ digest: string; isManifest: boolean }[]> {
  const manifest = await client.getManifest(repository, digest)
  if (manifest === undefined) return []
  try {
    const parsed = parseManifest(manifest.bytes, manifest.descriptor.mediaType)
    return referencesOf(parsed).flatMap(({ kind, digest: listed }) =>
      kind === 'subject' ? [] : [{ digest: listed, isManifest: kind === 'child' || parsed.kind === 'index' }],
    )
  } catch (error) {
    if (!(error instanceof InvalidManifest)) throw error
    return digestsIn(manifest.bytes).map((named) => ({ digest: named, isManifest: true }))
  }
}
