import type { Cluster, Redis } from 'ioredis'
import { digestKey } from '../../usage/digest-key.ts'
import { projectBase } from '../../usage/keys.ts'
import type { Entry } from './details.ts'
import { packEntry, readEntry } from './entry.ts'

/** Entries of one call, and so of one turn of the event loop: to parse them takes some ms. */
const PAGE = 200
/** A repository that nobody asks about is forgotten after this time, in seconds: 30 days. */
const KEEP_S = 2_592_000

/** One hash for each repository: the first 16 bytes of a digest → its entry. It is in the slot of its project. */
export function makeDetailsCache({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const keyOf = (project: string, repository: string) =>
    `${projectBase(prefix, project)}details:${repository}`
  const fieldOf = (digest: string) => Buffer.from(digestKey(digest), 'hex')

  /** The entries of these digests; those that are not there are left out. */
  async function load(project: string, repository: string, digests: readonly string[]) {
    const entries = new Map<string, Entry>()
    for (let from = 0; from < digests.length; from += PAGE) {
      const page = digests.slice(from, from + PAGE)
      const found = await redis.hmget(keyOf(project, repository), ...page.map(fieldOf))
      page.forEach((digest, i) => {
        const text = found[i] ?? undefined
        const entry = text === undefined ? undefined : readEntry(text)
        if (entry !== undefined) entries.set(digest, entry)
      })
    }
    return entries
  }

  async function save(project: string, repository: string, entries: ReadonlyMap<string, Entry>) {
    if (entries.size === 0) return
    const key = keyOf(project, repository)
    await redis.hset(key, ...[...entries].flatMap(([digest, entry]) => [fieldOf(digest), packEntry(entry)]))
    await redis.expire(key, KEEP_S)
  }

  /** Forgets all but these digests, once there are more. The time until the repository is forgotten begins anew. */
  async function prune(project: string, repository: string, digests: readonly string[]) {
    const key = keyOf(project, repository)
    await redis.expire(key, KEEP_S)
    if ((await redis.hlen(key)) <= digests.length) return
    const kept = new Set(digests.map((digest) => digestKey(digest)))
    let cursor = '0'
    do {
      const [next, found] = await redis.hscanBuffer(key, cursor, 'COUNT', PAGE)
      cursor = String(next)
      const gone = found.filter((field, i) => i % 2 === 0 && !kept.has(field.toString('hex')))
      if (gone.length > 0) await redis.hdel(key, ...gone)
    } while (cursor !== '0')
  }

  return { load, save, prune }
}
export type DetailsCache = ReturnType<typeof makeDetailsCache>
