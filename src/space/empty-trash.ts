import { type BlobTrash, type TrashedBlob, timeOfRun } from './blob-trash.ts'

/** Blobs that are remembered before they are deleted. */
const BATCH = 10_000

/**
 * Deletes for good what collections took away before `before` (epoch ms). What images need must have been put back.
 * @returns what was deleted
 */
export async function emptyTrash(
  trash: Pick<BlobTrash, 'list' | 'forget'>,
  before: number,
): Promise<{ blobs: number; bytes: number }> {
  const freed = { blobs: 0, bytes: 0 }
  let batch: TrashedBlob[] = []
  const forget = async () => {
    await trash.forget(batch)
    batch = []
  }
  for await (const blob of trash.list()) {
    // What is not ours has no time, and stays.
    if (!(timeOfRun(blob.run) < before)) continue
    freed.blobs++
    freed.bytes += blob.size
    batch.push(blob)
    if (batch.length === BATCH) await forget()
  }
  await forget()
  return freed
}
