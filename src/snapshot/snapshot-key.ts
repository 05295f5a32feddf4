import { randomBytes } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { ObjectStore } from '../store/object-store.ts'

/** `snapshots/2026-11-23T10-00-00.000Z-1a2b3c4d.ndjson.zst`: in the byte order of keys, the oldest comes first. */
const KEY = /^snapshots\/(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3}Z)-[0-9a-f]{8}\.ndjson\.zst$/

/** The key of a snapshot made at `createdAt`; another at every call. Colons are kept out for the sake of file systems. */
export function newSnapshotKey(createdAt: Date): string {
  const time = createdAt.toISOString().replaceAll(':', '-')
  return `snapshots/${time}-${randomBytes(4).toString('hex')}.ndjson.zst`
}

/** When the snapshot was made (RFC 3339), as its key has it; undefined for a key of anything else. */
export function createdAtOf(key: string): string | undefined {
  const [, day, hours, minutes, seconds] = KEY.exec(key) ?? []
  return day === undefined ? undefined : `${day}${hours}:${minutes}:${seconds}`
}

export const SnapshotInfo = Type.Object({
  key: Type.String(),
  size: Type.Integer({ description: 'bytes, as stored' }),
  createdAt: Type.String({ format: 'date-time' }),
})
export type SnapshotInfo = Static<typeof SnapshotInfo>

/** The snapshots in a store, the newest first; whatever else lies among them is left out. */
export async function listSnapshots(store: ObjectStore): Promise<SnapshotInfo[]> {
  const found: SnapshotInfo[] = []
  for await (const { key, size } of store.list('snapshots/')) {
    const createdAt = createdAtOf(key)
    if (createdAt !== undefined) found.push({ key, size, createdAt })
  }
  return found.reverse()
}
