import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { decodeBlob, decodeManifest } from '../usage/codec.ts'
import { projectBase, projectKeys, tableKeys } from '../usage/keys.ts'
import { type Added, addedBy, type Blob, type Push } from './growth.ts'
import { type PushEntry, pushEntryOf } from './push-entries.ts'

/** Pushes that are looked at, the newest; and manifests or blobs that one call reads. */
const MOST_PUSHES = 5_000
const BATCH = 100

export interface Growth {
  /** The pushes of images that the project still has, those that added most first. */
  added: Added[]
  /** Whether there are more pushes than were looked at: then the oldest are left out, and what they added is not told. */
  isCut: boolean
}

export type ReadGrowth = (project: string, since: number) => Promise<Growth>

/**
 * Tells what the pushes since `since` (epoch ms) added to a project. It reads these pushes, their manifests and the blobs of
 * these, in small calls: it costs what was pushed, whatever the project holds.
 */
export function makeReadGrowth({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): ReadGrowth {
  const scripts = new URL('../usage/scripts/', import.meta.url)
  const lookUp = loadScript(redis, new URL('table.lua', scripts), new URL('lookup.lua', scripts))

  return async function readGrowth(project, since) {
    const base = projectBase(prefix, project)
    const reply = await redis.callBuffer(
      ...(['XREVRANGE', `${base}pushes`, '+', String(since), 'COUNT', String(MOST_PUSHES + 1)] as const),
    )
    const entries = (reply as [id: Buffer, fields: Buffer[]][]).map(pushEntryOf)
    const newest = new Map<string, PushEntry>()
    for (const entry of entries.slice(0, MOST_PUSHES)) {
      const key = entry.key.toString('hex')
      if (!newest.has(key)) newest.set(key, entry)
    }
    const pushes = await readPushes(projectKeys(prefix, project).manifests, [...newest.values()].reverse())
    const keys = [...new Set(pushes.flatMap(({ blobs }) => [...blobs]))]
    return { added: addedBy(pushes, await readBlobs(base, keys)), isCut: entries.length > MOST_PUSHES }
  }

  async function readPushes(table: string, entries: readonly PushEntry[]): Promise<Push[]> {
    const pushes: Push[] = []
    for (let from = 0; from < entries.length; from += BATCH) {
      const batch = entries.slice(from, from + BATCH)
      const records = await redis.hmgetBuffer(table, ...batch.map(({ key }) => key))
      for (const [i, { key, ...entry }] of batch.entries()) {
        const record = records[i]
        const manifest = record ? decodeManifest(key, record) : undefined
        if (manifest === undefined || manifest.images.length === 0) continue
        const { digest, size, references = [] } = manifest
        const keysOf = (kind: string) => references.filter((one) => one.kind === kind).map((one) => one.key)
        const content = { blobs: new Set(keysOf('blob')), children: keysOf('child') }
        pushes.push({ ...entry, key: key.toString('hex'), digest, ownBytes: size, ...content })
      }
    }
    return pushes
  }

  async function readBlobs(base: string, keys: readonly string[]): Promise<Map<string, Blob>> {
    const blobs = new Map<string, Blob>()
    for (let from = 0; from < keys.length; from += BATCH) {
      const batch = keys.slice(from, from + BATCH)
      const records = await lookUp(
        tableKeys(base, 'blobs'),
        batch.map((key) => Buffer.from(key, 'hex')),
      )
      for (const [i, key] of batch.entries()) {
        const record = records[i]
        if (record === undefined || record.length === 0) continue
        const { claims, size } = decodeBlob(record)
        blobs.set(key, { claims, bytes: size })
      }
    }
    return blobs
  }
}

export const imageOf = ({ repository, tag, digest }: Push): string =>
  tag === '' ? `${repository}@${digest}` : `${repository}:${tag}`
