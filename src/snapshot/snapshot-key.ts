import { randomBytes } from 'node:crypto'
import { type Static, Type } from 'typebox'
import type { ObjectStore } from '../store/object-store.ts'

/** `snapshots/2026-11-23T10-00-00.000Z-1a2b3c4d.ndjson.zst`: stores list the oldest first. */
const KEY = /^snapshots\/(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3}Z)-[0-9a-f]{8}\.ndjson\.zst$/

/** A new key for a snapshot made at `createdAt`. It has no colons, since some file systems refuse them. */
export function newSnapshotKey(createdAt: Date): string {
  const time = createdAt.toISOString().replaceAll(':', '-')
  return `snapshots/${time}-${randomBytes(4).toString('hex')}.ndjson.zst`
}

/** The time in the key of a snapshot, RFC 3339; undefined for any other key. */
export function createdAtOf(key: string): string | undefined {
  const [, day, hours, minutes, seconds] = KEY.exec(key) ?? []
  return day === undefined ? undefined : `${day}${hours}:${minutes}:${seconds}`
}

export const SnapshotInfo = Type.Object({
  key: Type.String({ description: 'Its key in the store.' }),
  size: Type.Integer({ description: 'bytes, as stored' }),
  createdAt: Type.String({ format: 'date-time', description: 'When it was written.' }),
})
export type SnapshotInfo = Static<typeof SnapshotInfo>

/** The snapshots in a store, newest first, without other objects. */
export async function listSnapshots(store: Pick<ObjectStore, 'list'>): Promise<SnapshotInfo[]> {
  const snapshots: SnapshotInfo[] = []
  for await (const { key, size } of store.list('snapshots/')) {
    const createdAt = createdAtOf(key)
    if (createdAt !== undefined) snapshots.push({ key, size, createdAt })
  }
  return snapshots.reverse()
}
