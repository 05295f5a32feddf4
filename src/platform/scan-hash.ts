import type { Cluster, Redis } from 'ioredis'

/** Fields that are read at once. */
const BATCH = 500

/** Reads a hash in small calls, while others write. A field that is there all the time is in the result. */
export async function scanHash(redis: Redis | Cluster, key: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let cursor = '0'
  do {
    const [next, page] = await redis.hscan(key, cursor, 'COUNT', BATCH)
    for (let i = 0; i < page.length; i += 2) found.set(page[i] ?? '', page[i + 1] ?? '')
    cursor = next
  } while (cursor !== '0')
  return found
}
