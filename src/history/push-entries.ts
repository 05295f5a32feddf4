import type { Cluster, Redis } from 'ioredis'
import { projectBase } from '../usage/keys.ts'
import type { Push } from './growth.ts'

/** A push of a manifest that the project did not have. `key`: the `digestKey` of the manifest. */
export interface PushEntry extends Pick<Push, 'at' | 'repository' | 'tag' | 'by'> {
  key: Buffer
}

/** Entries that one call reads. */
const BATCH = 1_000

/** Yields the pushes of a project that are kept, the oldest first. */
export async function* readPushEntries(
  { redis, prefix }: { redis: Redis | Cluster; prefix: string },
  project: string,
): AsyncGenerator<PushEntry> {
  const key = `${projectBase(prefix, project)}pushes`
  for (let from = '-'; ; ) {
    const reply = await redis.callBuffer('XRANGE', key, from, '+', 'COUNT', BATCH)
    const entries = reply as [id: Buffer, fields: Buffer[]][]
    for (const entry of entries) yield pushEntryOf(entry)
    const last = entries.at(-1)
    if (last === undefined || entries.length < BATCH) return
    from = `(${last[0]}`
  }
}

/** Reads an entry of the stream; its fields are in the header of `src/usage/scripts/write-changes.lua`. */
export function pushEntryOf([id, fields]: [id: Buffer, fields: Buffer[]]): PushEntry {
  const [, key = Buffer.alloc(16), , repository = '', , tag = '', , by = ''] = fields
  return {
    at: Number.parseInt(String(id), 10),
    key,
    repository: String(repository),
    tag: String(tag),
    by: String(by),
  }
}
