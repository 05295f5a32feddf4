import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { Decision } from './decision.ts'
import type { ExpiryPolicy } from './plan.ts'

/** By how much the clock of the store and ours may differ, in ms. */
const CLOCK_SLACK_MS = 600_000

/** What is read of an object of the trash. */
const Entry = Type.Object({ run: Type.Optional(Type.String()), ...Decision.properties })

/**
 * Keeps the manifests that expiry deletes: `trash/<registry>/<repository>/<digest>.json`. Their blobs stay in the registry
 * until its garbage collection, so the manifest and the names of its tags are enough to undo a delete. `now` is epoch µs.
 */
export function makeTrash({ store, now }: { store: ObjectStore; now: () => number }) {
  return {
    /** Stores a manifest that the run with this id deletes. @throws if the store does not have it afterwards */
    async put(run: string, policy: ExpiryPolicy, decision: Decision, found: FetchedManifest): Promise<void> {
      const key = `trash/${policy.registry}/${decision.repository}/${decision.digest}.json`
      const body = JSON.stringify({
        at: new Date(now() / 1000).toISOString(),
        run,
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

    /** What a run has put into the trash of a registry, and perhaps deleted. `since` is when the run began, RFC 3339. */
    async *ofRun(registry: string, run: string, since: string): AsyncGenerator<Decision> {
      const from = Date.parse(since) - CLOCK_SLACK_MS
      for await (const { key, modifiedAt } of store.list(`trash/${registry}/`)) {
        if (modifiedAt.getTime() < from) continue
        const body = await store.get(key)
        if (body === undefined) continue
        const { run: owner, ...decision } = Value.Parse(Entry, JSON.parse(body.toString()))
        if (owner === run) yield decision
      }
    },
  }
}
export type Trash = ReturnType<typeof makeTrash>
