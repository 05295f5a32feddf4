import type { ReadRepository } from './read-repository.ts'

type Table = 'tags' | 'tombstones'

/** Entries that one call forgets. */
const BATCH = 100

/**
 * Forgets deletions in a repository from before `before` (epoch µs), deleted tags as old, and then the repository itself if
 * nothing is left of it. Returns how many deletions and tags it forgot. If an event from before such a deletion still comes,
 * it brings back what was deleted, until the next reconcile.
 */
export async function forgetDeletions(
  read: ReadRepository,
  /** `scripts/forget.lua` */
  forget: (table: Table | '', fields: Buffer[]) => Promise<number>,
  { project, repository, before }: { project: string; repository: string; before: number },
): Promise<number> {
  const tags: Buffer[] = []
  for await (const { tag, at } of read.tags(project, repository)) if (at < before) tags.push(Buffer.from(tag))
  const tombstones: Buffer[] = []
  for await (const { key, at } of read.tombstones(project, repository))
    if (at < before) tombstones.push(Buffer.from(key, 'hex'))

  let forgotten = 0
  for (let i = 0; i < tags.length; i += BATCH) forgotten += await forget('tags', tags.slice(i, i + BATCH))
  for (let i = 0; i < tombstones.length; i += BATCH)
    forgotten += await forget('tombstones', tombstones.slice(i, i + BATCH))
  await forget('', [])
  return forgotten
}
