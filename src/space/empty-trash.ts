import { type BlobTrash, timeOfRun } from './blob-trash.ts'

/** Blobs that are remembered before they are deleted. */
const BATCH = 10_000

/**
 * Deletes for good what collections took away before `before` (epoch ms). What images need must have been put back.
 * @returns what was deleted
 */
export async function emptyTrash(
  trash: Pick<BlobTrash, 'all' | 'remove'>,
  before: number,
): Promise<{ blobs: number; bytes: number }> {
  const freed = { blobs: 0, bytes: 0 }
  let keys: string[] = []
  const remove = async () => {
    await trash.remove(keys)
    keys = []
  }
  for await (const { key, run, digest, size } of trash.all()) {
    // What is not ours has no time, and stays.
    if (!(timeOfRun(run) < before)) continue
    if (digest !== undefined) freed.blobs++
    freed.bytes += size
    keys.push(key)
    if (keys.length === BATCH) await remove()
  }
  await remove()
  return freed
}
