import { decodeBlob, decodeHolders } from './codec.ts'
import type { ReclaimReads } from './read-reclaim.ts'

/** Who has a content. */
export interface Share {
  /** How many manifests of the project reference it. One that is in two repositories counts once. */
  images: number
  /** How many projects of the registry hold it. */
  projects: number
}

/** Contents that one call looks up. */
const BATCH = 200

/** Tells for each of these contents, by the key of its digest, who has it. It costs what is asked for. */
export async function sharesOf(
  reads: Pick<ReclaimReads, 'blobs' | 'holders'>,
  keys: readonly string[],
): Promise<Map<string, Share>> {
  const shares = new Map<string, Share>()
  for (let from = 0; from < keys.length; from += BATCH) {
    const batch = keys.slice(from, from + BATCH)
    const fields = batch.map((key) => Buffer.from(key, 'hex'))
    const [records, holders] = await Promise.all([reads.blobs(fields), reads.holders(fields)])
    for (const [i, key] of batch.entries())
      shares.set(key, { images: imagesIn(records[i]), projects: projectsIn(holders[i]) })
  }
  return shares
}

const imagesIn = (record: Buffer | undefined): number => (record?.length ? decodeBlob(record).claims : 0)

function projectsIn(record: Buffer | undefined): number {
  if (!record?.length) return 0
  const holders = decodeHolders(record)
  return Array.isArray(holders) ? holders.length : holders.count
}
