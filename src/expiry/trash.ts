import type { FetchedManifest } from '../registry/manifest-api.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Decision } from './decision.ts'
import type { ExpiryPolicy } from './plan.ts'

/**
 * Keeps the manifests that expiry deletes: `trash/<registry>/<repository>/<digest>.json`. Their blobs stay in the registry
 * until its garbage collection, so the manifest and the names of its tags are enough to undo a delete. `now` is epoch µs.
 */
export function makeTrash({ store, now }: { store: ObjectStore; now: () => number }) {
  return {
    /** Stores a manifest. @throws if the store does not have it afterwards */
    async put(policy: ExpiryPolicy, decision: Decision, found: FetchedManifest): Promise<void> {
      const key = `trash/${policy.registry}/${decision.repository}/${decision.digest}.json`
      const body = JSON.stringify({
        at: new Date(now() / 1000).toISOString(),
        policy: policy.name,
        registry: policy.registry,
        ...decision,
        mediaType: found.descriptor.mediaType,
        manifest: found.bytes.toString('base64'),
      })
      await store.put(key, body)
      const stored = await store.head(key)
      if (stored?.size !== Buffer.byteLength(body))
        throw new Error(`nothing is deleted: the store does not have ${key}, which was just written`)
    },
  }
}
export type Trash = ReturnType<typeof makeTrash>
