import { decodeTag, decodeTombstone } from './codec.ts'

type Table = 'tags' | 'tombstones'

/** Entries that one call forgets. */
const BATCH = 500

/**
 * Forgets deletions of digests from before `before` (epoch µs), and tags as old that no manifest has; gives how many
 * it forgot. If an event from before such a deletion still comes, it brings back what was deleted, until the next
 * reconcile.
 */
export async function forgetDeletions(
  readBucket: (table: Table, bucket: string) => Promise<Buffer[]>,
  forget: (table: Table, fields: Buffer[]) => Promise<number>,
  before: number,
): Promise<number> {
  let forgotten = 0
  for (const table of ['tags', 'tombstones'] as const) {
    const old: Buffer[] = []
    for (let bucket = '-1'; bucket !== ''; ) {
      const [next = Buffer.alloc(0), ...items] = await readBucket(table, bucket)
      for (let i = 0; i + 1 < items.length; i += 2) {
        const [field = next, record = next] = items.slice(i, i + 2)
        const { at } = table === 'tags' ? decodeTag(field, record) : decodeTombstone(field, record)
        if (at < before) old.push(field)
      }
      bucket = next.toString()
    }
    for (let i = 0; i < old.length; i += BATCH) forgotten += await forget(table, old.slice(i, i + BATCH))
  }
  return forgotten
}
