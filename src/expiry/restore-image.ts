import { type Static, Type } from 'typebox'
import type { Logger } from '../platform/log.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Families } from './families.ts'
import type { Trash, TrashEntry } from './trash.ts'
import type { TrashReader } from './trash-reader.ts'
import { bytesOf, type Lost, makeFindTrashed, type TrashedImage } from './trashed-image.ts'

const Digest = Type.String({ description: 'The digest of the manifest.' })

/** What was brought back. */
export const Restored = Type.Object({
  registry: Type.String({ description: 'The registry.' }),
  repository: Type.String({ description: 'The repository in the registry.' }),
  digest: Type.String({ description: 'The digest of the image.' }),
  manifests: Type.Array(
    Type.Object({
      digest: Digest,
      outcome: Type.Union([Type.Literal('restored'), Type.Literal('present')], {
        description: '`present`: the registry had it.',
      }),
    }),
    {
      description:
        'The manifests of the image and of its signatures and other referrers, in the order in which they were put.',
    },
  ),
  tags: Type.Array(
    Type.Object({
      name: Type.String({ description: 'The name of the tag.' }),
      digest: Type.String({ description: 'The manifest that had it.' }),
      outcome: Type.Union([Type.Literal('restored'), Type.Literal('present'), Type.Literal('elsewhere')], {
        description:
          '`present`: the tag was there. `elsewhere`: it names another manifest now, and stays there.',
      }),
      names: Type.String({ description: 'The manifest that the tag names now.' }),
    }),
    { description: 'The tags that they had.' },
  ),
  lost: Type.Array(
    Type.Object({
      digest: Digest,
      tags: Type.Array(Type.String(), { description: 'The tags that it had.' }),
      why: Type.String({ description: 'What it needs and is gone.' }),
    }),
    { description: 'Signatures and other referrers that were deleted with the image and cannot come back.' },
  ),
})
export type Restored = Static<typeof Restored>

/** The image cannot come back, or the registry did not keep what it accepted. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError'
}

/**
 * Makes a function that brings an image back from the trash: children, the image, its tags, then its referrers, byte for
 * byte. Of a tag that was deleted alone it puts the tag, and the image only if that is gone by now. What the registry has stays as it is, so a restore can be repeated. @throws RestoreError, RegistryError
 */
export function makeRestoreImage(deps: {
  reader: Pick<TrashReader, 'get' | 'ofRepository'>
  clientOf: (registry: string) => RegistryClient
  families: Pick<Families, 'forget'>
  trash: Pick<Trash, 'noteRestored'>
  log: Logger
}) {
  return async function restoreImage(root: TrashEntry): Promise<Restored> {
    const { registry, repository, digest } = root
    const client = deps.clientOf(registry)
    if (root.tag !== undefined && (await client.headManifest(repository, digest)) !== undefined) {
      const tag = await putTag(client, root, root.tag)
      if (tag.outcome !== 'elsewhere') await deps.trash.noteRestored(root)
      return told({
        ...{ registry, repository, digest, manifests: [{ digest, outcome: 'present' }], lost: [] },
        tags: [tag],
      })
    }
    const find = makeFindTrashed({ client, reader: deps.reader, registry, repository })
    const image = await find.imageOf(root)
    if (image.lost.length > 0)
      throw new RestoreError(
        `nothing was put back: ${registry}/${repository}@${digest} cannot come back without ${listed(image.lost)}`,
      )
    const referrers = await find.referrersOf(image)
    const restored: Restored = { registry, repository, digest, manifests: [], tags: [], lost: [] }
    for (const one of [image, ...referrers])
      if (one.lost.length === 0) await putImage(client, one, restored)
      else
        restored.lost.push({
          digest: one.root.digest,
          tags: one.root.tags,
          why: `it needs ${listed(one.lost)}`,
        })
    return told(restored)
  }

  function told(restored: Restored): Restored {
    const { registry, repository, digest } = restored
    const tags = restored.tags.filter(({ outcome }) => outcome === 'restored').map(({ name }) => name)
    deps.log.info(
      restored,
      `restored from the trash: ${registry}/${repository}@${digest} (${tags.join(', ') || 'no tag'})`,
    )
    return restored
  }

  async function putImage(client: RegistryClient, image: TrashedImage, restored: Restored): Promise<void> {
    for (const entry of image.manifests) {
      if (restored.manifests.some(({ digest }) => digest === entry.digest)) continue
      restored.manifests.push({ digest: entry.digest, outcome: await putManifest(client, entry) })
      for (const name of entry.tags) restored.tags.push(await putTag(client, entry, name))
    }
    // All parts are there again: what an unfinished run was still to delete with them stays.
    for (const entry of image.manifests) {
      await deps.families.forget(entry.registry, entry)
      await deps.trash.noteRestored(entry)
    }
  }
}

async function putManifest(client: RegistryClient, entry: TrashEntry): Promise<'restored' | 'present'> {
  const { repository, digest, mediaType } = entry
  if ((await client.headManifest(repository, digest)) !== undefined) return 'present'
  const bytes = bytesOf(entry)
  await client.putManifest(repository, digest, bytes, mediaType)
  const stored = await client.getManifest(repository, digest)
  if (stored === undefined || !stored.bytes.equals(bytes)) throw notKept(entry, `@${digest}`)
  return 'restored'
}

async function putTag(
  client: RegistryClient,
  entry: TrashEntry,
  name: string,
): Promise<Restored['tags'][number]> {
  const { repository, digest, mediaType } = entry
  const now = await client.headManifest(repository, name)
  if (now !== undefined)
    return { name, digest, outcome: now.digest === digest ? 'present' : 'elsewhere', names: now.digest }
  await client.putManifest(repository, name, bytesOf(entry), mediaType)
  const stored = await client.headManifest(repository, name)
  if (stored?.digest !== digest) throw notKept(entry, `:${name}`)
  return { name, digest, outcome: 'restored', names: digest }
}

const notKept = ({ registry, repository }: TrashEntry, reference: string) =>
  new RestoreError(
    `the registry accepted ${registry}/${repository}${reference} and does not have it: its cache of blobs may be older than ` +
      'its last garbage collection. Restart the registry and restore again; what was put back until now stays',
  )

/** How many contents a message names. */
const NAMED = 10

function listed(lost: readonly Lost[]): string {
  const named = lost.slice(0, NAMED).map(({ kind, digest, why }) => `the ${kind} ${digest} (${why})`)
  const more = lost.length - named.length
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ')
}
