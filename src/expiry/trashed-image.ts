import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import { type ParsedManifest, parseManifest } from '../registry/manifest.ts'
import { InvalidManifest } from '../registry/registry-error.ts'
import { digestKey } from '../usage/digest-key.ts'
import { subjectKeysOfTag } from './relations.ts'
import type { TrashEntry } from './trash.ts'
import type { TrashReader } from './trash-reader.ts'

/** Blobs that are looked for at once. */
const PARALLEL = 8

/** What a manifest needs and cannot be had any more. */
export interface Lost {
  kind: 'blob' | 'manifest'
  digest: string
  /** Half a sentence about it. */
  why: string
}

/** An image in the trash with all that it lists, as far as the trash has it. */
export interface TrashedImage {
  root: TrashEntry
  /** With the root. Children come before the index that lists them. */
  manifests: TrashEntry[]
  /** While there is any, the image cannot come back. */
  lost: Lost[]
}

/** Finds out what can come back from the trash of one repository. It asks its registry, and changes nothing. */
export function makeFindTrashed(deps: {
  client: Pick<RegistryClient, 'headManifest' | 'headBlob' | 'readsBlob'>
  reader: Pick<TrashReader, 'get' | 'ofRepository'>
  registry: string
  repository: string
}) {
  const { client, reader, registry, repository } = deps
  /** Images share blobs, such as an empty config. */
  const blobs = new Map<string, Promise<Lost | undefined>>()

  async function imageOf(root: TrashEntry): Promise<TrashedImage> {
    const manifests = new Map<string, TrashEntry>()
    const lost: Lost[] = []
    const visited = new Set<string>()

    async function visit(entry: TrashEntry): Promise<void> {
      visited.add(entry.digest)
      const parsed = parse(entry)
      for (const { digest } of parsed?.children ?? []) await visitChild(digest)
      const contents = [...(parsed?.config ? [parsed.config] : []), ...(parsed?.layers ?? [])]
      // Content with `urls` may be stored elsewhere.
      const needed = new Set(contents.filter(({ foreign }) => !foreign).map(({ digest }) => digest))
      const absent = await pMap(needed, lostBlob, { concurrency: PARALLEL })
      // An index may list manifests of unknown media types.
      for (const one of absent.filter((one) => one !== undefined))
        if (parsed?.kind === 'index') await visitChild(one.digest, one)
        else lost.push(one)
      manifests.set(entry.digest, entry)
    }

    async function visitChild(digest: string, otherwise: Lost = NO_MANIFEST(digest)): Promise<void> {
      if (visited.has(digest)) return
      const isThere = (await client.headManifest(repository, digest)) !== undefined
      const entry = await reader.get({ registry, repository, digest })
      // A child that is there may lack tags still, if it was deleted after its index and a restore did not come to its end.
      if (entry !== undefined && (!isThere || entry.at >= root.at)) await visit(entry)
      else if (!isThere) lost.push(otherwise)
    }

    await visit(root)
    return { root, manifests: [...manifests.values()], lost }
  }

  function lostBlob(digest: string): Promise<Lost | undefined> {
    const found = blobs.get(digest) ?? findBlob(digest)
    blobs.set(digest, found)
    return found
  }

  async function findBlob(digest: string): Promise<Lost | undefined> {
    if ((await client.headBlob(repository, digest)) === undefined)
      return { kind: 'blob', digest, why: 'the registry does not have it any more' }
    // The answer to HEAD may be that of a cache (docs/registries.md, Registry API). The first byte is not.
    return (await client.readsBlob(repository, digest))
      ? undefined
      : { kind: 'blob', digest, why: 'the registry announces it, but does not send it' }
  }

  return {
    imageOf,

    /**
     * What signs or describes the image or a part of it, and what signs that, and so on, as far as it was deleted with the
     * image, which means: after it. Each comes after its subject.
     */
    async referrersOf(image: TrashedImage): Promise<TrashedImage[]> {
      const candidates = new Map<string, string[]>()
      for await (const entry of reader.ofRepository(registry, repository))
        if (entry.tag === undefined && entry.at >= image.root.at)
          candidates.set(entry.digest, subjectKeysOf(entry))
      const found: TrashedImage[] = []
      const subjects = new Set(image.manifests.map(({ digest }) => digestKey(digest)))
      for (const { digest } of image.manifests) candidates.delete(digest)
      for (let isMore = true; isMore; ) {
        isMore = false
        for (const [digest, keys] of candidates) {
          if (!keys.some((key) => subjects.has(key))) continue
          candidates.delete(digest)
          const entry = await reader.get({ registry, repository, digest })
          if (entry === undefined) continue
          const referrer = await imageOf(entry)
          found.push(referrer)
          for (const one of referrer.manifests) subjects.add(digestKey(one.digest))
          isMore = true
        }
      }
      return found
    },
  }
}

const NO_MANIFEST = (digest: string): Lost => ({
  ...{ kind: 'manifest', digest, why: 'neither the registry nor the trash has it' },
})

const subjectKeysOf = (entry: TrashEntry): string[] => {
  const subject = parse(entry)?.subject
  return [...(subject ? [digestKey(subject.digest)] : []), ...entry.tags.flatMap(subjectKeysOfTag)]
}

export const bytesOf = ({ manifest }: TrashEntry): Buffer => Buffer.from(manifest, 'base64')

/** `undefined` for a kind that cannot be parsed. Its registry had it nevertheless. */
function parse(entry: TrashEntry): ParsedManifest | undefined {
  try {
    return parseManifest(bytesOf(entry), entry.mediaType)
  } catch (error) {
    if (error instanceof InvalidManifest) return undefined
    throw error
  }
}
