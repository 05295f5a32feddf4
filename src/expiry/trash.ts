import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { isDigest } from '../registry/digest.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { isRepositoryName, isTag } from '../registry/name.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { Decision } from './decision.ts'
import type { ExpiryPolicy } from './plan.ts'

/** By how much the clock of the store and ours may differ, in ms. */
const CLOCK_SLACK_MS = 600_000

/** An image in the trash, or a tag that was deleted alone. The children of an index have entries of their own. */
export const TrashEntry = Type.Object({
  at: Type.String({ description: 'When it was put into the trash, RFC 3339.' }),
  run: Type.String({ description: 'The id of the run that deleted it.' }),
  policy: Type.String({ description: 'The name of the policy that deleted it.' }),
  registry: Type.String({ description: 'The registry that it was in.' }),
  ...Decision.properties,
  tag: Type.Optional(
    Type.String({ description: 'Only this tag was deleted. The image stayed, since another tag names it.' }),
  ),
  restoredAt: Type.Optional(
    Type.String({
      description: 'When a restore brought it back, or found it there, RFC 3339. Absent if none did.',
    }),
  ),
  mediaType: Type.String({ description: 'The media type of the manifest.' }),
  manifest: Type.String({ description: 'The bytes of the manifest, in base64.' }),
})
export type TrashEntry = Static<typeof TrashEntry>

/** Names an entry. */
export type TrashPlace = Pick<TrashEntry, 'registry' | 'repository' | 'digest' | 'tag'>

/** All keys of entries begin with this. */
export const TRASH = 'trash/'

const DAY_MS = 86_400_000

/** How long no old entries are looked for, once they were, in ms. */
const EVERY_MS = DAY_MS

export const trashKey = ({ registry, repository, digest, tag }: TrashPlace): string =>
  `${TRASH}${registry}/${repository}/${digest}${tag === undefined ? '' : `/${tag}`}.json`

/** The place of a key; `undefined` if it is not the key of an entry. */
export function placeOfKey(key: string): TrashPlace | undefined {
  const [, registry = '', repository = '', digest = '', tag] = KEY.exec(key) ?? []
  if (!isRepositoryName(repository) || !isDigest(digest)) return undefined
  if (tag === undefined) return { registry, repository, digest }
  return isTag(tag) ? { registry, repository, digest, tag } : undefined
}
/** A repository has no colon, and a digest has one. */
const KEY = /^trash\/([^/]+)\/([^:]+)\/([^/]+)(?:\/([^/]+))?\.json$/

/**
 * Keeps the manifests that expiry deletes: `trash/<registry>/<repository>/<digest>.json`. Their blobs stay in the registry
 * until its garbage collection, so the manifest and the names of its tags are enough to undo a delete. A tag that is deleted
 * alone has an entry of its own, `…/<digest>/<tag>.json`: the image may be deleted later. So has a tag of an earlier delete of the image. `now` is epoch µs.
 */
export function makeTrash({ store, now }: { store: ObjectStore; now: () => number }) {
  let forgotAt = Number.NEGATIVE_INFINITY
  return {
    /**
     * Stores a manifest that the run with this id deletes, or a tag that it deletes alone, with the manifest: that may be
     * deleted later. @throws if the store does not have it afterwards
     */
    async put(
      run: string,
      policy: ExpiryPolicy,
      decision: Decision & Pick<TrashEntry, 'tag'>,
      found: FetchedManifest,
    ): Promise<void> {
      const entry: TrashEntry = {
        at: new Date(now() / 1000).toISOString(),
        run,
        policy: policy.name,
        registry: policy.registry,
        ...decision,
        mediaType: found.descriptor.mediaType,
        manifest: found.bytes.toString('base64'),
      }
      const key = trashKey(entry)
      const body = JSON.stringify(entry)
      await keepTagsOf(entry)
      await store.put(key, body)
      const stored = await store.head(key)
      if (stored?.size !== Buffer.byteLength(body))
        throw new Error(`nothing is deleted: the store does not have ${key}, which was just written`)
    },

    /** Takes the entry of an image back that stays after all. */
    takeBack: (place: TrashPlace): Promise<void> => store.delete(trashKey(place)),

    /** Notes that an image or a tag is back, unless it was noted before, or deleted again since. */
    async noteRestored(restored: TrashEntry): Promise<void> {
      const key = trashKey(restored)
      const entry = readEntry(await store.get(key))
      if (entry?.at !== restored.at || entry.restoredAt !== undefined) return
      await store.put(key, JSON.stringify({ ...entry, restoredAt: new Date(now() / 1000).toISOString() }))
    },

    /**
     * What a run has put into the trash of a registry, and perhaps deleted: images, and tags with `tag`. `since` is when the
     * run began, RFC 3339.
     */
    async *ofRun(
      registry: string,
      run: string,
      since: string,
    ): AsyncGenerator<Decision & Pick<TrashEntry, 'tag'>> {
      const from = Date.parse(since) - CLOCK_SLACK_MS
      for await (const { key, modifiedAt } of store.list(`trash/${registry}/`)) {
        if (modifiedAt.getTime() < from) continue
        const body = await store.get(key)
        if (body === undefined) continue
        const entry = Value.Parse(TrashEntry, JSON.parse(body.toString()))
        const { project, repository, digest, tags, verdict, rule, reason, tag } = entry
        const decision = { project, repository, digest, tags, verdict, rule, reason }
        if (entry.run === run) yield tag === undefined ? decision : { ...decision, tag }
      }
    },

    forget,

    /**
     * Deletes the entries that the store has had for longer than `keepMs`, and for a day, as of `asOf` in epoch ms or of now if
     * that is earlier. Looks for them once a day. Gives their number.
     */
    async forgetOld(keepMs: number, asOf: number): Promise<number> {
      const nowMs = now() / 1000
      if (nowMs - forgotAt < EVERY_MS) return 0
      forgotAt = nowMs
      return forget(Math.min(nowMs, asOf) - Math.max(keepMs, DAY_MS))
    },
  }

  /**
   * An image that was deleted before may have had other tags then. Each of these gets an entry of its own, with the time of
   * that delete, before the image's entry is written anew.
   */
  async function keepTagsOf(next: TrashEntry): Promise<void> {
    if (next.tag !== undefined) return
    const last = readEntry(await store.get(trashKey(next)))
    for (const tag of last?.tags.filter((name) => !next.tags.includes(name)) ?? []) {
      const key = trashKey({ ...next, tag })
      const single = readEntry(await store.get(key))
      if (last !== undefined && (single === undefined || single.at < last.at))
        await store.put(key, JSON.stringify({ ...last, tags: [tag], tag }))
    }
  }

  /** Deletes the entries that were written before a time, in epoch ms, by the clock of the store. Gives their number. */
  async function forget(beforeMs: number): Promise<number> {
    let count = 0
    for await (const { key, modifiedAt } of store.list(TRASH)) {
      if (modifiedAt.getTime() >= beforeMs || placeOfKey(key) === undefined) continue
      await store.delete(key)
      count += 1
    }
    return count
  }
}
export type Trash = ReturnType<typeof makeTrash>

/** `undefined` if it is none. */
function readEntry(body: Buffer | undefined): TrashEntry | undefined {
  if (body === undefined) return undefined
  try {
    return Value.Parse(TrashEntry, JSON.parse(body.toString()))
  } catch {
    return undefined
  }
}
