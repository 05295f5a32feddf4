import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { RegistryClient } from '../registry/client.ts'
import { lacksContents, RegistryError } from '../registry/registry-error.ts'
import type { ObjectStore } from '../store/object-store.ts'

/** An image that must stay with these tags while another of its tags is deleted. */
const PutBack = Type.Object({
  repository: Type.String(),
  digest: Type.String(),
  tags: Type.Array(Type.String()),
  mediaType: Type.String(),
  /** The bytes of the manifest, in base64. */
  manifest: Type.String(),
})
export type PutBack = Static<typeof PutBack>

const folderOf = (registry: string): string => `expiry-put-backs/${registry}/`

/** The images of a registry that may have to be put back. Until then, nothing at the registry names what they need. */
export async function* pendingPutBacks(
  store: Pick<ObjectStore, 'list' | 'get'>,
  registry: string,
): AsyncGenerator<PutBack> {
  for await (const { key } of store.list(folderOf(registry))) {
    const body = await store.get(key)
    if (body !== undefined) yield Value.Parse(PutBack, JSON.parse(body.toString()))
  }
}

/**
 * Remembers images that a registry may delete with one of their tags, so that they are put back, also by a later run: the
 * objects `expiry-put-backs/<registry>/<repository>/<digest>.json`. `wait` repeats a request that the registry has no time for.
 */
export function makePutBacks(deps: {
  client: Pick<RegistryClient, 'headManifest' | 'putManifest'>
  registry: string
  store: ObjectStore
  wait: <T>(act: () => Promise<T>) => Promise<T>
}) {
  const { client, store, wait } = deps
  const folder = folderOf(deps.registry)
  const keyOf = ({ repository, digest }: PutBack) => `${folder}${repository}/${digest}.json`

  const forget = (image: PutBack): Promise<void> => store.delete(keyOf(image))

  /** Puts the image back, and those of its tags that name nothing now. Gives what it has put. @throws RegistryError */
  async function putBack(image: PutBack): Promise<string[]> {
    const { repository, digest, tags, mediaType } = image
    const bytes = Buffer.from(image.manifest, 'base64')
    const put: string[] = []
    for (const reference of [digest, ...tags]) {
      const isPut = await wait(async () => {
        if ((await client.headManifest(repository, reference)) !== undefined) return false
        await client.putManifest(repository, reference, bytes, mediaType)
        return true
      })
      if (isPut) put.push(reference)
    }
    await forget(image)
    return put
  }

  return {
    note: (image: PutBack): Promise<void> => store.put(keyOf(image), JSON.stringify(image)),
    forget,
    putBack,

    /** Whether the registry has the image. A registry that has too many requests is waited for: the image may have to be put back. */
    isThere: async ({ repository, digest }: PutBack): Promise<boolean> =>
      (await wait(() => client.headManifest(repository, digest))) !== undefined,

    /** Puts back what an earlier run could not, or has not noticed. Gives what became of each image of which something was gone. */
    async *settle(): AsyncGenerator<PutBack & { outcome: 'restored' | 'failed'; why: string }> {
      for await (const image of pendingPutBacks(store, deps.registry)) {
        try {
          const put = await putBack(image)
          if (put.length > 0) yield { ...image, outcome: 'restored', why: `put back: ${put.join(', ')}` }
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error
          // Its contents were collected: it can never come back.
          if (lacksContents(error)) await forget(image)
          yield { ...image, outcome: 'failed', why: error.message }
        }
      }
    },
  }
}
export type PutBacks = ReturnType<typeof makePutBacks>
